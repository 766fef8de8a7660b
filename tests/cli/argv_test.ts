import { parseArgv } from "../../src/cli/argv.ts";
import { pipeCommand } from "../../src/cli/commands/pipe.ts";
import { runCommand } from "../../src/cli/commands/run.ts";
import { spawnCommand } from "../../src/cli/commands/spawn.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import {
  defineCommand,
  type Flag,
  listFlag,
  switchFlag,
  valueFlag,
} from "../../src/cli/command.ts";
import { createApp } from "../../src/cli/create_app.ts";
import { fakeContext } from "../fakes/context.ts";
import { type Call, runFake } from "./fake_commands.ts";

/** A command line and what the command must be called with. */
type Row = [args: string[], flags: Record<string, unknown>, operands?: string[], command?: string];

function testRows(criterion: string, rows: readonly Row[]): void {
  Deno.test(`parseArgv() ${criterion}`, async () => {
    for (const [args, flags, operands = [], command] of rows) {
      const { code, calls, ctx } = await runFake(args);
      const shown = JSON.stringify(args);
      assertEquals(ctx.err, "", shown);
      assertEquals(code, 0, shown);
      const [call] = calls as [Call];
      assertEquals([calls.length, call.flags, call.operands], [1, flags, operands], shown);
      if (command !== undefined) assertEquals(call.command, command, shown);
    }
  });
}

/** A command line, what stderr must say, and what it must say below. */
type ErrorRow = [args: string[], message: string, below?: string];

function testErrors(criterion: string, rows: readonly ErrorRow[]): void {
  Deno.test(`parseArgv() ${criterion}`, async () => {
    for (const [args, message, below] of rows) {
      const { code, calls, ctx } = await runFake(args);
      const shown = JSON.stringify(args);
      assertEquals([code, calls, ctx.out], [64, [], ""], shown);
      const [first = "", ...rest] = ctx.err.split("\n");
      assertEquals(first, `error: ${message}`, shown);
      if (below !== undefined) assertStringIncludes(rest.join("\n"), below, shown);
      assertStringIncludes(rest.at(-2) ?? "", "Usage: zag [flags] ", shown);
      assertEquals(/^\s+at /m.test(ctx.err), false, shown);
    }
  });
}

const P = { provider: "mock" };

testRows("reads every spelling of a value", [
  [["exec", "--provider=mock", "hi"], P, ["hi"]],
  [["exec", "--provider", "mock", "hi"], P, ["hi"]],
  [["exec", "-pmock", "hi"], P, ["hi"]],
  [["exec", "-p", "mock", "hi"], P, ["hi"]],
  [["exec", "-p=mock", "hi"], P, ["hi"]],
  [["exec", "-r/tmp/x", "hi"], { root: "/tmp/x" }, ["hi"]],
  [["exec", "-s=be brief", "hi"], { systemPrompt: "be brief" }, ["hi"]],
  [["exec", "--root=", "hi"], { root: "" }, ["hi"]],
  [["exec", "--root", "", "hi"], { root: "" }, ["hi"]],
  [["exec", "--root==", "hi"], { root: "=" }, ["hi"]],
  [["exec", "--root=a\nb", "hi"], { root: "a\nb" }, ["hi"]],
]);

testRows("reads clusters, which a valued letter ends", [
  [["exec", "-aq", "hi"], { autoApprove: true, quiet: true }, ["hi"]],
  [["exec", "-aqp", "mock", "hi"], { autoApprove: true, quiet: true, ...P }, ["hi"]],
  [["exec", "-apmock", "hi"], { autoApprove: true, ...P }, ["hi"]],
  [["exec", "-ap=mock", "hi"], { autoApprove: true, ...P }, ["hi"]],
  [["exec", "-aw", "hi"], { autoApprove: true, worktree: true }, ["hi"]],
  [["exec", "-awfeat", "hi"], { autoApprove: true, worktree: "feat" }, ["hi"]],
]);

testRows("lets flags and operands come in any order", [
  [["exec", "hi", "-p", "mock"], P, ["hi"]],
  [["collect", "a", "--json", "b", "--tag", "t", "c"], { json: true, tag: ["t"] }, ["a", "b", "c"]],
  [["whoami"], {}, []],
]);

testRows("applies flags given before the command", [
  [["-p", "mock", "exec", "hi"], P, ["hi"], "exec"],
  [["-pmock", "-aq", "run"], { ...P, autoApprove: true, quiet: true }, [], "run"],
  [["--session", "0188a8b0-0000-7000-8000-000000000000", "exec", "hi"], {
    session: "0188a8b0-0000-7000-8000-000000000000",
  }, ["hi"]],
  [["--json", "status", "x"], { json: true }, ["x"]],
  [["-o", "json", "exec", "hi"], { output: "json" }, ["hi"]],
  [["--prompt", "exec", "run"], {}, ["exec"], "run"],
  [["--", "exec", "-q"], {}, ["-q"], "exec"],
  [["relay"], {}, [], "relay"],
]);

testRows("lets the later of two places win, and joins lists", [
  [["-p", "a", "exec", "-p", "b", "hi"], { provider: "b" }, ["hi"]],
  [["-w", "exec", "-w", "feat", "hi"], { worktree: "feat" }, ["hi"]],
  [["-wfeat", "exec", "-w", "--", "hi"], { worktree: true }, ["hi"]],
  [["--tag", "a", "exec", "--tag", "b", "--tag=a", "hi"], { tag: ["a", "b", "a"] }, ["hi"]],
  [["exec", "-q", "-q", "hi"], { quiet: true }, ["hi"]],
  [["exec", "-o", "json", "-o", "text", "hi"], { output: "text" }, ["hi"]],
]);

testRows("treats as operand what does not look like a flag", [
  [["exec", "- one\n- two"], {}, ["- one\n- two"]],
  [["exec", "-5"], {}, ["-5"]],
  [["exec", "---"], {}, ["---"]],
  [["exec", "-"], {}, ["-"]],
  [["exec", ""], {}, [""]],
  [["exec", "--Foo"], {}, ["--Foo"]],
  [["exec", "--foo bar"], {}, ["--foo bar"]],
  [["exec", "--foo_bar"], {}, ["--foo_bar"]],
  [["exec", "-r is broken, mend it"], {}, ["-r is broken, mend it"]],
  [["exec", "-a flag is missing"], {}, ["-a flag is missing"]],
  [["exec", "-x=5"], {}, ["-x=5"]],
  [["exec", "-a5"], {}, ["-a5"]],
  [["exec", "--quiet\n"], {}, ["--quiet\n"]],
]);

testRows("ends flags at --", [
  [["exec", "--", "-q"], {}, ["-q"]],
  [["exec", "-q", "--", "--help"], { quiet: true }, ["--help"]],
  [["exec", "--", "--"], {}, ["--"]],
  [["collect", "a", "--", "--json", "b"], {}, ["a", "--json", "b"]],
]);

testRows("takes values that only begin with a dash", [
  [["exec", "-s", "- one", "hi"], { systemPrompt: "- one" }, ["hi"]],
  [["exec", "-s", "-5", "hi"], { systemPrompt: "-5" }, ["hi"]],
  [["exec", "-s", "---", "hi"], { systemPrompt: "---" }, ["hi"]],
  [["exec", "-s", "-", "hi"], { systemPrompt: "-" }, ["hi"]],
  [["exec", "--system-prompt=-q", "hi"], { systemPrompt: "-q" }, ["hi"]],
  [["exec", "--system-prompt=--", "hi"], { systemPrompt: "--" }, ["hi"]],
]);

testRows("decides before the command whether an optional value is there", [
  [["--sandbox", "run"], { sandbox: true }, [], "run"],
  [["--sandbox", "relay-box", "run"], { sandbox: "relay-box" }, [], "run"],
  [["--sandbox=run", "run"], { sandbox: "run" }, [], "run"],
  [["-w", "my-feature", "run"], { worktree: "my-feature" }, [], "run"],
  [["-w", "-q", "exec", "hi"], { worktree: true, quiet: true }, ["hi"]],
  [["--exit", "the sum", "run", "2+3"], { exit: "the sum" }, ["2+3"]],
  [["--sandbox=", "run"], { sandbox: true }, []],
]);

testRows("takes a name after -w and --sandbox only if it is one and a prompt is left", [
  [["exec", "-w", "fix it"], { worktree: true }, ["fix it"]],
  [["exec", "-w", "feat", "fix it"], { worktree: "feat" }, ["fix it"]],
  [["exec", "-w", "feat/x", "fix it"], { worktree: "feat/x" }, ["fix it"]],
  [["exec", "--sandbox", "a/b"], { sandbox: true }, ["a/b"]],
  [["exec", "-w", "a..b"], { worktree: true }, ["a..b"]],
  [["exec", "-w", ".a"], { worktree: true }, [".a"]],
  [["exec", "-w", "x".repeat(101)], { worktree: true }, ["x".repeat(101)]],
  [["exec", "-w", "x".repeat(100), "hi"], { worktree: "x".repeat(100) }, ["hi"]],
  [["exec", "-w", "feat"], { worktree: true }, ["feat"]],
  [["review", "-w", "feat"], { worktree: true }, ["feat"]],
  [["exec", "fix it", "-w", "feat"], { worktree: "feat" }, ["fix it"]],
  [["exec", "-w", "feat", "--", "-q"], { worktree: "feat" }, ["-q"]],
  [["exec", "-w", "a", "--sandbox", "b"], { worktree: "a", sandbox: true }, ["b"]],
  [["exec", "-w", "feat", "--prompt", "hi"], { worktree: "feat" }, ["hi"]],
  [["--prompt", "hi", "exec", "-w", "feat"], { worktree: "feat" }, ["hi"]],
  [["run", "-w", "feat"], { worktree: "feat" }, []],
  [["run", "-w", "fix it"], { worktree: true }, ["fix it"]],
  [["run", "-w", "a..b"], { worktree: true }, ["a..b"]],
  [["run", "-w", "a/b"], { worktree: "a/b" }, []],
  [["run", "--sandbox", "a/b"], { sandbox: true }, ["a/b"]],
  [["run", "--sandbox", "a.b"], { sandbox: "a.b" }, []],
  [["exec", "-w=feat"], { worktree: "feat" }, []],
  [["exec", "-wfeat"], { worktree: "feat" }, []],
  [["exec", "--worktree="], { worktree: true }, []],
  [["exec", "-w", "--", "hi"], { worktree: true }, ["hi"]],
  [["exec", "hi", "-w"], { worktree: true }, ["hi"]],
]);

Deno.test("parseArgv() leaves the last word to a command that needs it with the flags it has", () => {
  const routes = [spawnCommand, runCommand, pipeCommand];
  const rows: [args: string[], name: string | undefined, operands: string[]][] = [
    [["spawn", "-w", "hi"], undefined, ["hi"]],
    [["spawn", "--sandbox", "hi"], undefined, ["hi"]],
    [["spawn", "-aw", "hi"], undefined, ["hi"]],
    [["spawn", "-w", "a", "hi"], "a", ["hi"]],
    [["spawn", "-w", "a", "--prompt", "hi"], "a", ["hi"]],
    [["spawn", "-w", "a", "-I"], "a", []],
    [["spawn", "-Iw", "a"], "a", []],
    [["-I", "spawn", "-w", "a"], "a", []],
    [["spawn", "--plan", "p.md", "-w", "a"], "a", []],
    [["run", "-w", "a"], "a", []],
    [["run", "--json", "-w", "hi"], undefined, ["hi"]],
    [["--json", "run", "--sandbox", "hi"], undefined, ["hi"]],
    [["run", "--json-schema", "{}", "-w", "hi"], undefined, ["hi"]],
    [["run", "--json", "-w", "a", "--exit"], "a", []],
    [["pipe", "-w", "one", "--", "hi"], undefined, ["one", "--", "hi"]],
    [["pipe", "-w", "a", "one", "--", "hi"], "a", ["one", "--", "hi"]],
    [["pipe", "--tag", "t", "-w", "a", "--", "hi"], "a", ["--", "hi"]],
  ];
  for (const [args, name, operands] of rows) {
    const shown = JSON.stringify(args);
    const parsed = parseArgv(args, routes);
    assert(parsed.kind === "command", shown);
    const taken = parsed.values.get("worktree") ?? parsed.values.get("sandbox");
    assertEquals([taken, parsed.operands], [[name], operands], shown);
  }
});

testRows("always takes the hint after --exit", [
  [["run", "--exit", "the sum", "what is 2+3"], { exit: "the sum" }, ["what is 2+3"]],
  [["run", "--exit", "the sum"], { exit: "the sum" }, []],
  [["run", "--exit", "- one"], { exit: "- one" }, []],
  [["run", "what", "--exit"], { exit: true }, ["what"]],
  [["run", "--exit=", "what"], { exit: true }, ["what"]],
  [["run", "--exit", "-q"], { exit: true, quiet: true }, []],
  [["run", "--exit", "--", "what"], { exit: true }, ["what"]],
  [["run", "--exit=-q"], { exit: "-q" }, []],
]);

testRows("puts --prompt in the place of the positional prompt", [
  [["exec", "--prompt", "hi"], {}, ["hi"]],
  [["exec", "--prompt=-q"], {}, ["-q"]],
  [["--prompt", "a", "exec", "--prompt", "b"], {}, ["b"]],
  [["review", "--prompt", ""], {}, [""]],
]);

testRows("finds commands inside groups", [
  [["ps", "list", "--json"], { json: true }, [], "list"],
  [["ps", "--json", "list"], { json: true }, [], "list"],
  [["--json", "ps", "list"], { json: true }, [], "list"],
  [["-n", "1", "ps", "-n", "2", "list", "-n", "3"], { limit: 3 }, [], "list"],
  [["ps"], {}, [], "list"],
  [["ps", "--json", "-n5"], { json: true, limit: 5 }, [], "list"],
  [["ps", "kill", "self"], {}, ["self"], "kill"],
  [["-q", "skills", "-r", "/x", "show", "list"], { quiet: true, root: "/x" }, ["list"], "show"],
]);

testRows("gives values their types", [
  [["exec", "--timeout", "1m30", "hi"], { timeout: 90_000 }, ["hi"]],
  [["exec", "--max-turns", "7", "hi"], { maxTurns: 7 }, ["hi"]],
  [["exec", "--env", "A=1", "--env", "B==", "hi"], { env: ["A=1", "B=="] }, ["hi"]],
]);

testErrors("refuses unknown flags", [
  [["exec", "--wat"], 'Unknown flag "--wat" for "zag exec"', 'put it after "--"'],
  [["--wat", "exec"], 'Unknown flag "--wat"', 'put it after "--"'],
  [["exec", "--provder", "x"], 'Unknown flag "--provder" for "zag exec"', '"--provider"?'],
  [["--provder=x", "exec"], 'Unknown flag "--provder"', '"--provider"?'],
  [["exec", "-x"], 'Unknown flag "-x" for "zag exec"', 'To pass "-x" as text'],
  [["exec", "-aXq"], 'Unknown flag "-X" in "-aXq" for "zag exec"', '"--"'],
  [["exec", "-provider", "x"], 'Unknown flag "-provider" for "zag exec"', '"--provider"?'],
  [["exec", "--version"], 'Unknown flag "--version" for "zag exec"'],
  [["whoami", "--root", "x"], 'Unknown flag "--root" for "zag whoami"'],
  [["ps", "--root", "x"], 'Unknown flag "--root" for "zag ps"'],
]);

testErrors("refuses a flag before a command that does not declare it", [
  [["--size", "9b", "status", "x"], 'Flag "--size" does not apply to "zag status"'],
  [["-w", "feat", "ps", "list"], 'Flag "-w" does not apply to "zag ps list"'],
  [["ps", "-n", "1", "kill", "x"], 'Flag "-n" does not apply to "zag ps kill"'],
  [["--exit", "exec", "hi"], 'Flag "--exit" does not apply to "zag exec"'],
]);

testErrors("refuses a missing value", [
  [["exec", "--root"], 'Missing value for "--root"'],
  [["exec", "-r"], 'Missing value for "--root"'],
  [["exec", "-r", "-a"], 'Missing value for "--root": "-a" looks like a flag', '"--root=-a"'],
  [["exec", "-r", "--wat"], 'Missing value for "--root": "--wat" looks like a flag'],
  [["exec", "-r", "--", "x"], 'Missing value for "--root": "--" looks like a flag'],
  [["--root"], 'Missing value for "--root"'],
  [["exec", "-ar"], 'Missing value for "--root"'],
]);

testErrors("refuses a value for a switch", [
  [["exec", "--quiet=1", "x"], 'Cannot use "--quiet=1": "--quiet" takes no value'],
]);

testErrors("refuses a value given twice at one place", [
  [["exec", "-r", "a", "--root=b", "x"], 'Flag "--root" is given twice: it takes one value'],
  [["-r", "a", "-r", "b", "exec", "x"], 'Flag "--root" is given twice: it takes one value'],
  [["exec", "-wa", "-wb", "x"], 'Flag "--worktree" is given twice: it takes one value'],
  [
    ["exec", "--prompt", "a", "--prompt", "b"],
    'Flag "--prompt" is given twice: it takes one value',
  ],
]);

testErrors("refuses two prompts", [
  [
    ["exec", "a", "--prompt", "b"],
    'Cannot use "--prompt" with a positional prompt: "zag exec" takes one prompt',
  ],
  [
    ["--prompt", "b", "run", "a"],
    'Cannot use "--prompt" with a positional prompt: "zag run" takes one prompt',
  ],
]);

testErrors("refuses too few or too many operands", [
  [["status"], 'Missing operand "session": "zag status" needs it', "Usage: zag [flags] status <"],
  [["ps", "kill"], 'Missing operand "id": "zag ps kill" needs it'],
  [["exec", "a", "b"], 'Unexpected operand "b": "zag exec" takes one prompt', "needs quotes"],
  [["whoami", "x"], 'Unexpected operand "x": "zag whoami" takes none'],
]);

testErrors("refuses unknown and missing commands", [
  [["exce", "hi"], 'Unknown command "exce"', 'Did you mean "exec"?'],
  [["hlep"], 'Unknown command "hlep"', 'Did you mean "help"?'],
  [["rellay"], 'Unknown command "rellay"', 'See "zag help"'],
  [["fix the bug"], 'Unknown command "fix the bug"', 'See "zag help"'],
  [["constructor"], 'Unknown command "constructor"', 'See "zag help"'],
  [["ps", "lst"], 'Unknown command "lst" for "zag ps"', 'Did you mean "list"?'],
  [["help", "exce"], 'Unknown command "exce"', 'Did you mean "exec"?'],
  [["-q"], "Missing command", 'See "zag help"'],
  [["skills"], 'Missing command for "zag skills"', 'See "zag help skills"'],
]);

testErrors("refuses values that a flag does not take", [
  [
    ["exec", "-o", "jsn", "x"],
    'Cannot use "jsn" for "--output": it must be one of text, json, stream-json',
    'Did you mean "json"?',
  ],
  [
    ["exec", "--timeout", "5x", "x"],
    'Wrong value for "--timeout": Cannot parse duration "5x": the unit must be s, m, h or d, ' +
    'not "x"',
  ],
  [
    ["exec", "--max-turns", "0", "x"],
    'Wrong value for "--max-turns": Cannot use "0": it must be a whole number above 0',
  ],
  [
    ["exec", "--session", "x", "x"],
    'Wrong value for "--session": Cannot use "x": it must be a UUID, as "uuidgen" prints one',
  ],
  [
    ["exec", "-w=../x", "x"],
    'Cannot use "../x" as the name for "--worktree"',
    'has no ".." in it',
  ],
  [["exec", "--sandbox=a/b", "x"], 'Cannot use "a/b" as the name for "--sandbox"'],
  [["-w", "fix it", "exec", "x"], 'Cannot use "fix it" as the name for "--worktree"'],
]);

Deno.test("parseArgv() wants a flag after the command where two commands read it differently", async () => {
  const modes: unknown[] = [];
  const command = (name: string, mode: Flag) =>
    defineCommand({
      name,
      brief: name,
      flags: { mode },
      run: (_ctx, flags) => Promise.resolve(modes.push(flags.mode)),
    });
  const app = createApp([
    command("first", switchFlag({ brief: "A switch here" })),
    command("second", valueFlag({ placeholder: "mode", brief: "A value there" })),
  ]);
  await app.run(["--mode", "first"], fakeContext());
  await app.run(["second", "--mode", "x"], fakeContext());
  assertEquals(modes, [true, "x"]);

  const ctx = fakeContext();
  assertEquals(await app.run(["--mode", "second"], ctx), 64);
  assertStringIncludes(ctx.err, 'error: Flag "--mode" must stand after "zag second"\n');
});

Deno.test("parseArgv() quotes what it repeats on one short line", async () => {
  const { ctx } = await runFake([`a\n\x1b[31m${"é".repeat(200)}`]);
  const [first = ""] = ctx.err.split("\n");
  assertEquals(first.includes("\x1b"), false);
  assertStringIncludes(first, '"a\\n\\u001b[31m');
  assertEquals(first.length < 120, true);
});

/** A command with a flag that takes the rest, and the values that it was called with. */
function restApp(): { app: ReturnType<typeof createApp>; calls: Record<string, unknown>[] } {
  const calls: Record<string, unknown>[] = [];
  const add = defineCommand({
    name: "add",
    brief: "Add",
    flags: {
      args: listFlag({ placeholder: "arg", brief: "Rest", takesRest: true }),
      url: valueFlag({ placeholder: "url", brief: "Address" }),
      json: switchFlag({ brief: "JSON" }),
    },
    operand: { name: "name", brief: "Which", required: true },
    run: (_ctx, { args, url, json, quiet }, operands) => {
      calls.push({ args, url, json, quiet, operands });
      return Promise.resolve(0);
    },
  });
  return { app: createApp([add]), calls };
}

const rest: [args: string[], values: Record<string, unknown>][] = [
  [["add", "x", "--args", "-y", "pkg"], { args: ["-y", "pkg"] }],
  [["add", "x", "--args", "-h", "--", "-q", "--quiet", "--help-me"], {
    args: ["-h", "--", "-q", "--quiet", "--help-me"],
  }],
  [["add", "--args", "a", "b", "--json", "x"], { args: ["a", "b"], json: true }],
  [["add", "x", "--args", "a", "--url=u", "-q", "--args", "b"], {
    args: ["a", "b"],
    url: "u",
    quiet: true,
  }],
  [["--url", "u", "add", "--args=--url", "x", "--args=b"], { args: ["--url", "b"], url: "u" }],
  [["add", "--", "x"], {}],
  [["add", "x", "--", "--args"], {}],
];

Deno.test("parseArgv() gives all that follows to a flag that takes the rest", async () => {
  for (const [args, values] of rest.slice(0, -1)) {
    const { app, calls } = restApp();
    const ctx = fakeContext();
    assertEquals(await app.run(args, ctx), 0, ctx.err);
    const none = { args: [], url: undefined, json: false, quiet: false };
    assertEquals(calls, [{ ...none, ...values, operands: ["x"] }], JSON.stringify(args));
  }
  const { app } = restApp();
  assertEquals(await app.run(rest.at(-1)![0], fakeContext()), 64);
});

Deno.test("parseArgv() keeps 10,000 seeded words after a flag that takes the rest", async () => {
  const words = [
    "-y",
    "--",
    "-h",
    "",
    "a b",
    "--no-url",
    "--Json",
    "-",
    "---",
    "--x=1",
    "ä\n",
    "-V",
  ];
  const { app, calls } = restApp();
  let state = 7;
  for (let done = 0; done < 10_000;) {
    const given = Array.from({ length: 1 + done % 20 }, () => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return words[state % words.length]!;
    });
    const ctx = fakeContext();
    assertEquals(await app.run(["add", "x", "--args", ...given, "--json"], ctx), 0, ctx.err);
    assertEquals(calls.pop(), {
      args: given,
      url: undefined,
      json: true,
      quiet: false,
      operands: ["x"],
    });
    done += given.length;
  }
});

Deno.test("parseArgv() shows the help, and names what is wrong, around a flag that takes the rest", async () => {
  for (const args of [["add", "x", "--args", "a", "--help"], ["add", "x", "-h"], ["add", "-h"]]) {
    const { app } = restApp();
    const ctx = fakeContext();
    assertEquals(await app.run(args, ctx), 0);
    assertStringIncludes(ctx.out, "--args <arg>...");
  }
  const wrong: [args: string[], message: string][] = [
    [["add", "x", "--args"], 'Missing value for "--args"'],
    [["add", "x", "--args", "--json"], 'Missing value for "--args": "--json" looks like a flag'],
    [["--args", "a", "add", "x"], 'Flag "--args" must stand after its command'],
  ];
  for (const [args, message] of wrong) {
    const { app } = restApp();
    const ctx = fakeContext();
    assertEquals(await app.run(args, ctx), 64);
    assertStringIncludes(ctx.err, `error: ${message}\n`);
  }
});
