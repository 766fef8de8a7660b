import { dependencyCycle, waitsFor } from "../../src/sessions/dependencies.ts";
import type { SessionRecord } from "../../src/sessions/records.ts";
import type { SessionStore } from "../../src/sessions/store.ts";
import { assertEquals } from "../support/assert.ts";
import { withStore } from "./support.ts";

/** Asks about sessions that wait for these. */
async function inGraph(
  graph: Readonly<Record<string, readonly string[]>>,
  ask: (store: SessionStore, get: (id: string) => SessionRecord) => void,
): Promise<void> {
  await withStore((store) => {
    add(store, graph);
    ask(store, (id) => store.getSession(id)!);
  });
}

function add(store: SessionStore, graph: Readonly<Record<string, readonly string[]>>): void {
  for (const [sessionId, dependencies] of Object.entries(graph)) {
    store.addSession({
      sessionId,
      dependencies,
      provider: "mock",
      command: "exec",
      workspacePath: "/",
      createdAt: "2026-01-01T00:00:00.000Z",
    });
  }
}

Deno.test("dependencyCycle() finds a circle, and none where ways only meet again", async () => {
  await inGraph({
    a: [],
    b: ["a"],
    c: ["a", "b"],
    d: ["c", "b", "gone"],
    self: ["self"],
    x: ["a", "y"],
    y: ["d", "z"],
    z: ["x"],
    behind: ["a", "z"],
  }, (store, get) => {
    const cycle = (...ids: string[]) => dependencyCycle(store, ids.map(get));
    assertEquals(cycle(), undefined);
    assertEquals(cycle("d", "c", "a"), undefined);
    assertEquals(cycle("self"), ["self", "self"]);
    assertEquals(cycle("x"), ["x", "y", "z", "x"]);
    assertEquals(cycle("d", "behind"), ["z", "x", "y", "z"]);
  });
});

Deno.test("dependencyCycle() looks at each session once", async () => {
  // Each of them waits for both of the level below: there are 2 ** 40 ways.
  const graph: Record<string, string[]> = {};
  for (let level = 0; level < 40; level++) {
    const below = level === 0 ? [] : [`a${level - 1}`, `b${level - 1}`];
    graph[`a${level}`] = graph[`b${level}`] = below;
  }
  await inGraph(graph, (store, get) => {
    assertEquals(dependencyCycle(store, [get("a39")]), undefined);
    assertEquals(waitsFor(store, get("a39"), "nobody"), false);
  });
});

Deno.test("waitsFor() follows the ways of a session, also in a circle", async () => {
  await inGraph({ a: [], b: ["a"], c: ["b"], x: ["y"], y: ["x"] }, (store, get) => {
    assertEquals(["a", "b", "c"].map((id) => waitsFor(store, get("c"), id)), [true, true, false]);
    assertEquals(waitsFor(store, get("x"), "x"), true);
    assertEquals(waitsFor(store, get("x"), "a"), false);
  });
});
