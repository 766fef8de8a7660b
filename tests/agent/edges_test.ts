/** What a program may do wrong with the library, and what the library says then. */
import { inHome, leftovers } from "../e2e/support.ts";
import { isThere } from "../e2e/worktree_support.ts";
import { fromFileUrl } from "../support/paths.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";

const PROGRAM = fromFileUrl(new URL("./children/edges.ts", import.meta.url));

/** Runs a scenario of the program, which must print nothing and leave nothing running. */
async function run(
  home: TestHome,
  scenario: string,
  flags: readonly string[] = ["-A"],
  // deno-lint-ignore no-explicit-any -- each scenario finds JSON of its own shape
): Promise<any> {
  const output = `${home.path}/result.json`;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, "--quiet", "--no-prompt", "--no-check", PROGRAM, scenario, output],
    cwd: home.work,
    env: home.env({ PATH: `${home.bin}:/usr/bin:/bin` }),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  assertEquals([code, text.decode(stdout), text.decode(stderr)], [0, "", ""]);
  assertEquals(await leftovers(home, 0), []);
  return JSON.parse(await Deno.readTextFile(output));
}

Deno.test(
  "a listener that rejects later is a warning, and stops nothing",
  inHome(async (home) => {
    assertEquals(await run(home, "asyncListeners"), ["fine", [
      "onLogEvent has thrown: event",
      "onSpawn has thrown: spawn",
      "onSuccess has thrown: success",
    ]]);
  }),
);

Deno.test(
  "AgentBuilder.logEvents() that nobody takes does not hold up a call for longer than its timeout",
  inHome(async (home) => {
    assertEquals(await run(home, "unreadEntries"), ["AgentTimeoutError", "settled", 1, true]);
  }),
);

Deno.test(
  "a stream has the settings of the moment at which it was asked for",
  inHome(async (home) => {
    assertEquals(await run(home, "streamSnapshot"), ["first", "b"]);
  }),
);

Deno.test(
  "the methods of ZagBuilder hand out the entries of their logs",
  inHome(async (home) => {
    assertEquals(await run(home, "facadeEntries"), [true, true, true, true]);
  }),
);

Deno.test(
  "a prompt that is no text is refused before anything is started",
  inHome(async (home) => {
    const refused = (type: string) =>
      `InvalidOptionError: Cannot run a prompt that is ${type}: it must be text`;
    assertEquals(await run(home, "prompts"), [
      refused("undefined"),
      refused("number"),
      refused("undefined"),
      refused("undefined"),
      refused("object"),
      refused("number"),
    ]);
    assert(!await isThere(`${home.path}/.zag/zag.db`));
  }),
);

Deno.test(
  "values and settings that mean nothing are refused by name",
  inHome(async (home) => {
    const invalid = (text: string) => `InvalidOptionError: ${text}`;
    const formats = "text, json, json-pretty, stream-json, native-json";
    assertEquals(
      await run(home, "values"),
      [
        'Cannot use sessionLog "on": it must be one of off, auto',
        "Cannot use true as sessionLog: it must be off, auto or a SessionLog",
        `Cannot use outputFormat "xml": it must be one of ${formats}`,
        'Cannot use inputFormat "xml": it must be one of text, stream-json',
        'Cannot use env "A=B": it is no name of a variable',
        'Cannot use env "": it is no name of a variable',
        'Cannot use env "A": its value is undefined, and must be text',
        'Cannot use sessionId "abc": it must be a UUID',
        'Cannot use "" as name: a name must not be empty',
        'Cannot use "two\\nlines" as name: it must have no line breaks and no control characters',
        'Cannot use " " as tag: a tag must not be empty',
        'Unknown option "modle"',
        "Cannot use maxTurns 0: it must be a whole number, at least 1",
        'Unknown option "modle"',
        'Cannot use env "": it is no name of a variable',
        'Cannot use " " as name: a name must not be empty',
        'Cannot use "" as tag: a tag must not be empty',
      ].map(invalid),
    );
  }),
);

Deno.test(
  "errors of the library speak of setters, and leave what is quoted as it is",
  inHome(async (home) => {
    const [dir, root, , headless, context] = await run(home, "words");
    assertEquals(dir, [
      'Cannot use addDir() "/no --root here": there is no such directory',
      "",
      true,
    ]);
    assertStringIncludes(root[1], "with root(), or");
    assertStringIncludes(headless[0], "Cannot use headless() without autoApprove(): ");
    assertEquals(context[0], "Cannot use injectContext without dependsOn: there is no result");
    for (const [message, hint, told] of [root, headless, context]) {
      assert(!/(^|\s)--?[a-z]/.test(`${message} ${hint}`), message);
      assert(told, message);
    }
  }),
);

Deno.test(
  "lengths of time may be longer than timers are",
  inHome(async (home) => {
    assertEquals(await run(home, "longWaits"), ["completed", "y"]);
  }),
);

Deno.test(
  "a program that may not end an agent starts none, and hears of all the flags",
  inHome(async (home) => {
    const granted = ["--allow-read", "--allow-write", "--allow-env"];
    const [message, flags, hint] = await run(home, "permissions", [...granted, "--allow-run=ps"]);
    assertEquals(message, "Cannot start an agent: Deno does not allow what that needs");
    assertEquals(flags, [`--allow-run=${Deno.execPath()},kill`]);
    assertStringIncludes(hint, `Start the program with ${flags[0]}, or with -A`);
    assert(!await isThere(`${home.path}/.zag/zag.db`));
  }),
);

Deno.test(
  "the flags that the error about permissions names are enough, once the home directory is known",
  inHome(async (home) => {
    const result = `--allow-write=${home.path}/result.json`;
    const [, first, hint] = await run(home, "permissions", [result]);
    assertStringIncludes(
      hint,
      "and --allow-read and --allow-write for the state directory, ~/.zag, or with -A",
    );
    const [, second, full] = await run(home, "permissions", [result, ...first]);
    assert(!full.includes("~/.zag"), full);
    // Deno takes the last flag of a kind alone.
    const kind = (flag: string) => flag.split("=")[0];
    const more = second.map((flag: string) =>
      kind(flag) === "--allow-write" ? `${flag},${home.path}/result.json` : flag
    );
    const kept = first.filter((flag: string) =>
      !more.some((one: string) => kind(one) === kind(flag))
    );
    const reads = first.find((flag: string) => flag.startsWith("--allow-read="))!;
    const all = more.map((flag: string) =>
      kind(flag) === "--allow-read" ? `${flag},${reads.split("=")[1]}` : flag
    );
    assertEquals(await run(home, "answer", [...kept, ...all]), "x");
  }),
);

Deno.test(
  "an agent is ended also when the permission for that goes while it is at work",
  inHome(async (home) => {
    const flags = ["--allow-read", "--allow-write", "--allow-env"];
    const programs = `--allow-run=${Deno.execPath()},ps,kill`;
    assertEquals(await run(home, "revoked", [...flags, programs]), "AgentTimeoutError");
  }),
);
