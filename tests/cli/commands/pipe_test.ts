import { pipeCommand } from "../../../src/cli/commands/pipe.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { startTimeOf } from "../../../src/processes/process_table.ts";
import type { LogKind } from "../../../src/events/log_event.ts";
import { fakeContext, type FakeContextOptions } from "../../fakes/context.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../support/assert.ts";
import { record } from "../../support/recorded.ts";
import { TestHome } from "../../support/zag.ts";

async function pipe(home: TestHome, args: string[], options: FakeContextOptions = {}) {
  const ctx = fakeContext({ cwd: home.work, ...options, env: { ...home.env(), ...options.env } });
  const code = await createApp([pipeCommand]).run(["pipe", "-p", "mock", ...args], ctx);
  return { code, out: ctx.out, err: ctx.err };
}

function said(content: string): LogKind {
  return { type: "assistant_message", content, message_id: null };
}

const REFUSED: readonly [string[], string, string?][] = [
  [["s-1"], 'Missing prompt for "pipe": it stands after "--"', 'zag pipe SESSION... -- "PROMPT"'],
  [["s-1", "do it"], 'and not among the sessions: "do it"', 'zag pipe SESSION... -- "PROMPT"'],
  [["s-1", "--"], 'Missing prompt for "pipe"'],
  [["s-1", "--", "two", "words"], 'Cannot take 2 words after "--"', "needs quotes"],
  [["s-1", "--", " \n"], "Cannot run an empty prompt"],
  [["s-1", "--prompt", "a", "--", "b"], 'Cannot use "--prompt" with a prompt after "--"'],
  [["--", "a"], "Cannot choose a session: give one or more, or --tag"],
  [["s-1", "--json", "-o", "stream-json", "--", "a"], "--json together with -o stream-json"],
  [["s-1", "-o", "native-json", "--", "a"], "native-json"],
];

for (const [args, message, hint = ""] of REFUSED) {
  Deno.test(`pipe ${JSON.stringify(args)} is a usage error`, async () => {
    await using home = await TestHome.create();
    const { code, out, err } = await pipe(home, args);
    assertEquals([code, out], [64, ""]);
    assertStringIncludes(err, message);
    assertStringIncludes(err, hint);
  });
}

Deno.test("pipe leaves out sessions without a result, and says so; the others are numbered anew", async () => {
  await using home = await TestHome.create();
  record(home, "s-1");
  record(home, "s-2", { kinds: [said("TWO")] });
  record(home, "s-3", { kinds: null });
  record(home, "s-4", { kinds: [said("FOUR")] });
  record(home, "s-5", { kinds: [said(" \n")] });
  const { code, out, err } = await pipe(home, ["s-1", "s-2", "s-3", "s-4", "s-5", "--", "hi"]);
  assertEquals(code, 0);
  assertStringIncludes(out, '<session-result index="1" session="s-2">\nTWO\n</session-result>\n');
  assertStringIncludes(out, '<session-result index="2" session="s-4">\nFOUR\n</session-result>\n');
  assert(out.endsWith("\n\nhi\n"));
  const lines = err.trim().split("\n");
  assertEquals(lines.length, 3);
  assertEquals(lines[0], 'warning: session "s-1" has no result and is left out');
  assertStringIncludes(lines[1]!, 'session "s-3" has no result and is left out: its log is gone');
  assertStringIncludes(lines[2]!, 'session "s-5" has no result');
  assertEquals((await pipe(home, ["-q", "s-1", "s-2", "--", "hi"])).err, "");
});

Deno.test("pipe starts nothing when no result is left, or a session is not known", async () => {
  await using home = await TestHome.create();
  record(home, "s-1");
  record(home, "s-2", { tags: ["t"] });
  const none = await pipe(home, ["s-1", "--tag", "t", "--", "hi"]);
  assertEquals([none.code, none.out], [1, ""]);
  assertStringIncludes(
    none.err,
    "error: Cannot ask about the sessions: none of the 2 has a result",
  );
  const unknown = await pipe(home, ["nobody", "--", "hi"]);
  assertEquals([unknown.code, unknown.out], [1, ""]);
  assertStringIncludes(unknown.err, 'Cannot find session "nobody"');
  assertEquals(home.rows("sessions").length, 2);
});

Deno.test("pipe says that the session which asks is never its own input", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { tags: ["t"], kinds: [said("ONE")] });
  const env = { ZAG_SESSION_ID: "s-1" };
  const { code, out, err } = await pipe(home, ["--tag", "t", "--", "hi"], { env });
  assertEquals([code, out], [1, ""]);
  assertStringIncludes(err, "it is the one that this command was started in");
});

Deno.test("pipe warns of what a session said last that did not come to a good end", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { kinds: [said("HALF")], outcome: "failure" });
  record(home, "s-2", { kinds: [said("HALF")], outcome: "dead" });
  const { code, err } = await pipe(home, ["s-1", "s-2", "--", "hi"]);
  assertEquals([code, err.trim().split("\n")], [0, [
    'warning: session "s-1" has failed: what it said last is taken',
    'warning: session "s-2" is dead: what it said last is taken',
  ]]);
});

Deno.test("pipe takes what a session has said so far that has not ended, and says so", async () => {
  await using home = await TestHome.create();
  const run = { ownerPid: Deno.pid, ownerStart: startTimeOf(Deno.pid) ?? null };
  record(home, "s-1", { kinds: [said("SO FAR")], outcome: null, run });
  const { code, out, err } = await pipe(home, ["s-1", "--", "hi"]);
  assertEquals(code, 0);
  assertStringIncludes(out, "SO FAR");
  assertEquals(err, 'warning: session "s-1" has not ended: what it said last is taken\n');
});

Deno.test("pipe takes given sessions, then those of the tags, newest first, each once", async () => {
  await using home = await TestHome.create();
  for (const index of [0, 1, 2, 3]) {
    const createdAt = `2026-01-0${index + 1}T00:00:00Z`;
    record(home, `id-${index}`, { tags: ["t"], createdAt, kinds: [said(`R${index}`)] });
  }
  const order = async (...args: string[]) => {
    const { out } = await pipe(home, [...args, "--", "hi"]);
    return [...out.matchAll(/session="(\S+)">\n(\S+)\n/g)].map(([, id, result]) =>
      `${id} ${result}`
    );
  };
  assertEquals(await order("id-1", "--tag", "T", "id-0"), [
    "id-1 R1",
    "id-0 R0",
    "id-3 R3",
    "id-2 R2",
  ]);
  // The session that asks has the tag, too.
  const env = { ZAG_SESSION_ID: "id-3" };
  assert(!(await pipe(home, ["--tag", "t", "--", "hi"], { env })).out.includes("R3"));
});

Deno.test("pipe reads the prompt - from stdin, and leaves stdin alone otherwise", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { kinds: [said("ONE")] });
  const { out } = await pipe(home, ["s-1", "--", "-"], { stdin: "from stdin" });
  assert(out.endsWith("</session-result>\n\nfrom stdin\n"));
  const other = await pipe(home, ["s-1", "--", "typed"], { stdin: "of somebody else" });
  assert(other.out.endsWith("</session-result>\n\ntyped\n"));
  const flag = await pipe(home, ["s-1", "--prompt", "by flag"]);
  assert(flag.out.endsWith("</session-result>\n\nby flag\n"));
});

Deno.test("pipe tells at a terminal what it waits for, until the answer comes", async () => {
  await using home = await TestHome.create();
  for (const id of ["s-1", "s-2"]) record(home, id, { kinds: [said("ONE")] });
  const steps = [{ do: "sleep", ms: 600 }, { do: "say", text: "ANSWER" }];
  const env = { ZAG_MOCK_SCRIPT: JSON.stringify({ turns: [{ steps }] }) };
  let ms = 0;
  const now = () => new Date(Date.parse("2026-01-02T03:04:05Z") + (ms += 600));
  const shown = await pipe(home, ["s-1", "s-2", "--", "hi"], { env, stderrTty: true, now });
  assertMatch(
    shown.err,
    // deno-lint-ignore no-control-regex -- it is what drives a terminal
    /^(\rWaiting for the answer about the results of 2 sessions \([\dms]+\)\x1b\[K)+\r\x1b\[K$/,
  );
  assertEquals(shown.out, "ANSWER\n");
  for (const [args, stderrTty] of [[["-q"], true], [[], false]] as const) {
    const { err } = await pipe(home, [...args, "s-1", "--", "hi"], { env, stderrTty, now });
    assertEquals(err, "");
  }
});
