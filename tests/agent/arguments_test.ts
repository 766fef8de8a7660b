/** What a program in JavaScript passes is looked at before anything happens. */
import {
  AgentBuilder,
  type AgentOptions,
  cancelSessions,
  InvalidOptionError,
  plan,
  review,
  search,
  spawnSession,
  ZagBuilder,
} from "../../src/mod.ts";
import { inHome } from "../e2e/support.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";

const PROGRAM = fromFileUrl(new URL("./children/arguments.ts", import.meta.url));

// deno-lint-ignore no-explicit-any -- values that the types forbid
const any = (value: unknown): any => value;

Deno.test(
  "every function and method of the library refuses an argument of a wrong type",
  inHome(async (home) => {
    const result = `${home.path}/result.json`;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", PROGRAM, result],
      cwd: home.work,
      env: home.env({ PATH: `${home.bin}:/usr/bin:/bin` }),
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const text = new TextDecoder();
    assertEquals([code, text.decode(stdout), text.decode(stderr)], [0, "", ""]);
    const { calls, problems } = JSON.parse(await Deno.readTextFile(result));
    assertEquals(problems, []);
    assert(calls > 150);
  }),
);

Deno.test("a setter of the builder says what it was given, and what it takes", () => {
  const cases: [set: (builder: AgentBuilder) => unknown, message: string][] = [
    [(it) => it.provider(any(3)), "Cannot use 3 as provider: it must be text"],
    [(it) => it.model(any(undefined)), "Cannot use undefined as model: it must be text"],
    [(it) => it.file(any(3)), "Cannot use 3 as file: it must be text"],
    [(it) => it.onLogEvent(any(3)), "Cannot use 3 as onLogEvent: it must be a function"],
    [(it) => it.onProgress(any(3)), "Cannot use 3 as onProgress: it must be an object"],
    [
      (it) => it.onProgress({ onWarning: any("x") }),
      'Cannot use "x" as onWarning of onProgress: it must be a function',
    ],
    [
      (it) => it.autoApprove(any("yes")),
      'Cannot use "yes" as autoApprove: it must be true or false',
    ],
    [(it) => it.worktree(any(null)), "Cannot use null as worktree: it must be text"],
    [(it) => it.exit(any({})), "Cannot use an object as exit: it must be text"],
    [
      (it) => it.timeout(any([])),
      "Cannot use an array as timeout: it must be a number of " +
      "milliseconds, or text such as 90s",
    ],
    [
      (it) => it.jsonSchema(any(undefined)),
      "Cannot use undefined as jsonSchema: it must be a " +
      "JSON Schema",
    ],
    [
      (it) => it.metadata({ tags: any("a") }),
      'Cannot use "a" as tags of metadata: it must be an ' +
      "array of texts",
    ],
    [(it) => it.fallback("mock", any(1)), "Cannot use 1 as an entry of fallback: it must be text"],
    [
      (it) => it.env("PIN", any(1234)),
      'Cannot use env "PIN": its value is number, and must be text',
    ],
  ];
  for (const [set, message] of cases) {
    assertEquals(assertThrows(() => set(new AgentBuilder()), InvalidOptionError).message, message);
    assertThrows(() => set(new ZagBuilder()), InvalidOptionError, message);
  }
});

Deno.test("AgentBuilder and functions that take its settings refuse those of a wrong type", async () => {
  const cases: [options: AgentOptions, message: string][] = [
    [any("claude"), 'Cannot use "claude" as options: it must be an object'],
    [{ addDirs: any("abc") }, 'Cannot use "abc" as addDirs: it must be an array of texts'],
    [{ quiet: any("no") }, 'Cannot use "no" as quiet: it must be true or false'],
  ];
  for (const [options, message] of cases) {
    assertEquals(
      assertThrows(() => new AgentBuilder(options), InvalidOptionError).message,
      message,
    );
  }
  assertEquals(new AgentBuilder({ model: any(undefined) }) instanceof AgentBuilder, true);
  for (const call of [spawnSession, review, plan]) {
    const options = any({ goal: "g", uncommitted: true, prompt: "p", quiet: "no", addDirs: 3 });
    await assertRejects(() => call(options), InvalidOptionError, "Cannot use ");
  }
});

Deno.test("functions of the library say which argument is wrong before they do anything", async () => {
  const builder = new AgentBuilder({ provider: "mock" });
  const cases: [call: () => Promise<unknown>, message: string][] = [
    [
      () => cancelSessions(["x"], any({ reason: "why" })),
      "Cannot use an object as reason of cancelSessions(): it must be text",
    ],
    [
      () => cancelSessions(any("x")),
      'Cannot use "x" as sessions of cancelSessions(): it must be an array of texts',
    ],
    [
      () => cancelSessions(["x"], "why", { tree: any(1) }),
      "Cannot use 1 as tree of cancelSessions(): it must be true or false",
    ],
    [
      () => builder.exec("p", { signal: any(3) }),
      "Cannot use 3 as signal of exec(): it must be an AbortSignal",
    ],
    [
      () => builder.stream("p", { signal: any(3) }).next(),
      "Cannot use 3 as signal of stream(): it must be an AbortSignal",
    ],
    [
      () => builder.execStreaming("p", any(null)),
      "Cannot use null as options of execStreaming(): it must be an object",
    ],
    [
      () => builder.resumeWithPrompt(any(3), "p"),
      "Cannot use 3 as id of resumeWithPrompt(): it must be text",
    ],
    [
      () => spawnSession(any({ prompt: 3 })),
      "Cannot use 3 as prompt of spawnSession(): it must be text",
    ],
    [
      () => search({ limit: any("5") }).next(),
      'Cannot use "5" as limit of search(): it must be a ' +
      "number",
    ],
    [() => plan(any({})), "Cannot use undefined as goal of plan(): it must be text"],
  ];
  for (const [call, message] of cases) {
    assertEquals((await assertRejects(call, InvalidOptionError)).message, message);
  }
});
