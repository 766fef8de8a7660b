import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { AgentProcessError } from "../../src/agent/errors.ts";
import { ZagError } from "../../src/errors.ts";
import { type AnyCommand, defineCommand } from "../../src/cli/command.ts";
import { StdoutClosedError } from "../../src/cli/context.ts";
import { createApp } from "../../src/cli/create_app.ts";
import {
  CliError,
  describeError,
  exitCodeOf,
  printError,
  quote,
  reportError,
  UsageError,
} from "../../src/cli/errors.ts";
import { suggest } from "../../src/suggest.ts";
import { type FakeContext, fakeContext, type FakeContextOptions } from "../fakes/context.ts";

/** A program whose only command throws. */
function failing(error: unknown): AnyCommand {
  return defineCommand({
    name: "fail",
    brief: "Throw",
    flags: {},
    operand: { name: "thing", brief: "Anything" },
    run: () => Promise.reject(error),
  });
}

async function runFailing(
  error: unknown,
  args: string[] = ["fail"],
  options: FakeContextOptions = {},
): Promise<[code: number, ctx: FakeContext]> {
  const ctx = fakeContext(options);
  return [await createApp([failing(error)]).run(args, ctx), ctx];
}

const denied = new Deno.errors.NotCapable(
  'Requires run access to "claude", run again with the --allow-run flag',
);
const ADVICE = "Run it again with --debug to see more\n";

Deno.test("exitCodeOf() knows every class of error", () => {
  const rows: [unknown, number, string][] = [
    [new CliError("x"), 1, "failure"],
    [new CliError("x", 2), 2, "no_result"],
    [new UsageError("x"), 64, "usage"],
    [denied, 77, "permission"],
    [new CliError("x", 124), 124, "deadline"],
    [new CliError("x", 125), 125, "budget"],
    [new CliError("x", 143), 143, "signal"],
    [new StdoutClosedError(), 141, "stdout_closed"],
    [new ZagError("x"), 1, "failure"],
    [new TypeError("x"), 1, "failure"],
    ["x", 1, "failure"],
    [undefined, 1, "failure"],
    [new ZagError("x", { cause: denied }), 77, "permission"],
    [new ZagError("x", { cause: new CliError("y", 124) }), 124, "deadline"],
    [new CliError("x", 1, undefined, { cause: denied }), 1, "failure"],
    [new Deno.errors.BrokenPipe("not stdout"), 1, "failure"],
  ];
  for (const [error, exitCode, code] of rows) {
    assertEquals([exitCodeOf(error), describeError(error).code], [exitCode, code], String(error));
  }
});

Deno.test("describeError() gives programs a code, the message and the hint", () => {
  assertEquals(describeError(new UsageError("Cannot go", "Stay")), {
    code: "usage",
    message: "Cannot go",
    hint: "Stay",
  });
  assertEquals(describeError(new Error("Broken")), {
    code: "failure",
    message: "Broken",
    hint: null,
  });
});

Deno.test("reportError() prints the message, the causes, the hint and the advice", async () => {
  const cause = new Error("Disk is full", { cause: "a string" });
  const [code, ctx] = await runFailing(new CliError("Cannot save", 1, "Make room", { cause }));
  assertEquals(code, 1);
  assertEquals(ctx.out, "");
  assertEquals(
    ctx.err,
    "error: Cannot save\n  caused by: Disk is full\n  caused by: a string\nMake room\n" + ADVICE,
  );
});

Deno.test("reportError() and printError() let nothing through that drives the terminal", async () => {
  const evil = "\x1b]0;TITLE\x07\x1b[2J\x9b1m\u202e";
  const cause = new Error(`deeper${evil}\tcause`);
  const error = new CliError(`x${evil}\ny`, 1, `z${evil}`, { cause });
  const [, ctx] = await runFailing(error);
  assertEquals(ctx.err, `error: x\ny\n  caused by: deeper\tcause\nz\n${ADVICE}`);
  const printed = fakeContext({ stderrTty: true });
  await printError(printed, `a${evil}`, `b${evil}`);
  assertEquals(printed.err, "\x1b[31merror:\x1b[0m a\nb\n");
});

Deno.test("reportError() survives errors that go round in circles or say nothing", async () => {
  const error = new Error("");
  error.cause = error;
  const [code, ctx] = await runFailing(error);
  assertEquals([code, ctx.err], [1, `error: Error\n${ADVICE}`]);
});

Deno.test("reportError() advises --debug only where that tells more", async () => {
  const errors: [Error, boolean][] = [
    [new ZagError("Cannot find it"), false],
    [new CliError("Cannot find it"), false],
    [new ZagError("Cannot save", { cause: new Error("Disk is full") }), true],
    [new TypeError("Broken"), true],
    [new AgentProcessError("The agent", 1, null, ""), true],
  ];
  for (const [error, advised] of errors) {
    assertEquals((await runFailing(error))[1].err.includes(ADVICE), advised, error.message);
  }
});

Deno.test("reportError() shows the stack with --debug only", async () => {
  const error = new Error("Broken", { cause: new Error("Deeper") });
  for (const args of [["fail", "-d"], ["--debug", "fail"]]) {
    const [, ctx] = await runFailing(error, args);
    assertMatch(ctx.err, /^error: Broken\n +at [^]*\n {2}caused by: Deeper\n +at /);
    assertEquals(ctx.err.includes(ADVICE), false);
  }
  const [, ctx] = await runFailing(error);
  assertEquals(ctx.err, `error: Broken\n  caused by: Deeper\n${ADVICE}`);
});

Deno.test("reportError() leaves the advice out with --quiet", async () => {
  const [code, ctx] = await runFailing(new Error("Broken"), ["fail", "-q"], { stderrTty: true });
  assertEquals([code, ctx.err], [1, "error: Broken\n"]);
});

Deno.test("reportError() colours at a terminal that wants colour", async () => {
  const at = async (options: FakeContextOptions) =>
    (await runFailing(new Error("Broken"), ["fail"], options))[1].err;
  assertEquals(
    await at({ stderrTty: true }),
    `\x1b[31merror:\x1b[0m Broken\n\x1b[2m${ADVICE.trim()}\x1b[0m\n`,
  );
  assertEquals(
    await at({ stderrTty: true, env: { NO_COLOR: "1" } }),
    `error: Broken\n${ADVICE}`,
  );
  assertEquals(await at({ stdoutTty: true }), `error: Broken\n${ADVICE}`);
});

Deno.test("reportError() names the flag for a missing permission", async () => {
  const [code, ctx] = await runFailing(denied);
  assertEquals(code, 77);
  assertEquals(
    ctx.err,
    'error: Missing permission: Requires run access to "claude"\n' +
      `Allow it by starting zag with --allow-run=claude\n${ADVICE}`,
  );
  const inside = await runFailing(new ZagError("Cannot start claude", { cause: denied }));
  assertEquals(inside[0], 77);
  assertStringIncludes(inside[1].err, "starting zag with --allow-run");
});

Deno.test("reportError() says nothing when stdout was closed", async () => {
  for (
    const error of [new StdoutClosedError(), new ZagError("x", { cause: new StdoutClosedError() })]
  ) {
    const [code, ctx] = await runFailing(error, ["fail", "--debug"]);
    assertEquals([code, ctx.out, ctx.err], [141, "", ""]);
  }
  const ctx = fakeContext({ stdoutClosed: true });
  assertEquals(await createApp([failing("")]).run(["--help"], ctx), 141);
  assertEquals(ctx.err, "");
});

Deno.test("reportError() prints the usage of the command for a usage error", async () => {
  const [code, ctx] = await runFailing(new UsageError("Cannot use both", "Use one"));
  assertEquals(code, 64);
  assertEquals(ctx.err, "error: Cannot use both\nUse one\nUsage: zag [flags] fail [thing]\n");
  const [, debug] = await runFailing(new UsageError("Cannot use both"), ["fail", "-d"]);
  assertMatch(debug.err, /\n +at [^]*Usage: zag/);
});

Deno.test("reportError() can do without a command", async () => {
  const ctx = fakeContext();
  const code = await reportError(new UsageError("Bad"), ctx, { debug: false, quiet: false });
  assertEquals([code, ctx.err], [64, "error: Bad\nUsage: zag [flags] <command>\n"]);
});

Deno.test("printError() has the shape of an error", async () => {
  const plain = fakeContext();
  await printError(plain, "It failed");
  await printError(plain, "It failed", "Try again");
  assertEquals(plain.err, "error: It failed\nerror: It failed\nTry again\n");
  const colored = fakeContext({ stderrTty: true });
  await printError(colored, "It failed");
  assertEquals(colored.err, "\x1b[31merror:\x1b[0m It failed\n");
});

Deno.test("quote() cuts between characters", () => {
  assertEquals(quote('a"b'), '"a\\"b"');
  assertEquals(quote("😀".repeat(60)), `"${"😀".repeat(60)}"`);
  assertEquals(quote("😀".repeat(61)), `"${"😀".repeat(59)}…"`);
});

Deno.test("suggest() finds what is near, best first", () => {
  const words = ["exec", "run", "review", "session", "search", "status"];
  const rows: [string, string[]][] = [
    ["exce", ["exec"]],
    ["exe", ["exec"]],
    ["rn", ["run"]],
    ["reviwe", ["review"]],
    ["sesion", ["session"]],
    ["staus", ["status"]],
    ["xyz", []],
    ["", []],
    ["e".repeat(100_000), []],
  ];
  for (const [word, expected] of rows) assertEquals(suggest(word, words), expected, word);
  assertEquals(suggest("--jsn", ["--json", "--json", "--jsn-x"]), ["--json"]);
});
