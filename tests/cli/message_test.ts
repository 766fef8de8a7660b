import { printMessage } from "../../src/cli/message.ts";
import { fakeContext } from "../fakes/context.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { Pty } from "../support/pty.ts";
import { TestHome, ZAG } from "../support/zag.ts";

const EVIL = "\x1b]0;TITLE\x07\x1b[2J\x9b1m\u202e";

Deno.test("printMessage() prints lines in their order, without what drives a terminal", async () => {
  const ctx = fakeContext({ stderrTty: true });
  await Promise.all([printMessage(ctx, `a${EVIL}\tb\r\nc\rd`), printMessage(ctx, "e")]);
  assertEquals([ctx.out, ctx.err], ["", "a\tb\nc\nd\ne\n"]);
});

/** Steps with which an agent reports what is in its way. */
const STEPS = [
  { do: "error", message: `stop here${EVIL}`, fatal: true },
  { do: "limit", message: `stop here${EVIL}` },
];

/** What `zag exec` writes to a terminal when the agent does this. */
async function inTerminal(home: TestHome, step: unknown, args: string[], term: string) {
  const env = home.env({ ZAG_MOCK_SCRIPT: JSON.stringify({ turns: [{ steps: [step] }] }) });
  // The terminal sets TERM itself, and without -q Deno writes sequences of its own.
  const quiet = ZAG.isCompiled ? [] : ["run", "-q", ...ZAG.args.slice(1)];
  const program = [`TERM=${term}`, ZAG.program, ...quiet];
  await using pty = new Pty("env", [...program, "-p", "mock", "exec", ...args], {
    cwd: home.work,
    env,
  });
  await pty.waitForExit();
  return pty.raw;
}

for (const step of STEPS) {
  Deno.test(`an agent's ${step.do} does not drive the terminal`, async () => {
    await using home = await TestHome.create();
    for (const args of [["--no-auto-resume", "hi"], ["--no-auto-resume", "-d", "-v", "hi"]]) {
      const raw = await inTerminal(home, step, args, "xterm");
      assertStringIncludes(raw, "stop here");
      assertStringIncludes(raw, "\x1b[31merror:\x1b[0m Mock agent reported a failure: stop here");
      // deno-lint-ignore no-control-regex
      const plain = raw.replaceAll(/\u001b\[[\d;]*m/g, "");
      for (const evil of ["\x07", "\x1b", "\x9b", "\u202e", "TITLE", "[2J"]) {
        assert(!plain.includes(evil), JSON.stringify(raw));
      }
    }
  });
}

Deno.test("a terminal that knows no escape sequences gets none", async () => {
  await using home = await TestHome.create();
  const raw = await inTerminal(home, STEPS[0], ["-v", "hi"], "dumb");
  assertStringIncludes(raw, "error: Mock agent reported a failure: stop here");
  assert(!raw.includes("\x1b"), raw);
});
