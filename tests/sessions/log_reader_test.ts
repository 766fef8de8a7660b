import { join } from "node:path";
import {
  lastSegment,
  LogNotFoundError,
  parseLine,
  readLog,
  resultOf,
} from "../../src/sessions/log_reader.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { inTemp, runChild } from "./support.ts";

/** The text of a log with these entries. */
function logText(entries: readonly Record<string, unknown>[]): string {
  return entries.map((entry, index) =>
    JSON.stringify({
      seq: index + 1,
      ts: "2026-01-01T00:00:00.000Z",
      provider: "claude",
      wrapper_session_id: "s",
      provider_session_id: null,
      source_kind: "wrapper",
      completeness: "full",
      ...entry,
    }) + "\n"
  ).join("");
}

const started = { type: "session_started", command: "exec", resumed: false, backfilled: false };
const ended = { type: "session_ended", success: true, error: null };
const said = (content: string) => ({ type: "assistant_message", content, message_id: null });
const submitted = (result: string) => ({ type: "session_result", result });

async function read(path: string): Promise<string[]> {
  const seen: string[] = [];
  for await (const line of readLog(path)) {
    seen.push(line.event ? `${line.event.seq} ${line.event.type}` : `bad: ${line.text}`);
  }
  return seen;
}

Deno.test("readLog() passes over what it cannot read and says so", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "s.jsonl");
    const lines = [
      '{"seq":1,"type":"stderr","message":"a"}',
      "",
      "   ",
      '{"seq":2,"type":"stder',
      "null",
      "[]",
      '"text"',
      '{"type":"stderr"}',
      '{"seq":3}',
      '{"seq":4,"type":"of_the_future","x":1}\r',
      '{"seq":5,"type":"stderr","message":"b"}',
    ];
    await Deno.writeTextFile(path, lines.join("\n") + "\n");
    assertEquals(await read(path), [
      "1 stderr",
      'bad: {"seq":2,"type":"stder',
      "bad: null",
      "bad: []",
      'bad: "text"',
      'bad: {"type":"stderr"}',
      'bad: {"seq":3}',
      "4 of_the_future",
      "5 stderr",
    ]);
  });
});

Deno.test("readLog() leaves out a last line that is still being written", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "s.jsonl");
    const whole = '{"seq":1,"type":"stderr","message":"ä"}';
    await Deno.writeTextFile(path, `${whole}\n${whole.slice(0, -1)}`);
    assertEquals(await read(path), ["1 stderr"]);
    await Deno.writeTextFile(path, `${whole}\n${whole}`);
    assertEquals(await read(path), ["1 stderr", "1 stderr"]);
    await Deno.writeTextFile(path, "");
    assertEquals(await read(path), []);
  });
});

Deno.test("readLog() joins lines and characters that cross its reads", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "s.jsonl");
    const contents = Array.from({ length: 400 }, (_, index) => "日本€ä".repeat(index * 7));
    await Deno.writeTextFile(path, logText(contents.map(said)));
    const seen: unknown[] = [];
    for await (const { event } of readLog(path)) {
      seen.push(event?.type === "assistant_message" && event.content);
    }
    assertEquals(seen, contents);
  });
});

Deno.test({
  name: "readLog() closes the file when its reader stops early",
  // This is what fails when the file stays open.
  sanitizeResources: true,
  fn: () =>
    inTemp(async (dir) => {
      const path = join(dir, "s.jsonl");
      await Deno.writeTextFile(path, logText([said("a"), said("b")]));
      for await (const line of readLog(path)) {
        assertEquals(line.event?.seq, 1);
        break;
      }
    }),
});

Deno.test("parseLine() reads a usage limit that names its provider twice", () => {
  const text = '{"seq":1,"ts":"2026-01-01T00:00:00+00:00","provider":"claude",' +
    '"wrapper_session_id":"s","type":"usage_limit_hit","provider":"claude","scope":"weekly",' +
    '"fallback_used":false,"incident_id":"i"}';
  const { event } = parseLine(text);
  assert(event?.type === "usage_limit_hit");
  assertEquals([event.provider, event.scope, event.incident_id], ["claude", "weekly", "i"]);
});

Deno.test("readers say that there is no log", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "none.jsonl");
    for (const reader of [read, lastSegment, resultOf]) {
      const error = await assertRejects(() => reader(path), LogNotFoundError);
      assertEquals(error.path, path);
    }
  });
});

Deno.test("resultOf() prefers the submitted result of the newest run", async () => {
  const table: [string, Record<string, unknown>[], string | undefined][] = [
    ["nothing", [], undefined],
    ["no answer", [started, ended], undefined],
    ["the last message", [started, said("a"), said("b"), ended], "b"],
    ["a result over later messages", [started, submitted("r"), said("b"), ended], "r"],
    ["the last of several results", [started, submitted("r1"), submitted("r2")], "r2"],
    ["a result that came after the end", [started, said("a"), ended, submitted("r")], "r"],
    ["no result of an earlier run", [started, submitted("r"), ended, started, said("b")], "b"],
    ["a message of an earlier run", [started, said("a"), ended, started, ended], "a"],
    [
      "a message but no result of an earlier run",
      [started, said("a"), submitted("r"), ended, started, ended],
      "a",
    ],
    ["a log without a start", [said("a"), submitted("r"), said("b")], "r"],
    ["an empty message", [started, said("a"), said("")], ""],
    ["types that only occur inside", [started, said("a"), {
      type: "tool_result",
      data: { type: "assistant_message", content: "no" },
      output: '{"type":"session_result","result":"no"}',
    }], "a"],
  ];
  await inTemp(async (dir) => {
    const path = join(dir, "s.jsonl");
    for (const [title, entries, expected] of table) {
      await Deno.writeTextFile(path, logText(entries));
      assertEquals(await resultOf(path), expected, title);
      await Deno.writeTextFile(path, logText(entries) + '{"seq":99,"type":"assistant_mess');
      assertEquals(await resultOf(path), expected, `${title}, torn`);
    }
  });
});

Deno.test("resultOf() finds an answer far from the end and across its reads", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "s.jsonl");
    const answer = "ä€".repeat(50_000);
    const noise = Array.from({ length: 300 }, () => ({
      type: "tool_result",
      output: "o".repeat(2000),
    }));
    await Deno.writeTextFile(path, logText([started, said("no"), said(answer), ...noise, ended]));
    assertEquals(await resultOf(path), answer);
  });
});

Deno.test("lastSegment() tells the newest run from earlier ones", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "s.jsonl");
    const first = [started, said("a"), submitted("r"), { ...ended, success: false }];
    await Deno.writeTextFile(path, logText(first));
    const whole = await lastSegment(path);
    assertEquals(whole.started?.seq, 1);
    assertEquals(whole.ended?.success, false);
    assertEquals([whole.result, whole.answer], ["r", "a"]);

    await Deno.writeTextFile(path, logText([...first, { ...started, resumed: true }]));
    assertEquals(await lastSegment(path), {
      started: (await lastSegment(path)).started,
      ended: undefined,
      result: undefined,
      answer: undefined,
    });
    assertEquals((await lastSegment(path)).started?.seq, 5);

    await Deno.writeTextFile(path, logText([...first, started, said("b"), said("c"), ended]));
    const newest = await lastSegment(path);
    assertEquals([newest.ended?.success, newest.answer, newest.result], [true, "c", undefined]);
  });
});

Deno.test({
  name: "readLog() and resultOf() take the same memory for a log of any length",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inTemp(async (dir) => {
      const path = join(dir, "s.jsonl");
      const block = logText(Array.from({ length: 1000 }, () => ({
        type: "tool_result",
        output: "x".repeat(900),
      })));
      const blocks = Math.ceil(50_000_000 / block.length);
      await Deno.writeTextFile(path, logText([said("the answer")]));
      for (let index = 0; index < blocks; index++) {
        await Deno.writeTextFile(path, block, { append: true });
      }
      // A heap smaller than the log makes any hoarding fatal, not just visible.
      const report = await runChild("read_log", [path], ["--v8-flags=--max-old-space-size=24"]);
      const { lines, result, growth } = report as {
        lines: number;
        result: string;
        growth: number;
      };
      assertEquals([lines, result], [blocks * 1000 + 1, "the answer"]);
      assert(growth < 40_000, `grew by ${growth} KiB`);
    }),
});

Deno.test("resultOf() does not take what a sub-agent said for the answer", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    const log = LogAppender.create({ path, provider: "mock", sessionId: "s" });
    const message = { type: "assistant_message", message_id: null } as const;
    log.append([{ ...message, content: "the answer" }]);
    log.append([{ ...message, content: "aside", parent_tool_use_id: "t" }]);
    log.close();
    assertEquals(await resultOf(path), "the answer");
  });
});
