import { join } from "node:path";
import {
  type SessionWatchOptions,
  type WatchedSession,
  watchSessions,
} from "../../src/orchestration/watch_session.ts";
import { append, ended, said, started } from "../sessions/follow/support.ts";
import { inTemp } from "../sessions/support.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";

/** Watches logs whose sessions end with their end lines; tells what was taken. */
function watch(sessions: readonly WatchedSession[], options: Partial<SessionWatchOptions> = {}) {
  const taken: string[] = [];
  const result = watchSessions({
    sessions,
    pastEnds: false,
    writer: (_, seen) => Promise.resolve(seen.endedAt === undefined ? "working" : "ended"),
    take({ sessionId }, { event }) {
      taken.push(`${sessionId} ${event.seq}`);
      return Promise.resolve(false);
    },
    ...options,
  });
  return { taken, result };
}

function session(dir: string, sessionId: string, ...lines: string[]): WatchedSession {
  const logPath = join(dir, `${sessionId}.jsonl`);
  if (lines.length > 0) append(logPath, ...lines);
  return { sessionId, logPath, stand: "running" };
}

Deno.test("watchSessions() hands out what is written after it is ready", () =>
  inTemp(async (dir) => {
    const a = session(dir, "a", started(1), said(2));
    const b = session(dir, "b");
    const { taken, result } = watch([a, b], {
      ready() {
        append(a.logPath, said(3), ended(4));
        append(b.logPath, started(1), ended(2));
      },
    });
    assertEquals(await result, false);
    assertEquals(taken.filter((one) => one.startsWith("a")), ["a 3", "a 4"]);
    assertEquals(taken.filter((one) => one.startsWith("b")), ["b 1", "b 2"]);
  }));

Deno.test("watchSessions() hands out one event at a time", () =>
  inTemp(async (dir) => {
    const all = Array.from({ length: 20 }, (_, i) => session(dir, `s${i}`, started(1)));
    let busy = 0;
    let most = 0;
    let count = 0;
    await watch(all, {
      ready: () => all.forEach(({ logPath }) => append(logPath, said(2), said(3), ended(4))),
      async take() {
        count++;
        most = Math.max(most, ++busy);
        await new Promise((resolve) => setTimeout(resolve));
        busy--;
        return false;
      },
    }).result;
    assertEquals([most, count], [1, 60]);
  }));

Deno.test("watchSessions() ends when enough was seen, whatever else is there", () =>
  inTemp(async (dir) => {
    const all = ["a", "b", "c"].map((id) => session(dir, id, started(1)));
    const taken: number[] = [];
    const { result } = watch(all, {
      ready: () => all.forEach(({ logPath }) => append(logPath, said(2), said(3))),
      take: (_, { event }) => Promise.resolve(taken.push(event.seq) === 1),
    });
    assertEquals([await result, taken], [true, [2]]);
  }));

Deno.test("watchSessions() counts an end that was there before only when it is asked to", () =>
  inTemp(async (dir) => {
    for (const stand of ["over", "running"] as const) {
      const of = { ...session(dir, stand, started(1), said(2), ended(3)), stand };
      const seen = watch([of], { pastEnds: true });
      assertEquals([await seen.result, seen.taken], [false, [`${stand} 3`]]);
      const unseen = watch([of]);
      assertEquals([await unseen.result, unseen.taken], [false, []]);
    }
  }));

Deno.test("watchSessions() follows sessions that come later, from their beginning", () =>
  inTemp(async (dir) => {
    const first = session(dir, "first", started(1));
    const found: WatchedSession[] = [first];
    const { taken, result } = watch([first], {
      later: () => found,
      ready() {
        const later = session(dir, "later", started(1), said(2), ended(3));
        found.push({ ...later, stand: "new" });
        append(first.logPath, ended(2));
      },
    });
    assertEquals(await result, false);
    assertEquals(taken.toSorted(), ["first 2", "later 1", "later 2", "later 3"]);
  }));

Deno.test("watchSessions() passes on what take throws, and stops all else", () =>
  inTemp(async (dir) => {
    const all = ["a", "b", "c"].map((id) => session(dir, id, started(1)));
    let calls = 0;
    const { result } = watch(all, {
      ready: () => all.forEach(({ logPath }) => append(logPath, said(2), said(3))),
      take() {
        calls++;
        return Promise.reject(new Error("no more"));
      },
    });
    await assertRejects(() => result, Error, "no more");
    assertEquals(calls, 1);
  }));

Deno.test("watchSessions() ends with the signal, with its reason", () =>
  inTemp(async (dir) => {
    const stop = new AbortController();
    const { result } = watch([session(dir, "a", started(1))], {
      signal: stop.signal,
      ready: () => stop.abort(new Error("enough")),
    });
    await assertRejects(() => result, Error, "enough");
  }));

Deno.test("watchSessions() sees nothing in a session whose log is gone", () =>
  inTemp(async (dir) => {
    const gone = session(dir, "gone");
    const { taken, result } = watch([gone, { ...gone, sessionId: "over", stand: "over" }], {
      pastEnds: true,
      writer: () => Promise.resolve("dead"),
    });
    assertEquals([await result, taken], [false, []]);
  }));
