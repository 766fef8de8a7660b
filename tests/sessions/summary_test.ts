import type { LogKind } from "../../src/events/log_event.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import { LogNotFoundError } from "../../src/sessions/log_reader.ts";
import { type SessionFacts, sessionFacts } from "../../src/sessions/summary.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { inTemp, message } from "./support.ts";

const STARTED: LogKind = {
  type: "session_started",
  command: "exec",
  model: "m",
  cwd: "/w",
  resumed: false,
  backfilled: false,
};
const ENDED: LogKind = { type: "session_ended", success: true, error: null };
const WAIT = "wait";

function asked(content: string): LogKind {
  return { type: "user_message", role: "user", content, message_id: null };
}

function turnEnd(turn_index: number): LogKind {
  return { type: "provider_status", message: "Turn complete", data: { turn_index } };
}

let callIds = 0;

/** A call and, unless it is cut off, its result. */
function call(
  tool_name: string,
  input: unknown,
  success: boolean | null | undefined = true,
  tool_kind?: "file_read" | "file_write" | "file_edit" | "notebook" | "other",
): LogKind[] {
  const tool_id = `t${++callIds}`;
  const kind = tool_kind === undefined ? {} : { tool_kind };
  const begun: LogKind = { type: "tool_call", tool_name, ...kind, tool_id, input };
  if (success === undefined) return [begun];
  const rest = { output: null, error: null, data: null };
  return [begun, { type: "tool_result", tool_name, tool_id, success, ...rest }];
}

/** The facts of a log with these lines, each a second after the one before; `WAIT` is a minute. */
async function factsOf(kinds: readonly (LogKind | typeof WAIT)[]): Promise<SessionFacts> {
  let facts: SessionFacts | undefined;
  await inTemp(async (dir) => {
    let time = Date.parse("2026-01-01T00:00:00Z");
    const path = `${dir}/log.jsonl`;
    using log = LogAppender.create({
      path,
      provider: "mock",
      sessionId: "s",
      now: () => new Date(time),
    });
    for (const kind of kinds) {
      time += kind === WAIT ? 60_000 : 1000;
      if (kind !== WAIT) log.append([kind]);
    }
    facts = await sessionFacts(path);
  });
  return facts!;
}

Deno.test("sessionFacts() counts what a finished session did", async () => {
  const facts = await factsOf([
    STARTED,
    asked("do it"),
    ...call("read", { path: "/w/a" }),
    ...call("write", { path: "/w/b" }),
    ...call("read", { path: "/w/c" }),
    message("done"),
    turnEnd(0),
    { type: "provider_status", message: "Result emitted", data: { success: true } },
    ENDED,
  ]);
  assertEquals(facts, {
    events: 12,
    badLines: 0,
    turns: 1,
    tools: [["read", 2], ["write", 1]],
    files: ["/w/b"],
    result: "done",
    error: undefined,
    ranMs: 11_000,
    open: undefined,
  });
});

Deno.test("sessionFacts() of an empty log are empty", async () => {
  assertEquals(await factsOf([]), {
    events: 0,
    badLines: 0,
    turns: 0,
    tools: [],
    files: [],
    result: undefined,
    error: undefined,
    ranMs: 0,
    open: undefined,
  });
});

Deno.test("sessionFacts() sorts tools by how often they were used, then by name", async () => {
  const names = ["b", "z", "a", "z", "__proto__", "10"];
  const { tools } = await factsOf(names.flatMap((name) => call(name, {})));
  assertEquals(tools, [["z", 2], ["10", 1], ["__proto__", 1], ["a", 1], ["b", 1]]);
});

const turnRows: [string, LogKind[], number][] = [
  [
    "those that the agent says are over",
    [STARTED, asked("a"), turnEnd(0), asked("b"), turnEnd(1)],
    2,
  ],
  ["messages that were answered as one once", [STARTED, asked("a"), asked("b"), turnEnd(0)], 1],
  [
    "a turn of many messages once",
    [STARTED, asked("a"), message("x"), message("y"), turnEnd(0)],
    1,
  ],
  ["those of a run without such a word by what was asked", [
    STARTED,
    asked("a"),
    message("x"),
    ...call("read", {}),
    message("y"),
    asked("b"),
    asked("c"),
    message("z"),
  ], 2],
  ["a turn that was cut off", [STARTED, asked("a"), message("x")], 1],
  ["those of every run", [
    STARTED,
    asked("a"),
    turnEnd(0),
    ENDED,
    STARTED,
    asked("b"),
    message("x"),
  ], 2],
  ["none where nothing was asked", [STARTED, ENDED], 0],
];

for (const [title, kinds, expected] of turnRows) {
  Deno.test(`sessionFacts() counts as turns ${title}`, async () => {
    assertEquals((await factsOf(kinds)).turns, expected);
  });
}

const fileRows: [string, LogKind[], string[]][] = [
  ["not what was only read or searched", [
    ...call("Read", { file_path: "/w/a" }),
    ...call("grep", { path: "/w/a" }),
    ...call("view", { path: "/w/a" }, true, "file_read"),
    ...call("Bash", { command: "rm a", path: "/w/a" }),
  ], []],
  ["what the log says is written, whatever the tool is called", [
    ...call("create", { path: "/w/a" }, true, "file_write"),
    ...call("replace", { file_path: "/w/b" }, true, "file_edit"),
    ...call("my_write", { path: "/w/c" }, true, "other"),
  ], ["/w/a", "/w/b"]],
  ["a file once, as it was named first", [
    STARTED,
    ...call("write", { path: "a" }),
    ...call("edit", { path: "/w/a" }),
    ...call("edit", { path: "./b" }),
    ...call("edit", { path: "b" }),
  ], ["a", "./b"]],
  ["not what was refused or failed", [
    ...call("write", { path: "/w/a" }, false),
    ...call("write", { path: "/w/b" }),
    ...call("edit", { path: "/w/b" }, false),
  ], ["/w/b"]],
  ["what may have been changed before the agent was killed", [
    ...call("write", { path: "/w/a" }, undefined),
    ...call("write", { path: "/w/b" }, null),
  ], ["/w/a", "/w/b"]],
  ["every file of one change", [
    ...call(
      "file_change",
      { changes: [{ path: "a", kind: "add" }, { path: "b" }] },
      true,
      "file_edit",
    ),
    ...call("apply_patch", { changes: { "c": {}, "d": {} } }),
  ], ["a", "b", "c", "d"]],
  ["the files of a patch", [
    ...call("apply_patch", {
      input:
        "*** Begin Patch\n*** Update File: a b.ts\n@@\n-x\n+*** Add File: no\n*** Add File: c\n",
    }),
    ...call("apply_patch", "*** Begin Patch\n*** Delete File: d\n"),
  ], ["a b.ts", "c", "d"]],
  ["notebooks that were edited", [
    ...call("NotebookEdit", { notebook_path: "/w/n.ipynb" }, true, "notebook"),
    ...call("NotebookRead", { notebook_path: "/w/o.ipynb" }, true, "notebook"),
  ], ["/w/n.ipynb"]],
  ["nothing of an input that names no file", [
    ...call("write", null),
    ...call("write", 7),
    ...call("write", { path: 7 }),
    ...call("write", { file_path: "" }),
    ...call("write", []),
  ], []],
];

for (const [title, kinds, expected] of fileRows) {
  Deno.test(`sessionFacts() lists as changed files ${title}`, async () => {
    assertEquals((await factsOf(kinds)).files, expected);
  });
}

Deno.test("sessionFacts() takes what the newest run handed in for the result", async () => {
  const handed: LogKind = { type: "session_result", result: "handed in" };
  assertEquals((await factsOf([STARTED, handed, message("later")])).result, "handed in");
  assertEquals((await factsOf([STARTED, handed, STARTED, message("new")])).result, "new");
  assertEquals((await factsOf([STARTED, message("old"), STARTED])).result, "old");
  const inner: LogKind = {
    type: "assistant_message",
    content: "of a sub-agent",
    message_id: null,
    parent_tool_use_id: "t",
  };
  assertEquals((await factsOf([message("answer"), inner])).result, "answer");
});

Deno.test("sessionFacts() knows why the newest run failed", async () => {
  const failed: LogKind = { type: "session_ended", success: false, error: "no way" };
  assertEquals((await factsOf([STARTED, failed])).error, "no way");
  assertEquals((await factsOf([STARTED, failed, STARTED])).error, undefined);
  assertEquals((await factsOf([STARTED, failed, STARTED, ENDED])).error, undefined);
});

Deno.test("sessionFacts() adds up the time of all runs, without the time between them", async () => {
  const twice = await factsOf([STARTED, WAIT, ENDED, WAIT, WAIT, STARTED, WAIT, ENDED]);
  assertEquals([twice.ranMs, twice.open], [122_000, undefined]);
  const open = await factsOf([STARTED, WAIT, ENDED, STARTED, WAIT, message("x")]);
  assertEquals(open.ranMs, 61_000);
  assertEquals(open.open, { since: "2026-01-01T00:01:03.000Z", last: "2026-01-01T00:02:04.000Z" });
  // A run without an end lasted at least as long as it was heard of.
  const killed = await factsOf([STARTED, WAIT, message("x"), WAIT, STARTED, ENDED]);
  assertEquals(killed.ranMs, 62_000);
});

Deno.test("sessionFacts() counts a killed run up to its last sign of life, and nothing that was added later", async () => {
  const dead: LogKind = { type: "session_ended", success: false, error: "killed", outcome: "dead" };
  assertEquals((await factsOf([STARTED, WAIT, message("x"), WAIT, dead])).ranMs, 122_000);
  const note: LogKind = { type: "user_event", level: "info", message: "later" };
  const facts = await factsOf([STARTED, message("x"), WAIT, note]);
  assertEquals(facts.open?.last, "2026-01-01T00:00:02.000Z");
});

Deno.test("sessionFacts() counts lines that cannot be read, and passes types that it does not know", async () => {
  await inTemp(async (dir) => {
    const path = `${dir}/log.jsonl`;
    const line = (seq: number, type: string, more = "") =>
      `{"seq":${seq},"ts":"2026-01-01T00:00:0${seq}Z","type":"${type}"${more}}\n`;
    await Deno.writeTextFile(
      path,
      line(1, "session_started") + "{broken\n" + line(2, "from_the_future", ',"x":1') +
        line(3, "tool_call", ',"tool_name":"write","input":{"path":"a"}') +
        line(4, "assistant_message", ',"content":"hi"') + '{"seq":5,"ts":"2026',
    );
    const facts = await sessionFacts(path);
    assertEquals([facts.events, facts.badLines, facts.result], [4, 1, "hi"]);
    assertEquals([facts.files, facts.open?.last], [["a"], "2026-01-01T00:00:04Z"]);
  });
});

Deno.test("sessionFacts() takes any JSON in any field, 2,000 lines of it", async () => {
  await inTemp(async (dir) => {
    let seed = 5;
    const random = (limit: number) =>
      Math.floor((seed = (seed * 48271) % 2147483647) / 2147483647 * limit);
    const types = [
      "session_started",
      "session_ended",
      "session_result",
      "assistant_message",
      "user_message",
      "tool_call",
      "tool_result",
      "provider_status",
      "usage",
    ];
    const fields = ["ts", "content", "tool_name", "tool_id", "input", "cwd", "error", "result"];
    const values = [null, 7, "text", [], { path: "a" }, { changes: [null, 1, [{}]] }, true];
    let text = "";
    for (let seq = 1; seq <= 2000; seq++) {
      const entry: Record<string, unknown> = { seq, type: types[random(types.length)] };
      for (const field of fields) {
        if (random(3) > 0) entry[field] = values[random(values.length)];
      }
      text += JSON.stringify(entry) + "\n";
    }
    const path = `${dir}/log.jsonl`;
    await Deno.writeTextFile(path, text);
    const facts = await sessionFacts(path);
    assertEquals([facts.events, facts.badLines, facts.ranMs], [2000, 0, 0]);
  });
});

Deno.test("sessionFacts() needs a log", async () => {
  const error = await assertRejects(() => sessionFacts("/nonexistent/log.jsonl"), LogNotFoundError);
  assert(error.message.includes("/nonexistent/log.jsonl"));
});
