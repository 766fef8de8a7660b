import { join } from "node:path";
import type { LogEvent, LogKind } from "../../src/events/log_event.ts";
import { FIELD_CAP } from "../../src/sessions/kind_json.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import { lastSegment, readLog, resultOf } from "../../src/sessions/log_reader.ts";
import {
  keepOverflow,
  OVERFLOW_CAP,
  overflowPath,
  wholeEvent,
  wholeText,
} from "../../src/sessions/overflow.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { randomOf } from "../support/recordings.ts";
import { assertRising, inTemp, message, runAtOnce, wholeLines } from "./support.ts";

const LONG = "x".repeat(FIELD_CAP + 1);

function toolResult(output: string | null, data: unknown): LogKind {
  return {
    type: "tool_result",
    tool_name: "Bash",
    tool_id: "t",
    success: true,
    output,
    error: null,
    data,
  };
}

/** What an entry says, without its envelope. */
function kindOf(event: LogEvent): Record<string, unknown> {
  const {
    seq: _seq,
    ts: _ts,
    provider: _provider,
    wrapper_session_id: _session,
    provider_session_id: _native,
    source_kind: _source,
    completeness: _completeness,
    ...kind
  } = event;
  return kind;
}

async function wholeKinds(path: string): Promise<Record<string, unknown>[]> {
  const kinds: Record<string, unknown>[] = [];
  for await (const { event } of readLog(path)) {
    if (event) kinds.push(kindOf(await wholeEvent(path, event)));
  }
  return kinds;
}

function writeLog(dir: string, kinds: readonly LogKind[]): string {
  const path = join(dir, "s.jsonl");
  using log = LogAppender.create({ path, provider: "mock", sessionId: "s" });
  log.append(kinds);
  assertEquals(log.failure, undefined);
  return path;
}

Deno.test("LogAppender keeps beside the log what an entry has no room for", async () => {
  await inTemp(async (dir) => {
    const path = writeLog(dir, [message("short"), message(LONG)]);
    assertEquals(overflowPath(path), join(dir, "s.overflow"));
    const [, cut] = wholeLines(path);
    assert(cut?.type === "assistant_message");
    assertEquals([cut.content, cut.truncated], [LONG.slice(0, FIELD_CAP), true]);
    assertEquals(cut.overflow?.map(({ field }) => field), ["content"]);
    assertEquals(await wholeText(path, cut, "content"), LONG);
    assertEquals(kindOf(await wholeEvent(path, cut)), { ...message(LONG) });
    assertEquals(
      Deno.readTextFileSync(overflowPath(path)),
      `{"seq":2,"field":"content","value":"${LONG}"}\n`,
    );
    if (Deno.build.os !== "windows") {
      assertEquals((Deno.statSync(overflowPath(path)).mode ?? 0) & 0o777, 0o600);
    }
  });
});

Deno.test("LogAppender makes no file beside a log whose entries fit", async () => {
  await inTemp((dir) => {
    const kinds: LogKind[] = [
      message(LONG.slice(0, FIELD_CAP - 100)),
      { type: "session_result", result: LONG },
    ];
    writeLog(dir, kinds);
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), ["s.jsonl"]);
  });
});

Deno.test("wholeEvent() gives back every entry as it was appended", async () => {
  const alphabet = ["x", '"', "\\", "\n", "\u2028", "é", "\u{1f600}", "\ud800", "\udc00", "\0"];
  for (const seed of [1, 2, 3]) {
    const random = randomOf(seed);
    const below = (limit: number) => Math.floor(random() * limit);
    const text = () => {
      const unit = Array.from({ length: 1 + below(7) }, () => alphabet[below(10)]).join("");
      const length = [
        below(100),
        FIELD_CAP - 2 + below(5),
        FIELD_CAP + below(FIELD_CAP),
      ][below(3)]!;
      return unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
    };
    const data = () =>
      [null, text(), [text(), 1, null], { deep: { a: text() }, short: "s", n: -1.5 }][below(4)];
    const kinds: LogKind[] = Array.from({ length: 20 }, () => {
      switch (below(4)) {
        case 0:
          return message(text());
        case 1:
          return { type: "tool_call", tool_name: "W", tool_id: "t", input: data() };
        case 2:
          return { type: "provider_status", message: text(), data: data() };
        default:
          return toolResult(text(), data());
      }
    });
    await inTemp(async (dir) => {
      const path = writeLog(dir, kinds);
      const cut = wholeLines(path).filter((event) => event.truncated);
      assert(cut.length > 3 && cut.length < 20, `${cut.length} entries are cut`);
      for (const [index, kind] of (await wholeKinds(path)).entries()) {
        assertEquals(kind, { ...kinds[index] }, `seed ${seed}, entry ${index}`);
      }
    });
  }
});

Deno.test("wholeEvent() finds the fields of many writers", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "s.jsonl");
    const names = ["a", "b", "c", "d", "e", "f"];
    await runAtOnce("append_oversized", names.map((name) => [path, name, "8"]));
    const events = wholeLines(path);
    assertRising(events.map(({ seq }) => seq));
    const seen = new Map<string, number[]>();
    for (const event of events) {
      const content = await wholeText(path, event, "content") ?? "";
      const [, name = "", index = ""] = /^(\w) (\d+) /.exec(content) ?? [];
      const unit = `${name} ${index} `;
      assertEquals(content, unit.repeat(Math.ceil((FIELD_CAP + 1) / unit.length)));
      seen.set(name, [...seen.get(name) ?? [], Number(index)]);
    }
    for (const name of names) assertEquals(seen.get(name), [0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

Deno.test("resultOf() and lastSegment() give the whole answer, however long it is", async () => {
  await inTemp(async (dir) => {
    const answer = "é".repeat(FIELD_CAP) + "the end";
    const path = writeLog(dir, [message("first"), message(answer)]);
    assertEquals(await resultOf(path), answer);
    assertEquals((await lastSegment(path)).answer, answer);
    await Deno.remove(overflowPath(path));
    assertEquals(await resultOf(path), answer.slice(0, FIELD_CAP));
  });
});

Deno.test("wholeEvent() leaves an entry cut when its whole is lost or is not its own", async () => {
  await inTemp(async (dir) => {
    const path = writeLog(dir, [toolResult(LONG, [LONG])]);
    const side = overflowPath(path);
    const kept = await Deno.readTextFile(side);
    const [cut] = wholeLines(path);
    const [output, data] = kept.split("\n");
    assertEquals(kindOf(await wholeEvent(path, cut!)), { ...toolResult(LONG, [LONG]) });

    // The second field was lost in a crash: the first is there, and the entry stays marked.
    await Deno.writeTextFile(side, output + "\n");
    const half = await wholeEvent(path, cut!);
    assert(half.type === "tool_result");
    assertEquals([half.output, half.truncated], [LONG, true]);
    assertEquals(half.overflow, cut!.overflow!.slice(1));

    const damaged = [
      "",
      "\0".repeat(kept.length),
      kept.replaceAll('"seq":1', '"seq":2'),
      `${data}\n${output}\n`,
      kept.replaceAll('"value"', '"other"'),
    ];
    for (const text of damaged) {
      await Deno.writeTextFile(side, text);
      assertEquals(await wholeEvent(path, cut!), cut);
    }
  });
});

Deno.test("wholeEvent() trusts no place that a log names", async () => {
  await inTemp(async (dir) => {
    const path = writeLog(dir, [message(LONG)]);
    const [event] = wholeLines(path);
    const place = event!.overflow![0]!;
    const overflows: unknown[] = [
      null,
      {},
      [null],
      [1],
      [{ ...place, field: "__proto__" }],
      [{ ...place, field: "other" }],
      [{ ...place, offset: -1 }],
      [{ ...place, offset: 0.5 }],
      [{ ...place, bytes: 1e15 }],
      [{ ...place, bytes: 0 }],
      [{ ...place, bytes: "9" }],
    ];
    for (const overflow of overflows) {
      const claimed = { ...event, overflow } as LogEvent;
      assertEquals(await wholeEvent(path, claimed), claimed);
      assertEquals(await wholeText(path, claimed, "content"), LONG.slice(0, FIELD_CAP));
    }
  });
});

Deno.test("keepOverflow() keeps no more of a session than the cap", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "s.jsonl");
    const keep = (seq: number) => keepOverflow(path, seq, "f", `"${"x".repeat(50)}"`, 200);
    const first = keep(1);
    assertEquals([first?.offset, keep(2)?.offset], [0, first!.bytes + 1]);
    assertEquals(keep(3), undefined);
    assert((await Deno.stat(overflowPath(path))).size <= 200);

    using file = await Deno.open(overflowPath(path), { write: true });
    await file.truncate(OVERFLOW_CAP - FIELD_CAP);
    const log = writeLog(dir, [message(LONG)]);
    assertEquals(wholeLines(log)[0]?.truncated, true);
    assertEquals(wholeLines(log)[0]?.overflow, undefined);
  });
});

Deno.test("keepOverflow() begins a new line behind one that was torn", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "s.jsonl");
    await Deno.writeTextFile(overflowPath(path), '{"seq":1,"fie');
    const place = keepOverflow(path, 2, "f", '"é"');
    assertEquals(place, { field: "f", offset: 14, bytes: 34 });
    const [, line = ""] = (await Deno.readTextFile(overflowPath(path))).split("\n");
    assertEquals(JSON.parse(line), { seq: 2, field: "f", value: "é" });
  });
});

Deno.test({
  name: "LogAppender cuts an entry, and goes on, where the file beside it cannot be written",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inTemp(async (dir) => {
      await Deno.mkdir(join(dir, "s.overflow"));
      const path = writeLog(dir, [message(LONG), message("next")]);
      const [cut, next] = wholeLines(path);
      assertEquals([cut?.truncated, cut?.overflow], [true, undefined]);
      assertEquals(kindOf(next!), { ...message("next") });
    }),
});

Deno.test({
  name: "keepOverflow() leaves nothing behind of what does not fit on the disk",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inTemp(async (dir) => {
      const path = join(dir, "s.jsonl");
      const program = join(import.meta.dirname!, "children", "keep_overflow.ts");
      // The shell limits the size of files and ignores the signal that would end the program.
      const { code, stdout, stderr } = await new Deno.Command("sh", {
        args: [
          "-c",
          'trap "" XFSZ; ulimit -f 1000; exec "$@"',
          "sh",
          Deno.execPath(),
          "run",
          "-A",
          "--no-check",
          program,
          path,
        ],
      }).output();
      assertEquals(code, 0, new TextDecoder().decode(stderr));
      const { places, size } = JSON.parse(new TextDecoder().decode(stdout));
      assertEquals(places, ["kept", "lost", "kept"]);
      const text = await Deno.readTextFile(overflowPath(path));
      assertEquals(text.length, size);
      assertEquals(text.trimEnd().split("\n").map((line) => JSON.parse(line).seq), [1, 3]);
    }),
});
