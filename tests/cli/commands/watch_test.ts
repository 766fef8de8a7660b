import { watchCommand } from "../../../src/cli/commands/watch.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { fakeContext } from "../../fakes/context.ts";
import { assertEquals, assertStringIncludes } from "../../support/assert.ts";
import type { LogKind } from "../../../src/events/log_event.ts";
import { record } from "../../support/recorded.ts";
import { TestHome } from "../../support/zag.ts";
import { capture } from "./capture.ts";

const parsed: [args: string[], operands: string[], given?: Record<string, unknown>][] = [
  [["it", "--on", "usage", "--", "echo", "-q", "--once"], ["it", "--", "echo", "-q", "--once"], {
    once: false,
    quiet: false,
  }],
  [["--latest", "--on", "usage", "--", "echo"], ["--", "echo"], { latest: true }],
  [["--once", "--on", "usage", "it"], ["it"], { once: true }],
  [["it", "--on", "usage", "--"], ["it", "--"]],
  [["it", "--on", "usage", "--", "a", "--", "b"], ["it", "--", "a", "--", "b"]],
  [["it", "--on", "usage", "--", "", "--help"], ["it", "--", "", "--help"]],
  [["it", "--on", "usage", "--filter", "tool=a,success=true", "--filter", "tool=b"], ["it"], {
    filter: ["tool=a,success=true", "tool=b"],
  }],
];

for (const [args, operands, given = {}] of parsed) {
  Deno.test(`watch: reads "${args.join(" ")}"`, async () => {
    const captured = await capture(watchCommand, ["watch", ...args]);
    assertEquals([captured.code, captured.err, captured.operands], [0, "", operands]);
    for (const [key, value] of Object.entries(given)) {
      assertEquals((captured.flags as Record<string, unknown>)[key], value, key);
    }
  });
}

Deno.test("watch: flags may stand before the command, whose words are left alone", async () => {
  const captured = await capture(watchCommand, ["--on", "usage", "watch", "it", "--", "-q"]);
  assertEquals([captured.code, captured.operands], [0, ["it", "--", "-q"]]);
  assertEquals(captured.flags?.on, ["usage"]);
});

const on = ["--on", "tool_call"];
const refused: [args: string[], message: string, code?: number][] = [
  [["it", "--", "echo"], 'Missing flag "--on"'],
  [["it", "--", "echo"], "There are session_started, session_meta"],
  [["it", "--on", "tool_cal", "--", "echo"], 'Did you mean "tool_call"?'],
  [["it", "--on", "tool", "--", "echo"], "it must be one of session_started, session_meta"],
  [[...on, "--", "echo"], "Cannot choose a session: give a session, --tag or --latest"],
  [["it", "--latest", ...on, "--", "echo"], "together with --latest"],
  [["it", "--tag", "t", ...on, "--", "echo"], "together with --tag"],
  [["--latest", "--tag", "t", ...on, "--", "echo"], "together with --tag"],
  [["it", ...on, "echo"], 'Put the command after "--"'],
  [["it", ...on, "--"], 'Missing command after "--"'],
  [["it", ...on, "--", ""], 'Missing command after "--"'],
  [["it", ...on, "--filter", "tol=x"], 'Did you mean "tool"?'],
  [["it", ...on, "--filter", "toString=x"], 'Cannot filter by "toString"'],
  [["it", ...on, "--filter", "success"], "it must be key=value"],
  [["it", ...on, "--filter", "tool="], "it must be key=value"],
  [["it", ...on, "--filter", "success=yes"], "it must be true or false"],
  [["it", ...on, "--filter", "tool=a,"], "it must be key=value"],
  [["nothing", ...on], 'Cannot find session "nothing"', 1],
  [["--tag", "nothing", ...on], 'Cannot find a session tagged "nothing"', 1],
  [["--latest", ...on], "Cannot find a session: there is none in this project yet", 1],
];

for (const [args, message, expected = 64] of refused) {
  Deno.test(`watch: refuses "${args.join(" ")}" (${message})`, async () => {
    await using home = await TestHome.create();
    // A project of its own.
    await Deno.mkdir(`${home.work}/.git`);
    await Deno.writeTextFile(`${home.work}/.git/HEAD`, "ref: refs/heads/main\n");
    const ctx = fakeContext({ cwd: home.work, env: home.env() });
    const code = await createApp([watchCommand]).run(["watch", ...args], ctx);
    assertStringIncludes(ctx.err, message);
    assertEquals([code, ctx.out], [expected, ""]);
  });
}

async function watch(home: TestHome, args: string[]) {
  const ctx = fakeContext({ cwd: home.work, env: home.env() });
  const code = await createApp([watchCommand]).run(["watch", ...args], ctx);
  return { code, out: ctx.out, err: ctx.err };
}

const SAID: LogKind = { type: "assistant_message", content: "words", message_id: null };
const ENDED: LogKind = { type: "session_ended", success: false, error: "no luck" };

Deno.test("watch: says of a session that has ended that there is nothing to watch", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { outcome: "failure", tags: ["t"], kinds: [SAID, ENDED] });
  record(home, "s-2", { outcome: "failure", tags: ["t"], kinds: [SAID, ENDED] });
  const end = ["--on", "session_ended", "--", "echo"];
  assertEquals(await watch(home, ["s-1", ...end]), {
    code: 0,
    out: "",
    err: "Session s-1 has ended already: there is nothing to watch; with --once that end counts\n",
  });
  assertEquals((await watch(home, ["s-1", "--on", "usage", "-q"])).err, "");
  const { err } = await watch(home, ["--tag", "t", "--on", "usage"]);
  assertEquals(err, "All sessions have ended already: there is nothing to watch\n");
});

Deno.test("watch: --once says why an ended session has no such event", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { outcome: "failure", kinds: [SAID, ENDED] });
  const reasons: [args: string[], reason: string][] = [
    [["--on", "assistant_message"], "ended before the watch began, and only what happens from now"],
    [
      ["--on", "session_ended", "--filter", "success=true"],
      "ended before the watch began, in a way that does not pass --filter",
    ],
  ];
  for (const [args, reason] of reasons) {
    const { code, err } = await watch(home, ["s-1", "--once", ...args]);
    assertEquals(code, 1);
    assertStringIncludes(err, reason);
  }
  assertEquals((await watch(home, ["s-1", "--once", "--on", "session_ended"])).code, 0);
});

Deno.test("watch: the help shows the words after the dashes", async () => {
  const ctx = fakeContext();
  await createApp([watchCommand]).run(["watch", "--help"], ctx);
  assertStringIncludes(ctx.out, "Usage: zag [flags] watch [session] [-- <command>...]\n");
  assertStringIncludes(ctx.out, "  [-- <command>...]  What to run, with its arguments\n");
});
