import { summaryCommand } from "../../../src/cli/commands/summary.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import type { LogKind } from "../../../src/events/log_event.ts";
import { startTimeOf } from "../../../src/processes/process_table.ts";
import { fakeContext, type FakeContextOptions } from "../../fakes/context.ts";
import { record } from "../../support/recorded.ts";
import { TestHome } from "../../support/zag.ts";
import { assert, assertEquals, assertStringIncludes } from "../../support/assert.ts";

async function summary(home: TestHome, args: string[], options: FakeContextOptions = {}) {
  const ctx = fakeContext({ env: home.env(), cwd: home.work, ...options });
  const code = await createApp([summaryCommand]).run(["summary", ...args], ctx);
  return { code, out: ctx.out, err: ctx.err };
}

function started(cwd: string): LogKind {
  const rest = { command: "exec", model: "mock-medium", resumed: false, backfilled: false };
  return { type: "session_started", cwd, ...rest };
}

function work(cwd: string, answer: string): LogKind[] {
  const call = (tool_name: string, tool_id: string, path: string): LogKind => ({
    type: "tool_call",
    tool_name,
    tool_id,
    input: { path },
  });
  return [
    started(cwd),
    { type: "user_message", role: "user", content: "do it", message_id: null },
    call("read", "t1", `${cwd}/a.ts`),
    call("write", "t2", `${cwd}/src/b.ts`),
    call("read", "t3", `${cwd}/c.ts`),
    { type: "assistant_message", content: answer, message_id: null },
    { type: "provider_status", message: "Turn 1 complete", data: { turn_index: 0 } },
    { type: "usage", input_tokens: 1200, output_tokens: 80, total_cost_usd: 0.02 },
    { type: "session_ended", success: true, error: null },
  ];
}

Deno.test("summary tells what a session did", async () => {
  await using home = await TestHome.create();
  record(home, "4fd0a1c2-aaaa", { name: "back end", kinds: work(home.work, "All done.") });
  assertEquals(await summary(home, ["4fd0"]), {
    code: 0,
    out: `4fd0a1c2  back end  mock/mock-medium  completed  8s
  Files:   src/b.ts
  Tools:   read 2, write 1
  Turns:   1
  Result:  All done.
`,
    err: "",
  });
  assertStringIncludes(
    (await summary(home, ["back end", "--stats"])).out,
    `  Turns:   1
  Events:  9
  Calls:   3
  Tokens:  1,200 in, 80 out
  Cost:    $0.0200
  Result:  All done.
`,
  );
});

Deno.test("summary --json is one pretty object", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { name: "n", kinds: work(home.work, "All done.") });
  const { code, out, err } = await summary(home, ["s-1", "--json"]);
  assertEquals([code, err], [0, ""]);
  const expected = {
    session_id: "s-1",
    name: "n",
    provider: "mock",
    model: "mock-medium",
    status: "completed",
    duration_secs: 8,
    turns: 1,
    tool_calls: { read: 2, write: 1 },
    total_tool_calls: 3,
    files_modified: [`${home.work}/src/b.ts`],
    result: "All done.",
    event_count: 9,
    input_tokens: 1200,
    output_tokens: 80,
    total_cost_usd: 0.02,
  };
  assertEquals(out, JSON.stringify(expected, null, 2) + "\n");
});

Deno.test("summary of several is an array, or paragraphs; each session once", async () => {
  await using home = await TestHome.create();
  for (const [index, tag] of ["a", "a", "b"].entries()) {
    const createdAt = `2026-01-0${index + 1}T00:00:00Z`;
    record(home, `s-${index}`, { tags: [tag], createdAt, kinds: work(home.work, tag) });
  }
  const ids = async (...args: string[]) => {
    const { code, out, err } = await summary(home, [...args, "--json"]);
    assertEquals([code, err], [0, ""]);
    return JSON.parse(out).map(({ session_id }: { session_id: string }) => session_id);
  };
  assertEquals(await ids("s-1", "s-0"), ["s-1", "s-0"]);
  assertEquals(await ids("--tag", "A"), ["s-1", "s-0"]);
  assertEquals(await ids("s-2", "--tag", "b", "--tag", "a"), ["s-2", "s-1", "s-0"]);
  const { out } = await summary(home, ["--tag", "a"]);
  assertEquals(out.split("\n\n").map((part) => part.slice(0, 3)), ["s-1", "s-0"]);
});

Deno.test("summary reports a log that cannot be read, and goes on", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { kinds: work(home.work, "one") });
  record(home, "s-2", { kinds: null });
  record(home, "s-3", { kinds: work(home.work, "three") });
  const { code, out, err } = await summary(home, ["s-1", "s-2", "s-3", "--json"]);
  assertEquals(code, 1);
  const shown = JSON.parse(out).map(({ session_id }: { session_id: string }) => session_id);
  assertEquals(shown, ["s-1", "s-3"]);
  assertStringIncludes(err, 'error: Cannot summarise session "s-2": Cannot read the session log');
  const alone = await summary(home, ["s-2", "--json"]);
  assertEquals([alone.code, alone.out], [1, ""]);
  // The shape goes by what was asked for.
  assert(Array.isArray(JSON.parse((await summary(home, ["s-1", "s-2", "--json"])).out)));
});

Deno.test("summary reports a session that is not found, and goes on", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { kinds: work(home.work, "one") });
  const { code, out, err } = await summary(home, ["nope", "s-1", "--tag", "none"]);
  assertEquals([code, out.slice(0, 3)], [1, "s-1"]);
  assertStringIncludes(err, 'error: Cannot find session "nope"');
  assertStringIncludes(err, 'error: Cannot find a session tagged "none"');
  for (const args of [["--tag", "none"], ["nope", "--tag", "none"]]) {
    const json = await summary(home, [...args, "--json"]);
    assertEquals([json.code, json.out], [1, "[]\n"], args.join(" "));
  }
});

Deno.test("summary says that lines of a log cannot be read", async () => {
  await using home = await TestHome.create();
  const path = record(home, "s-1", { kinds: work(home.work, "one") });
  await Deno.writeTextFile(path, "{broken\n", { append: true });
  const { code, err } = await summary(home, ["s-1"]);
  const warning = 'warning: the log of session "s-1" has 1 line that cannot be read\n';
  assertEquals([code, err], [0, warning]);
  assertEquals((await summary(home, ["-q", "s-1"])).err, "");
});

Deno.test("summary of a running session counts up to now; its status comes from its process", async () => {
  await using home = await TestHome.create();
  const createdAt = "2026-01-02T03:04:05.000Z";
  const living = { ownerPid: Deno.pid, ownerStart: startTimeOf(Deno.pid) ?? null };
  const kinds = [started(home.work)];
  record(home, "s-run", { outcome: null, createdAt, run: living, kinds });
  const at = (now: string) => summary(home, ["s-run", "--json"], { now: new Date(now) });
  const read = async (now: string) => {
    const { status, duration_secs } = JSON.parse((await at(now)).out);
    return [status, duration_secs];
  };
  assertEquals(await read("2026-01-02T03:04:15Z"), ["running", 10]);
  assertEquals(await read("2026-01-02T03:14:05Z"), ["idle", 600]);
  record(home, "s-fail", { outcome: "failure", error: "no quota", kinds });
  const failed = JSON.parse((await summary(home, ["s-fail", "--json"])).out);
  assertEquals([failed.status, failed.error, failed.duration_secs], ["failed", "no quota", 0]);
});

Deno.test("summary fits the terminal and is plain in a pipe", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { kinds: work(home.work, "words ".repeat(40)) });
  const terminal = await summary(home, ["s-1"], { stdoutTty: true, columns: 60 });
  assert(terminal.out.includes("\x1b[32mcompleted\x1b[0m"));
  // deno-lint-ignore no-control-regex
  const widths = terminal.out.replace(/\x1b\[\d+m/g, "").split("\n").map((line) => line.length);
  assert(Math.max(...widths) <= 60);
  const pipe = await summary(home, ["s-1"], { columns: 60 });
  assert(!pipe.out.includes("\x1b"));
  assertEquals(pipe.out.split("\n").length, 6);
  const quiet = await summary(home, ["-q", "s-1"], { stdoutTty: true, columns: 60 });
  assert(!quiet.out.includes("\x1b"));
});

const refused: [string[], string, number][] = [
  [[], "Cannot choose a session: give one or more, or --tag", 64],
  [["nope"], 'Cannot find session "nope"', 1],
  [["--tag", "t"], 'Cannot find a session tagged "t" in this project', 1],
];

for (const [args, message, expected] of refused) {
  Deno.test(`summary refuses "${args.join(" ")}"`, async () => {
    await using home = await TestHome.create();
    const { code, out, err } = await summary(home, args);
    assertEquals([code, out], [expected, ""]);
    assertStringIncludes(err, message);
  });
}
