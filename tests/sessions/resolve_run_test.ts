import { startTimeOf } from "../../src/processes/process_table.ts";
import type { NewProcess } from "../../src/sessions/records.ts";
import { AmbiguousRunError, NoSuchRunError, resolveRun } from "../../src/sessions/resolve_run.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { AmbiguousSessionError } from "../../src/sessions/store_errors.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { inTemp } from "./support.ts";

const BASE = { provider: "mock", command: "exec" } as const;
const EVERYWHERE = { project: undefined };

/** A store with a session of two runs, and whatever else a test adds. */
async function inStore(
  test: (
    find: (reference: string) => string,
    add: (id: string, more: Partial<NewProcess>, session?: string, name?: string) => void,
  ) => void,
): Promise<void> {
  await inTemp((dir) => {
    using store = SessionStore.open(`${dir}/zag.db`);
    let minute = 10;
    const add = (id: string, more: Partial<NewProcess>, session?: string, name?: string) => {
      const startedAt = `2026-01-01T00:${minute++}:00.000Z`;
      if (session !== undefined && !store.getSession(session)) {
        store.addSession({
          ...BASE,
          sessionId: session,
          workspacePath: "/",
          createdAt: startedAt,
          ...(name === undefined ? {} : { name }),
        });
      }
      store.addProcess({
        ...BASE,
        id,
        ownerPid: 7_000_001,
        startedAt,
        status: "exited",
        ...(session === undefined ? {} : { sessionId: session }),
        ...more,
      });
    };
    add("aaaa1111", { agentPid: 7_000_002 }, "cafe0001", "build");
    add("aaaa2222", { agentPid: 7_000_003 }, "cafe0001");
    test((reference) => resolveRun(store, reference, EVERYWHERE).id, add);
    return Promise.resolve();
  });
}

Deno.test("resolveRun() knows a run by every name that it has", () =>
  inStore((find) => {
    for (
      const [reference, id] of [
        ["aaaa1111", "aaaa1111"],
        ["aaaa1", "aaaa1111"],
        ["7000002", "aaaa1111"],
        ["7000001", "aaaa2222"],
        ["cafe0001", "aaaa2222"],
        ["cafe", "aaaa2222"],
        ["build", "aaaa2222"],
        ["AAAA1", "aaaa1111"],
        ["AAAA1111", "aaaa1111"],
        ["CAFE0001", "aaaa2222"],
      ] as const
    ) assertEquals(find(reference), id, reference);
  }));

Deno.test("resolveRun() refuses what means several, and what means nothing", () =>
  inStore((find, add) => {
    assertThrows(() => find("aaaa"), AmbiguousRunError, "aaaa2222, aaaa1111 start with it");
    add("cafe9999", {});
    assertThrows(() => find("cafe"), AmbiguousRunError, "cafe9999, cafe0001 start with it");
    add("dddd1111", {}, "beef0001");
    add("dddd2222", {}, "beef0002");
    assertThrows(() => find("beef"), AmbiguousSessionError);
    for (const reference of ["aaa", "nothing", "123456", ""]) {
      assertThrows(() => find(reference), NoSuchRunError);
    }
  }));

Deno.test("resolveRun() takes a whole name for what it names, whatever starts with it", () =>
  inStore((find, add) => {
    add("buildings", {});
    assertEquals(find("build"), "aaaa2222");
    add("cafe0001-and-more", {});
    assertEquals(find("cafe0001"), "aaaa2222");
  }));

Deno.test("resolveRun() prefers the run that has the number now", () =>
  inStore((find, add) => {
    const now = { agentPid: Deno.pid, agentStart: startTimeOf(Deno.pid)! };
    add("living00", now);
    add("recycled", { agentPid: Deno.pid, agentStart: "proc:00000000:1" });
    assertEquals(find(String(Deno.pid)), "living00");
    // Digits that nobody has as a number can still begin an id.
    add("12345678-0000", {});
    assertEquals(find("1234567"), "12345678-0000");
  }));
