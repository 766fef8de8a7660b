import type { PendingResume } from "../../src/sessions/records.ts";
import { Database } from "../../src/sessions/database.ts";
import { MIGRATIONS } from "../../src/sessions/schema.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { assertEquals } from "../support/assert.ts";
import { inTemp } from "./support.ts";

function resume(change: Partial<PendingResume> = {}): PendingResume {
  return {
    incidentId: "i-1",
    sessionId: "s-1",
    scope: "weekly",
    wakeAt: "2026-03-01T10:00:00.000Z",
    resetAt: null,
    message: "Continue",
    attempt: 1,
    spentMs: 0,
    ownerPid: null,
    ownerStart: null,
    ...change,
  };
}

const me = { pid: 10, startTime: "proc:a:1" };
const other = { pid: 11, startTime: "proc:a:2" };

Deno.test("PendingResumes keeps one limit for each session, the next one first", async () => {
  await inTemp((dir) => {
    using store = SessionStore.open(`${dir}/zag.db`);
    const { resumes } = store;
    const late = resume({ wakeAt: "2026-03-01T12:00:00.000Z" });
    const soon = resume({ incidentId: "i-2", sessionId: "s-2", resetAt: late.wakeAt });
    resumes.add(late);
    resumes.add(soon);
    assertEquals(resumes.list(), [soon, late]);
    const again = resume({ incidentId: "i-3", attempt: 2 });
    resumes.add(again);
    assertEquals(resumes.ofSession("s-1"), again);
    assertEquals(resumes.get("i-1"), undefined);
    assertEquals(resumes.list().length, 2);
    assertEquals([resumes.remove("i-3"), resumes.remove("i-3")], [true, false]);
    assertEquals(resumes.ofSession("s-1"), undefined);
  });
});

Deno.test("PendingResumes.claim() gives a limit to one living process at a time", async () => {
  await inTemp((dir) => {
    using store = SessionStore.open(`${dir}/zag.db`);
    const { resumes } = store;
    resumes.add(resume());
    const alive = () => true;
    const dead = () => false;
    assertEquals(resumes.claim("i-1", me, alive), true);
    assertEquals(resumes.claim("i-1", other, alive), false);
    assertEquals(resumes.claim("i-1", me, alive), true);
    assertEquals(resumes.claim("i-1", other, dead), true);
    assertEquals(resumes.get("i-1")?.ownerPid, other.pid);
    assertEquals(resumes.claim("unknown", me, dead), false);
  });
});

Deno.test("PendingResumes are in an index that an older zag has made", async () => {
  await inTemp((dir) => {
    const path = `${dir}/zag.db`;
    const before = MIGRATIONS.findIndex(({ name }) => name === "usage_limits");
    new Database(path, { migrations: MIGRATIONS.slice(0, before) }).close();
    using store = SessionStore.open(path);
    store.resumes.add(resume());
    assertEquals(store.resumes.list(), [resume()]);
  });
});

Deno.test("SessionStore.deleteSession() forgets what the session waited for", async () => {
  await inTemp((dir) => {
    using store = SessionStore.open(`${dir}/zag.db`);
    store.addSession({
      sessionId: "s-1",
      provider: "mock",
      command: "exec",
      workspacePath: "/w",
      createdAt: "2026-03-01T10:00:00.000Z",
    });
    store.resumes.add(resume());
    store.resumes.add(resume({ incidentId: "i-2", sessionId: "s-2" }));
    store.deleteSession("s-1");
    assertEquals(store.resumes.list().map(({ sessionId }) => sessionId), ["s-2"]);
  });
});
