import { join } from "node:path";
import type { LogEvent } from "../../src/events/log_event.ts";
import { logIsOurs, scanLog } from "../../src/sessions/scan_log.ts";
import { parseLine } from "../../src/sessions/log_reader.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { chances } from "../e2e/faults_support.ts";
import { inTemp } from "./support.ts";

const WANTED = /^(session_.*|usage|usage_limit_.*)$/;

/** What a scan must find: each line parsed. */
function parsed(text: string): { events: LogEvent[]; ends: (LogEvent | undefined)[] } {
  const events = text.split("\n").map((line) => parseLine(line).event)
    .filter((event) => event !== undefined);
  return {
    events: events.filter(({ type }) => WANTED.test(type)),
    ends: [events[0], events.at(-1)],
  };
}

function scanned(path: string): { events: LogEvent[]; ends: (LogEvent | undefined)[] } {
  const events: LogEvent[] = [];
  const ends = scanLog(path, (event) => void events.push(event));
  return { events, ends: [ends?.first, ends?.last] };
}

/** A log of lines of every kind and length, torn and spoilt here and there. */
function randomLog(chance: () => number): string {
  const pick = <T>(...all: T[]): T => all[Math.floor(chance() * all.length)]!;
  const lines = Array.from({ length: Math.floor(chance() * 60) }, (_, index) => {
    const seq = pick(index + 1, index + 1, 10 ** Math.floor(chance() * 9));
    const type = pick(
      "usage",
      "usage_limit_hit",
      "session_started",
      "session_meta",
      "assistant_message",
      "tool_result",
      "user_message",
    );
    const length = pick(0, 3, 200, 5000, 70_000, chance() < 0.1 ? 1_500_000 : 10);
    const whole = JSON.stringify({
      seq,
      ts: "2026-01-02T03:04:05.678Z",
      provider: pick("mock", 'odd "type":"usage"'),
      wrapper_session_id: "x".repeat(pick(36, 36, Math.floor(chance() * 300))),
      ...pick({}, { completeness: pick("full", "partial") }),
      type,
      content: pick("é", "x", '"type":"usage"\n').repeat(length),
      data: { type: "session_deleted" },
    });
    return pick(whole, whole, whole, whole, whole.slice(0, chance() * whole.length), "", "noise");
  });
  // A log of megabytes does not begin with its longest line.
  return ['{"seq":0,"type":"user_event"}', ...lines].join("\n") + pick("", "\n");
}

Deno.test("scanLog() finds what parsing every line finds", async () => {
  await inTemp((dir) => {
    const path = join(dir, "log.jsonl");
    const chance = chances(11);
    for (let round = 0; round < 60; round++) {
      const text = randomLog(chance);
      Deno.writeTextFileSync(path, text);
      const [found, expected] = [scanned(path), parsed(text)];
      // Whole lines would be megabytes of difference.
      assertEquals(found.events.map(({ seq }) => seq), expected.events.map(({ seq }) => seq));
      assert(JSON.stringify(found) === JSON.stringify(expected), `round ${round}`);
    }
  });
});

Deno.test("scanLog() stops when it has seen enough, and knows the last line all the same", async () => {
  await inTemp((dir) => {
    const path = join(dir, "log.jsonl");
    const line = (seq: number) => `{"seq":${seq},"type":"session_started"}\n`;
    Deno.writeTextFileSync(path, line(1) + line(2) + line(3));
    let seen = 0;
    const ends = scanLog(path, () => ++seen < 2);
    assertEquals([seen, ends?.first.seq, ends?.last.seq], [2, 1, 3]);
  });
});

Deno.test("scanLog() says that there is nothing to read", async () => {
  await inTemp((dir) => {
    const path = join(dir, "log.jsonl");
    assertThrows(() => scanLog(path, () => {}), Deno.errors.NotFound);
    for (const text of ["", "\n\n", "noise\n{"]) {
      Deno.writeTextFileSync(path, text);
      assertEquals(scanLog(path, () => {}), undefined);
    }
  });
});

Deno.test("logIsOurs() tells our logs from those of the original", async () => {
  await inTemp((dir) => {
    const path = join(dir, "log.jsonl");
    assertEquals(logIsOurs(path), false);
    const original = '{"seq":1,"type":"session_started"}\n' +
      '{"seq":2,"type":"user_message","content":"\\"type\\":\\"session_meta\\""}\n';
    Deno.writeTextFileSync(path, original);
    assertEquals(logIsOurs(path), false);
    for (const type of ["session_meta", "session_deleted"]) {
      Deno.writeTextFileSync(path, `${original}{"seq":3,"type":"${type}"}\n`);
      assertEquals(logIsOurs(path), true);
    }
  });
});
