import { outputCommand } from "../../../src/cli/commands/output.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import type { LogKind } from "../../../src/events/log_event.ts";
import { startTimeOf } from "../../../src/processes/process_table.ts";
import { fakeContext, type FakeContextOptions } from "../../fakes/context.ts";
import { record, type Recorded, RECORDED_AT } from "../../support/recorded.ts";
import { TestHome } from "../../support/zag.ts";
import { assertEquals, assertStringIncludes } from "../../support/assert.ts";

async function output(home: TestHome, args: string[], options: FakeContextOptions = {}) {
  const ctx = fakeContext({ env: home.env(), cwd: home.work, ...options });
  const code = await createApp([outputCommand]).run(["output", ...args], ctx);
  return { code, out: ctx.out, err: ctx.err };
}

function said(content: string): LogKind {
  return { type: "assistant_message", content, message_id: null };
}

const handedIn: LogKind = { type: "session_result", result: "handed in" };

Deno.test("output prints the result of the newest session of the project", async () => {
  await using home = await TestHome.create();
  record(home, "s-old", { kinds: [said("old")] });
  record(home, "s-new", {
    kinds: [said("new"), said("the last")],
    createdAt: "2026-02-01T00:00:00Z",
  });
  record(home, "s-elsewhere", {
    kinds: [said("elsewhere")],
    createdAt: "2026-03-01T00:00:00Z",
    project: "other-0a1b2c3d",
  });
  const newest = { code: 0, out: "the last\n", err: "" };
  assertEquals(await output(home, []), newest);
  assertEquals(await output(home, ["--latest"]), newest);
  assertEquals((await output(home, ["--global"])).out, "elsewhere\n");
  assertEquals((await output(home, ["s-old"])).out, "old\n");
  assertEquals((await output(home, ["s-else"])).out, "elsewhere\n");
});

Deno.test("output prefers what was handed in, and prints it whole", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { kinds: [handedIn, said("later")] });
  assertEquals((await output(home, ["s-1"])).out, "handed in\n");
  const long = "0123456789".repeat(50_000);
  record(home, "s-2", { kinds: [{ type: "session_result", result: long }] });
  assertEquals((await output(home, ["s-2"])).out, `${long}\n`);
});

Deno.test("output ends every result with one newline", async () => {
  await using home = await TestHome.create();
  const rows: [string, string][] = [
    ["a", "a\n"],
    ["a\n", "a\n"],
    ["a\n\r\n\n", "a\n"],
    ["\n\n a \n b", "\n\n a \n b\n"],
    [" ", " \n"],
  ];
  for (const [index, [text, expected]] of rows.entries()) {
    record(home, `s-${index}`, { kinds: [said(text)] });
    assertEquals((await output(home, [`s-${index}`])).out, expected);
  }
});

Deno.test("output separates the results of a tag by a blank line, newest first", async () => {
  await using home = await TestHome.create();
  for (const day of [1, 2, 3]) {
    const createdAt = `2026-01-0${day}T00:00:00Z`;
    record(home, `s-${day}`, { tags: ["Mine"], createdAt, kinds: [said(`day ${day}\n`)] });
  }
  record(home, "s-4", { kinds: [said("no tag")] });
  assertEquals(await output(home, ["--tag", "mine"]), {
    code: 0,
    out: "day 3\n\nday 2\n\nday 1\n",
    err: "",
  });
  const { code, out } = await output(home, ["--tag", "mine", "--json"]);
  assertEquals([code, out.split("\n").length], [0, 2]);
  assertEquals(JSON.parse(out), [
    { session_id: "s-3", result: "day 3\n", status: "completed" },
    { session_id: "s-2", result: "day 2\n", status: "completed" },
    { session_id: "s-1", result: "day 1\n", status: "completed" },
  ]);
});

Deno.test("output finds a session by its name and by the agent's own id", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { name: "back end", providerSessionId: "native-1", kinds: [said("one")] });
  for (const args of [["--name", "back end"], ["back end"], ["native-1"]]) {
    assertEquals((await output(home, args)).out, "one\n");
  }
  assertEquals(
    (await output(home, ["s-1", "--json"])).out,
    '{"session_id":"s-1","result":"one","status":"completed"}\n',
  );
});

Deno.test("output of a session without a result is an error that says how it stands", async () => {
  await using home = await TestHome.create();
  const living = { ownerPid: Deno.pid, ownerStart: startTimeOf(Deno.pid) ?? null };
  const createdAt = new Date().toISOString();
  record(home, "s-run", { outcome: null, createdAt, run: living });
  record(home, "s-fail", { outcome: "failure", error: "no \x1b[31mquota" });
  record(home, "s-done", {});
  record(home, "s-gone", { kinds: null });
  record(home, "s-bare", { kinds: null, logPath: null });
  const now = new Date(createdAt);
  const reasons: [string, string][] = [
    ["s-run", "it has none (running)"],
    ["s-fail", "it has none (failed: no quota)"],
    ["s-done", "it has none (completed)"],
    ["s-bare", "it has no log (completed)"],
  ];
  for (const [id, reason] of reasons) {
    assertEquals(await output(home, [id], { now }), {
      code: 1,
      out: "",
      err: `error: Cannot print the result of session "${id}": ${reason}\n`,
    });
    const json = await output(home, [id, "--json"], { now });
    const status = /\((\w+)/.exec(reason)![1]!;
    assertEquals([json.code, JSON.parse(json.out)], [1, { session_id: id, result: null, status }]);
  }
  assertStringIncludes((await output(home, ["s-gone"])).err, "its log is gone: /");
});

Deno.test("output of several goes on behind a session without a result", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { tags: ["t"], createdAt: "2026-01-01T00:00:00Z", kinds: [said("one")] });
  record(home, "s-2", { tags: ["t"], createdAt: "2026-01-02T00:00:00Z", kinds: null });
  record(home, "s-3", { tags: ["t"], createdAt: "2026-01-03T00:00:00Z", kinds: [said("three")] });
  const text = await output(home, ["--tag", "t"]);
  assertEquals([text.code, text.out], [1, "three\n\none\n"]);
  assertStringIncludes(text.err, 'of session "s-2": its log is gone');
  const { code, out } = await output(home, ["--tag", "t", "--json"]);
  assertEquals([code, JSON.parse(out)[1]], [1, {
    session_id: "s-2",
    result: null,
    status: "completed",
  }]);
});

Deno.test("output --json of a tag that no session has is an empty array, and an error", async () => {
  await using home = await TestHome.create();
  const { code, out, err } = await output(home, ["--tag", "none", "--json"]);
  assertEquals([code, out], [1, "[]\n"]);
  assertStringIncludes(err, 'Cannot find a session tagged "none" in this project');
});

Deno.test("output keeps from a terminal what would drive it, and from nobody else", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { kinds: [said("red \x1b[31m\ttab\nline\x07")] });
  assertEquals((await output(home, [])).out, "red \x1b[31m\ttab\nline\x07\n");
  assertEquals((await output(home, [], { stdoutTty: true })).out, "red \ttab\nline\n");
});

const standings: [id: string, Recorded, status: string, standing: string | undefined][] = [
  ["s-done", {}, "completed", undefined],
  ["s-fail", { outcome: "failure", error: "no quota" }, "failed", "failed"],
  ["s-time", { outcome: "timeout" }, "failed", "timed out"],
  ["s-int", { outcome: "interrupted" }, "failed", "was interrupted"],
  ["s-kill", { outcome: "killed" }, "failed", "was killed"],
  ["s-dead", { outcome: "dead" }, "dead", "is dead"],
  ["s-run", { outcome: null, run: {} }, "running", "is running"],
  ["s-idle", { outcome: null, run: {} }, "idle", "is idle"],
  ["s-old", { outcome: null }, "unknown", undefined],
];

for (const [id, recorded, status, standing] of standings) {
  Deno.test(`output says that a session ${standing ?? `is ${status}`} when that is news`, async () => {
    await using home = await TestHome.create();
    const run = recorded.run && { ownerStart: startTimeOf(Deno.pid) ?? null };
    record(home, id, { kinds: [said("so far")], ...recorded, ...(run && { run }) });
    const later = status === "idle" ? 60_000 : 0;
    const options = { now: new Date(Date.parse(RECORDED_AT) + later) };
    const err = standing === undefined
      ? ""
      : `warning: session "${id}" ${standing}: this is what it had said so far\n`;
    assertEquals(await output(home, [id], options), { code: 0, out: "so far\n", err });
    assertEquals((await output(home, ["-q", id], options)).err, "");
    const json = await output(home, [id, "--json"], options);
    assertEquals([json.code, json.err], [0, err]);
    assertEquals(JSON.parse(json.out), { session_id: id, result: "so far", status });
  });
}

Deno.test("output --json at a terminal holds no control characters", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { kinds: [said("\x9b2J\u202e")] });
  const { out } = await output(home, ["--json"], { stdoutTty: true });
  assertStringIncludes(out, '"\\u009b2J\\u202e"');
});

const refused: [string[], string, number][] = [
  [["s-1", "--latest"], 'the session "s-1" together with --latest', 64],
  [["--name", "n", "--tag", "t"], "--name together with --tag", 64],
  [["s-1", "s-2"], "", 64],
  [["nope"], 'Cannot find session "nope"', 1],
  [["--tag", "t"], 'Cannot find a session tagged "t" in this project', 1],
  [["--name", "n"], 'Cannot find a session named "n" in this project', 1],
  [[], "there is none in this project yet", 1],
  [["-r", "nowhere"], "as the root: no such directory", 1],
];

for (const [args, message, expected] of refused) {
  Deno.test(`output refuses "${args.join(" ")}"`, async () => {
    await using home = await TestHome.create();
    const { code, out, err } = await output(home, args);
    assertEquals([code, out], [expected, ""]);
    assertStringIncludes(err, message);
  });
}
