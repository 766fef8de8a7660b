import { assert, assertEquals } from "../support/assert.ts";
import { AT, session, withStore } from "./support.ts";

Deno.test("newestRuns gives the newest run of every session that has one", async () => {
  await withStore((store) => {
    const later = "2026-01-02T04:00:00.000Z";
    for (const id of ["one", "two", "none"]) store.addSession(session(id));
    const run = { provider: "mock", command: "exec", ownerPid: 1, status: "exited" } as const;
    store.addProcess({ ...run, id: "b", sessionId: "one", startedAt: later });
    store.addProcess({ ...run, id: "a", sessionId: "one", startedAt: AT });
    store.addProcess({ ...run, id: "c", sessionId: "two", startedAt: AT });
    store.addProcess({ ...run, id: "d", sessionId: "two", startedAt: AT });
    store.addProcess({ ...run, id: "e", startedAt: AT });
    const runs = store.newestRuns(["one", "none", "two", "missing", "it's"]);
    assertEquals([...runs].map(([id, { id: runId }]) => [id, runId]).sort(), [
      ["one", "b"],
      ["two", "d"],
    ]);
    assertEquals(runs.get("one"), store.processesOf("one")[0]);
    assertEquals(store.newestRuns([]).size, 0);
  });
});

Deno.test("shortestPrefix is as long as it must be and no longer", async () => {
  await withStore((store) => {
    const ids = [
      "abcdef01-1",
      "abcdef01-2",
      "abcdef02",
      "session-2026-a",
      "session-2026-b",
      "x",
      "xy",
    ];
    for (const id of ids) store.addSession(session(id));
    const prefixes = ids.map((id) => store.shortestPrefix(id, 8));
    assertEquals(prefixes, ids);
    assertEquals(ids.map((id) => store.shortestPrefix(id, 0)), ids);
    store.addSession(session("lonely-session"));
    assertEquals(store.shortestPrefix("lonely-session", 8), "lonely-s");
    assertEquals(store.shortestPrefix("lonely-session", 4), "lone");
  });
});

Deno.test("shortestPrefix of every session finds that session and no other", async () => {
  await withStore((store) => {
    let seed = 11;
    const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
    const ids = new Set<string>();
    while (ids.size < 300) {
      ids.add(Array.from({ length: 6 }, () => "ab0-_9Z"[Math.floor(random() * 7)]).join(""));
    }
    for (const id of ids) store.addSession(session(id));
    for (const id of ids) {
      const prefix = store.shortestPrefix(id, 1);
      assert(id.startsWith(prefix));
      const others = store.startingWith(prefix).filter((other) => other.sessionId !== id);
      assertEquals(prefix === id ? [] : others, [], prefix);
    }
  });
});

Deno.test("sessionNames gives every name once, and not too many", async () => {
  await withStore((store) => {
    store.addSession(session("a", { name: "two" }));
    store.addSession(session("b", { name: "two" }));
    store.addSession(session("c", { name: "one" }));
    store.addSession(session("d"));
    assertEquals(store.sessionNames(10), ["one", "two"]);
    assertEquals(store.sessionNames(1), ["one"]);
  });
});
