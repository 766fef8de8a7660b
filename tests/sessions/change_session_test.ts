import { dirname, join } from "node:path";
import { type ZagPaths, zagPaths } from "../../src/config/paths.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { changeSession, deleteSession } from "../../src/sessions/change_session.ts";
import { completeSession } from "../../src/sessions/columns.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import { readLogRecord } from "../../src/sessions/recovery/log_record.ts";
import { ownLog, placeForLog, SessionChangeError, withOwnLog } from "../../src/sessions/own_log.ts";
import { restoredFrom } from "../../src/sessions/recovery/record_of_log.ts";
import type { NewSession, SessionRecord } from "../../src/sessions/records.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { SessionRunningError, StoreError } from "../../src/sessions/store_errors.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";
import { inTemp, wholeLines } from "./support.ts";

interface Place {
  readonly store: SessionStore;
  readonly paths: ZagPaths;
}

const START: LogKind = {
  type: "session_started",
  command: "exec",
  model: "m",
  cwd: "/w",
  resumed: false,
  backfilled: false,
};

async function inPlace(test: (place: Place) => void): Promise<void> {
  await inTemp((dir) => {
    const paths = zagPaths({ get: (name) => name === "ZAG_HOME" ? dir : undefined });
    using store = SessionStore.open(paths.database);
    test({ store, paths });
  });
}

/** A session with a log of these lines. */
function add(
  { store, paths }: Place,
  kinds: LogKind[],
  session: Partial<NewSession> = {},
): SessionRecord {
  const sessionId = "0-session";
  const logPath = paths.sessionLog(undefined, sessionId);
  if (kinds.length > 0) {
    using log = LogAppender.create({ path: logPath, provider: "mock", sessionId, nativeId: "n" });
    log.append(kinds);
  }
  store.addSession({
    sessionId,
    provider: "mock",
    providerSessionId: "n",
    command: "exec",
    workspacePath: "/w",
    createdAt: "2026-01-01T00:00:00Z",
    logPath,
    ...session,
  });
  return store.getSession(sessionId)!;
}

/** The record that a log alone would give. */
function retold(path: string): SessionRecord {
  return completeSession(restoredFrom(readLogRecord(path)!).session!);
}

const OURS: LogKind[] = [START, { type: "session_meta", meta: { workspace_path: "/w" } }];
const ENDED: LogKind = { type: "session_ended", success: true, error: null };

Deno.test("changeSession() writes the change into the log and the index", async () => {
  await inPlace((place) => {
    const record = add(place, OURS, { name: "old", description: "d" });
    const patch = { name: "new", description: null, tags: ["a"] };
    const changed = changeSession(place.store, place.paths, record, patch);
    assertEquals(changed, { ...record, ...patch });
    assertEquals(place.store.getSession(record.sessionId), changed);
    const last = wholeLines(record.logPath!).at(-1);
    assertEquals(last?.type === "session_meta" && last.meta, {
      name: "new",
      description: null,
      tags: ["a"],
    });
    assertEquals(last?.provider_session_id, "n");
  });
});

Deno.test("changeSession() writes nothing when nothing is to be changed", async () => {
  await inPlace((place) => {
    const record = add(place, OURS);
    assertEquals(changeSession(place.store, place.paths, record, {}), record);
    assertEquals(wholeLines(record.logPath!).length, 2);
  });
});

Deno.test("changeSession() changes nothing when the log cannot be written", async () => {
  await inPlace((place) => {
    const directory = join(place.paths.home, "logs", "sessions", "0-session.jsonl");
    Deno.mkdirSync(directory, { recursive: true });
    const record = add(place, [], { logPath: null, name: "old" });
    Deno.removeSync(directory);
    Deno.removeSync(join(place.paths.home, "logs", "sessions"));
    Deno.writeTextFileSync(join(place.paths.home, "logs", "sessions"), "a file");
    const change = () => changeSession(place.store, place.paths, record, { name: "new" });
    const error = assertThrows(change, SessionChangeError);
    assertStringIncludes(error.message, 'Cannot change session "0-session": ');
    assertThrows(() => deleteSession(place.store, place.paths, record), SessionChangeError);
    assertEquals(place.store.getSession(record.sessionId), record);
  });
});

Deno.test("changeSession() and deleteSession() change nothing when the index takes no changes", async () => {
  await inTemp((dir) => {
    const paths = zagPaths({ get: (name) => name === "ZAG_HOME" ? dir : undefined });
    {
      using store = SessionStore.open(paths.database);
      add({ store, paths }, OURS, { name: "old" });
      add({ store, paths }, [], { sessionId: "1-session", logPath: null });
    }
    using store = SessionStore.open(paths.database, { frozen: true });
    const records = store.listSessions();
    const path = paths.sessionLog(undefined, "0-session");
    const before = Deno.readTextFileSync(path);
    for (const record of records) {
      assertThrows(() => changeSession(store, paths, record, { name: "new" }), StoreError);
      assertThrows(() => deleteSession(store, paths, record), StoreError);
    }
    assertEquals([records.length, store.listSessions()], [2, records]);
    assertEquals(Deno.readTextFileSync(path), before);
    const logs = [...Deno.readDirSync(join(paths.home, "logs", "sessions"))];
    assertEquals(logs.map(({ name }) => name), ["0-session.jsonl"]);
  });
});

Deno.test("changeSession() makes the patch of what the session is by then", async () => {
  await inPlace((place) => {
    const record = add(place, OURS, { tags: ["a"] });
    changeSession(place.store, place.paths, record, { tags: ["a", "b"] });
    const changed = changeSession(place.store, place.paths, record, ({ tags }) => ({
      tags: [...tags, "c"],
    }));
    assertEquals(changed.tags, ["a", "b", "c"]);
  });
});

Deno.test("deleteSession() leaves the log, which says that the session is gone", async () => {
  await inPlace((place) => {
    const record = add(place, OURS);
    deleteSession(place.store, place.paths, record);
    assertEquals(place.store.getSession(record.sessionId), undefined);
    assertEquals(wholeLines(record.logPath!).map(({ type }) => type), [
      "session_started",
      "session_meta",
      "session_deleted",
    ]);
    assertEquals(readLogRecord(record.logPath!)?.deleted, true);
  });
});

Deno.test("deleteSession() refuses a session that runs", async () => {
  await inPlace((place) => {
    const record = add(place, OURS);
    place.store.addProcess({
      id: "run",
      sessionId: record.sessionId,
      provider: "mock",
      command: "exec",
      ownerPid: Deno.pid,
      startedAt: record.createdAt,
    });
    const call = () => deleteSession(place.store, place.paths, record);
    const error = assertThrows(call, SessionRunningError);
    assertStringIncludes(error.message, `Cannot delete session "0-session": it is running`);
    assertEquals(wholeLines(record.logPath!).length, 2);
    assert(place.store.getSession(record.sessionId));
  });
});

Deno.test("ownLog() copies a log of the original, and takes the copy from then on", async () => {
  await inPlace((place) => {
    const { store, paths } = place;
    const session = { name: "n", project: null, logCompleteness: "partial" } as const;
    const record = add(place, [START, ENDED], session);
    const original = Deno.readTextFileSync(record.logPath!);
    // What the original was about to write when it died.
    Deno.writeTextFileSync(record.logPath!, '{"seq":3,"ts', { append: true });
    const path = ownLog(store, paths, record);
    assertEquals(path, paths.copiedLog(undefined, record.sessionId));
    assertEquals(Deno.readTextFileSync(record.logPath!), original + '{"seq":3,"ts');
    assert(Deno.readTextFileSync(path).startsWith(original));
    const copied = store.getSession(record.sessionId)!;
    assertEquals(copied, { ...record, logPath: path });
    assertEquals(ownLog(store, paths, copied), path);
    assertEquals(ownLog(store, paths, record), path);
    const { name, createdAt, logCompleteness, outcome } = retold(path);
    assertEquals([name, createdAt, logCompleteness, outcome], [
      "n",
      record.createdAt,
      "partial",
      "success",
    ]);
    if (Deno.build.os !== "windows") assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
    const names = [...Deno.readDirSync(join(paths.home, "logs", "sessions"))].length;
    assertEquals(names, 2);
  });
});

Deno.test("ownLog() makes a log that tells what the record tells, where there is none", async () => {
  await inPlace((place) => {
    const { store, paths } = place;
    const record = add(place, [], {
      command: "run",
      cwd: "/w/below",
      model: "m",
      resumed: true,
      tags: ["a"],
      launch: { x: [1] },
      exit: { hint: "", jsonMode: true },
      startedAt: "2026-01-01T00:00:01.000Z",
      endedAt: "2026-01-01T00:00:02.000Z",
      outcome: "failure",
      error: "no",
      exitCode: 3,
      signal: "SIGTERM",
      logCompleteness: "partial",
    });
    const path = ownLog(store, paths, record);
    assertEquals(retold(path), store.getSession(record.sessionId));
  });
});

Deno.test("ownLog() goes on with a log whose zag was killed before its first line", async () => {
  await inPlace((place) => {
    const { store, paths } = place;
    const started = "2026-01-01T00:00:01.000Z";
    const record = add(place, [], { name: "n", startedAt: started, launch: { x: 1 } });
    Deno.mkdirSync(dirname(record.logPath!), { recursive: true });
    Deno.writeTextFileSync(record.logPath!, "");
    const path = ownLog(store, paths, record);
    assertEquals(path, record.logPath);
    const { name, launch, startedAt } = retold(path);
    assertEquals([name, launch, startedAt], ["n", { x: 1 }, started]);
    assertEquals([...Deno.readDirSync(dirname(path))].length, 1);
    assertEquals(ownLog(store, paths, record), path);
    assertEquals(wholeLines(path).length, 2);
  });
});

Deno.test("withOwnLog() makes no log for a session that has none", async () => {
  await inPlace((place) => {
    const lost = add(place, []);
    assertEquals(withOwnLog(place.store, place.paths, lost), lost);
    using log = LogAppender.create({
      path: lost.logPath!,
      provider: "mock",
      sessionId: "0-session",
    });
    log.append([START]);
    const { logPath } = withOwnLog(place.store, place.paths, lost);
    assertEquals(logPath, place.paths.copiedLog(undefined, "0-session"));
  });
});

Deno.test("placeForLog() gives the place of a session that was deleted again", async () => {
  await inPlace((place) => {
    const { paths, store } = place;
    const id = "0-session";
    assertEquals(placeForLog(paths, undefined, id), paths.sessionLog(undefined, id));
    const record = add(place, OURS);
    assertEquals(placeForLog(paths, undefined, id), undefined);
    deleteSession(store, paths, record);
    assertEquals(placeForLog(paths, undefined, id), record.logPath);
  });
  await inPlace((place) => {
    const { paths, store } = place;
    const record = add(place, [START]);
    const copy = paths.copiedLog(undefined, "0-session");
    assertEquals(placeForLog(paths, undefined, "0-session"), copy);
    deleteSession(store, paths, record);
    assertEquals(placeForLog(paths, undefined, "0-session"), copy);
    assertEquals(wholeLines(copy).map(({ type }) => type), ["session_deleted"]);
    assertEquals(wholeLines(record.logPath!).length, 1);
  });
});
