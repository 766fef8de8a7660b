import { join } from "node:path";
import type { LogEvent } from "../../src/events/log_event.ts";
import { LogAppender, type LogAppenderOptions, LogExistsError } from "../../src/sessions/log.ts";
import { readLog } from "../../src/sessions/log_reader.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { assertRising, inTemp, message, runAtOnce, wholeLines } from "./support.ts";

function options(dir: string, more: Partial<LogAppenderOptions> = {}): LogAppenderOptions {
  return { path: join(dir, "s.jsonl"), provider: "claude", sessionId: "s-1", ...more };
}

async function eventsOf(path: string): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  for await (const line of readLog(path)) if (line.event !== undefined) events.push(line.event);
  return events;
}

Deno.test("LogAppender.append() writes envelope and entry side by side", async () => {
  await inTemp((dir) => {
    const given = options(dir, {
      nativeId: 'n"1',
      now: () => new Date("2026-03-01T09:30:00.120Z"),
    });
    using log = LogAppender.create(given);
    log.append([message("hello\n\u2028"), {
      type: "tool_call",
      tool_name: "Bash",
      tool_kind: "shell",
      tool_id: "t1",
      input: { command: "ls" },
    }], "provider_file");
    const text = Deno.readTextFileSync(given.path);
    assertEquals(
      text.split("\n")[1],
      '{"seq":2,"ts":"2026-03-01T09:30:00.120Z","provider":"claude","wrapper_session_id":"s-1",' +
        '"provider_session_id":"n\\"1","source_kind":"provider_file","completeness":"full",' +
        '"type":"tool_call","tool_name":"Bash","tool_kind":"shell","tool_id":"t1",' +
        '"input":{"command":"ls"}}',
    );
    assertEquals(wholeLines(given.path)[0], {
      seq: 1,
      ts: "2026-03-01T09:30:00.120Z",
      provider: "claude",
      wrapper_session_id: "s-1",
      provider_session_id: 'n"1',
      source_kind: "provider_file",
      completeness: "full",
      type: "assistant_message",
      content: "hello\n\u2028",
      message_id: null,
    });
  });
});

Deno.test("LogAppender.append() uses the source, native id and completeness of the moment", async () => {
  await inTemp((dir) => {
    const given = options(dir);
    using log = LogAppender.create(given);
    log.append([message("a")]);
    log.setNativeId("n-1");
    log.degrade("partial");
    log.append([message("b")], "backfill");
    log.degrade("full");
    log.append([message("c")]);
    log.degrade("metadata_only");
    log.degrade("partial");
    log.append([message("d")]);
    assertEquals(log.completeness, "metadata_only");
    assertEquals(
      wholeLines(given.path).map((line) => [
        line.provider_session_id,
        line.source_kind,
        line.completeness,
      ]),
      [
        [null, "wrapper", "full"],
        ["n-1", "backfill", "partial"],
        ["n-1", "wrapper", "partial"],
        ["n-1", "wrapper", "metadata_only"],
      ],
    );
  });
});

Deno.test("LogAppender.append() of nothing writes nothing", async () => {
  await inTemp((dir) => {
    using log = LogAppender.create(options(dir));
    log.append([]);
    assertEquals(Deno.statSync(log.path).size, 0);
  });
});

Deno.test("LogAppender.create() makes a private file and its directories", async () => {
  await inTemp((dir) => {
    const path = join(dir, "a", "b", "s.jsonl");
    LogAppender.create(options(dir, { path })).close();
    const modes = [path, join(dir, "a", "b"), join(dir, "a")]
      .map((each) => (Deno.statSync(each).mode ?? 0) & 0o777);
    if (Deno.build.os !== "windows") assertEquals(modes, [0o600, 0o700, 0o700]);
  });
});

Deno.test("LogAppender.create() refuses a log that exists and leaves it as it is", async () => {
  await inTemp((dir) => {
    const given = options(dir);
    Deno.writeTextFileSync(given.path, "x\n");
    const error = assertThrows(() => LogAppender.create(given), LogExistsError);
    assertEquals(error.path, given.path);
    assertEquals(Deno.readTextFileSync(given.path), "x\n");
  });
});

Deno.test("LogAppender.reopen() goes on where the log ended", async () => {
  await inTemp((dir) => {
    const given = options(dir);
    {
      using log = LogAppender.create({ ...given, nativeId: "n-1" });
      log.append([message("a"), message("b")]);
      log.degrade("partial");
      log.append([message("c")]);
    }
    using log = LogAppender.reopen(given);
    assertEquals([log.nativeId, log.completeness], ["n-1", "partial"]);
    log.append([message("d")]);
    const lines = wholeLines(given.path);
    assertEquals(lines.map((line) => line.seq), [1, 2, 3, 4]);
    assertEquals(lines[3]?.provider_session_id, "n-1");
    using other = LogAppender.reopen({ ...given, nativeId: "n-2" });
    assertEquals(other.nativeId, "n-2");
  });
});

Deno.test("LogAppender.reopen() makes a log that is missing", async () => {
  await inTemp((dir) => {
    using log = LogAppender.reopen(options(dir));
    log.append([message("a")]);
    assertEquals(wholeLines(log.path).map((line) => line.seq), [1]);
  });
});

Deno.test("LogAppender.reopen() finds the last number behind what cannot be read", async () => {
  await inTemp((dir) => {
    const line = (seq: number, filler = "") =>
      JSON.stringify({ seq, completeness: "full", type: "stderr", message: filler });
    const garbage = "\n\nnot json\n[1]\nnull\n\xff\xfe\n" + "y".repeat(200_000) + "\n";
    const table: [string, number][] = [
      ["", 1],
      ["\n\n", 1],
      ["garbage\n", 1],
      ["garbage", 1],
      [line(7) + "\n", 8],
      [line(7), 8],
      [line(7) + "\n" + garbage, 8],
      [line(7, "x".repeat(300_000)) + "\n", 8],
      [line(7) + "\n" + line(8).slice(0, 30), 9],
      [line(17) + "\n" + '{"seq":1', 18],
      [line(0) + "\n", 1],
      ['{"type":"stderr","seq":7}\n', 8],
    ];
    for (const [text, next] of table) {
      const given = options(dir);
      Deno.writeTextFileSync(given.path, text);
      using log = LogAppender.reopen(given);
      log.append([message("a")]);
      const last = Deno.readTextFileSync(given.path).trimEnd().split("\n").at(-1) ?? "";
      assertEquals(JSON.parse(last).seq, next, text.slice(0, 80));
    }
  });
});

Deno.test("LogAppender.append() takes over from any tear in the last lines", async () => {
  await inTemp(async (dir) => {
    const given = options(dir);
    {
      using log = LogAppender.create(given);
      log.append(Array.from({ length: 4 }, (_, index) => message(`Grüße 日本 \u{1f600} ${index}`)));
    }
    const bytes = Deno.readFileSync(given.path);
    const ends = [...bytes.keys()].filter((at) => bytes[at] === 0x0a);
    assert(bytes.length > 600);
    for (let cut = bytes.length - 300; cut <= bytes.length; cut++) {
      Deno.writeFileSync(given.path, bytes.subarray(0, cut));
      // A line whose newline alone is missing is a whole line.
      const whole = ends.filter((end) => end <= cut).length;
      assertEquals((await eventsOf(given.path)).length, whole, `cut at ${cut}`);
      {
        using log = LogAppender.reopen(given);
        log.append([message("after"), message("the tear")]);
      }
      const events = await eventsOf(given.path);
      assertEquals(events.length, whole + 2, `cut at ${cut}`);
      assertRising(events.map((event) => event.seq));
      assert(Deno.readTextFileSync(given.path).endsWith("\n"));
    }
  });
});

Deno.test("LogAppender.append() follows another writer of the same log", async () => {
  await inTemp((dir) => {
    const given = options(dir);
    using one = LogAppender.create(given);
    using two = LogAppender.reopen({ ...given, provider: "other" });
    one.append([message("1")]);
    two.append([message("2"), message("3")]);
    two.append([message("4")]);
    one.append([message("5")]);
    two.append([message("6")]);
    const lines = wholeLines(given.path);
    assertEquals(lines.map((line) => line.seq), [1, 2, 3, 4, 5, 6]);
    assertEquals(
      lines.map((line) => line.type === "assistant_message" && line.content),
      ["1", "2", "3", "4", "5", "6"],
    );
  });
});

Deno.test("LogAppender.append() mends a tear that another writer leaves in between", async () => {
  await inTemp(async (dir) => {
    const given = options(dir);
    using log = LogAppender.create(given);
    log.append([message("a")]);
    Deno.writeTextFileSync(given.path, '{"seq":2,"ts":"2026', { append: true });
    log.append([message("b")]);
    const events = await eventsOf(given.path);
    assertEquals(events.length, 2);
    assertEquals(events[1]?.seq, 3);
  });
});

Deno.test("LogAppender.append() keeps lines whole and numbers unique among 8 processes", async () => {
  await inTemp(async (dir) => {
    const given = options(dir);
    const appends = 200;
    const names = Array.from({ length: 8 }, (_, index) => `w${index}`);
    await runAtOnce("append", names.map((name) => [given.path, name, String(appends)]));
    const lines = wholeLines(given.path);
    assertEquals(lines.map((line) => line.seq), lines.map((_, index) => index + 1));
    const seen = new Map<string, string[]>(names.map((name) => [name, []]));
    let together = 0;
    for (const line of lines) {
      if (line.type !== "user_event") continue;
      const data = line.data as { index: number; part: number; size: number };
      const name = line.message.split(" ", 1)[0] ?? "";
      seen.get(name)?.push(`${data.index}.${data.part}`);
      // The lines of one append stay together.
      assertEquals(together, data.part);
      together = data.part + 1 === data.size ? 0 : together + 1;
    }
    const expected = Array.from({ length: appends }, (_, index) => index)
      .flatMap((index) => Array.from({ length: index % 3 + 1 }, (_, part) => `${index}.${part}`));
    for (const name of names) assertEquals(seen.get(name), expected);
  });
});

Deno.test("LogAppender.append() splits a batch larger than a write and loses nothing", async () => {
  await inTemp((dir) => {
    using log = LogAppender.create(options(dir));
    const contents = Array.from({ length: 60 }, (_, index) => `${index}`.repeat(10_000) + "ä€");
    log.append(contents.map(message));
    log.append([message("x".repeat(200_000)), message("€".repeat(200_000)), message("end")]);
    const lines = wholeLines(log.path);
    assertEquals(
      lines.slice(0, 60).map((line) => line.type === "assistant_message" && line.content),
      contents,
    );
    assertEquals(lines.map((line) => line.seq), lines.map((_, index) => index + 1));
    assertEquals(lines.length, 63);
  });
});

Deno.test("LogAppender.append() after close() is an error, a second close() is not", async () => {
  await inTemp((dir) => {
    const log = LogAppender.create(options(dir));
    log.close();
    log.close();
    assertThrows(() => log.append([message("a")]), TypeError);
  });
});

Deno.test("LogAppender.append() marks what it cuts", async () => {
  await inTemp((dir) => {
    using log = LogAppender.create(options(dir));
    const long = "x".repeat(300 * 1024);
    log.append([message(long), message("short")]);
    const [cut, short] = wholeLines(log.path);
    assert(cut?.type === "assistant_message" && short?.type === "assistant_message");
    assertEquals([cut.content.length, cut.truncated], [256 * 1024, true]);
    assertEquals([short.content, short.truncated], ["short", undefined]);
  });
});
