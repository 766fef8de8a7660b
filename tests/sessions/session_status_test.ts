import { startTimeOf } from "../../src/processes/process_table.ts";
import type { NewProcess, NewSession } from "../../src/sessions/records.ts";
import {
  lastSign,
  SESSION_STATUSES,
  sessionState,
  sessionStates,
  type SessionStatus,
} from "../../src/sessions/session_status.ts";
import { writeQuestion } from "../../src/sessions/permission_files.ts";
import type { SessionStore } from "../../src/sessions/store.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { AT, session, withStore } from "./support.ts";

const NOW = new Date("2026-01-02T05:00:00.000Z");
const before = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();

/** This process lives; nobody has its number with that start. */
const ALIVE = { ownerPid: Deno.pid, ownerStart: startTimeOf(Deno.pid)! };
const GONE = { ownerPid: Deno.pid, ownerStart: ALIVE.ownerStart.replace(/\d+$/, "1") };
const ENDED = { ...GONE, status: "exited", exitCode: 0 } as const;

type Case = [
  title: string,
  session: Partial<NewSession>,
  run: Partial<NewProcess> | undefined,
  status: SessionStatus,
  error?: string,
];

const CASES: readonly Case[] = [
  ["success", { outcome: "success" }, ENDED, "completed"],
  ["success, its record says so whatever its run says", { outcome: "success" }, ALIVE, "completed"],
  ["failure", { outcome: "failure", error: "why" }, ENDED, "failed", "why"],
  ["a timeout", { outcome: "timeout", error: "too late" }, ENDED, "failed", "too late"],
  ["an interrupt", { outcome: "interrupted" }, ENDED, "failed"],
  ["a kill", { outcome: "killed" }, ENDED, "failed"],
  ["an end that nobody understood", { outcome: "unknown" }, ENDED, "failed"],
  ["an end that was only read of", { outcome: "unknown", command: "import" }, undefined, "unknown"],
  ["a killed zag", { outcome: "dead", error: "killed" }, ENDED, "dead", "killed"],
  ["a living zag", { startedAt: before(1) }, ALIVE, "running"],
  ["a living agent", { startedAt: before(1) }, {
    ...GONE,
    agentPid: ALIVE.ownerPid,
    agentStart: ALIVE.ownerStart,
  }, "running"],
  ["a fresh heartbeat", { startedAt: before(900), heartbeatAt: before(30) }, ALIVE, "running"],
  ["a stale heartbeat", { startedAt: before(900), heartbeatAt: before(31) }, ALIVE, "idle"],
  ["no heartbeat", { startedAt: before(31) }, ALIVE, "idle"],
  [
    "a heartbeat of an earlier run",
    { startedAt: before(2), heartbeatAt: before(900) },
    ALIVE,
    "running",
  ],
  ["a clock that was set back", { startedAt: before(-900) }, ALIVE, "running"],
  ["a process that is gone", {}, GONE, "dead", "its process is gone"],
  ["a process that is gone, and an error", { error: "why" }, GONE, "dead", "why"],
  ["a run that exited well", {}, ENDED, "completed"],
  ["a run that exited badly", {}, { ...ENDED, exitCode: 3 }, "failed"],
  ["a run that was killed", {}, { ...ENDED, status: "killed" }, "failed"],
  ["a run that ended, nobody knows how", {}, { ...ENDED, exitCode: null }, "failed"],
  ["no run", {}, undefined, "unknown"],
];

function add(store: SessionStore, id: string, [, record, run]: Case): void {
  store.addSession(session(id, record));
  if (!run) return;
  const more = {
    provider: "mock",
    command: "exec",
    startedAt: record.startedAt ?? AT,
    ownerPid: 1,
  };
  store.addProcess({ ...more, id: `${id}-run`, sessionId: id, ...run });
}

for (const row of CASES) {
  const [title, , run, status, error = null] = row;
  Deno.test(`sessionState of a session with ${title} is ${status}`, async () => {
    await withStore((store) => {
      add(store, "id", row);
      const state = sessionState(store, store.getSession("id")!, NOW);
      assertEquals([state.status, state.error], [status, error]);
      assertEquals(state.run?.id, run && "id-run");
    });
  });
}

Deno.test("sessionState looks at the newest run alone", async () => {
  await withStore((store) => {
    add(store, "id", ["", {}, { ...ENDED, status: "killed" }, "failed"]);
    const again = { provider: "mock", command: "exec", startedAt: before(1), sessionId: "id" };
    store.addProcess({ ...again, id: "second", ...ALIVE });
    store.updateSession("id", { startedAt: before(1) });
    assertEquals(sessionState(store, store.getSession("id")!, NOW).status, "running");
  });
});

Deno.test("sessionStates says the same as sessionState, for all at once", async () => {
  await withStore((store) => {
    for (const [index, row] of CASES.entries()) add(store, `s-${index}`, row);
    const sessions = store.listSessions();
    const states = sessionStates(store, sessions, NOW);
    assertEquals(states.size, CASES.length);
    for (const record of sessions) {
      const { status, error } = sessionState(store, record, NOW);
      const found = states.get(record.sessionId)!;
      assertEquals([found.status, found.error], [status, error]);
    }
    assertEquals(
      new Set([...states.values()].map(({ status }) => status)),
      new Set(SESSION_STATUSES),
    );
  });
});

Deno.test("sessionStates asks the store once, and again for what looks dead, however many sessions there are", async () => {
  await withStore((store) => {
    for (const [index, row] of CASES.entries()) add(store, `s-${index}`, row);
    const asked: string[] = [];
    const spy = new Proxy(store, {
      get(target, key) {
        const value = Reflect.get(target, key, target);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          asked.push(String(key));
          return value.apply(target, args);
        };
      },
    });
    sessionStates(spy, store.listSessions(), NOW);
    assertEquals(asked, ["newestRuns", "newestRuns"]);
    asked.length = 0;
    const ended = store.listSessions().filter(({ outcome }) => outcome !== null);
    sessionStates(spy, ended, NOW);
    assertEquals(asked, ["newestRuns"]);
  });
});

Deno.test("lastSign is the newest of what the newest run has shown", async () => {
  await withStore((store) => {
    const of = (record: Partial<NewSession>) => {
      store.deleteSession("id");
      store.addSession(session("id", record));
      return lastSign(store.getSession("id")!, undefined);
    };
    assertEquals(of({}), null);
    assertEquals(of({ heartbeatAt: before(5) }), before(5));
    assertEquals(of({ startedAt: before(9), heartbeatAt: before(5) }), before(5));
    assertEquals(of({ startedAt: before(5), heartbeatAt: before(9) }), before(5));
    assert(of({ startedAt: before(5) }) === before(5));
  });
});

for (
  const [whose, run, asks] of [
    ["a living zag", ALIVE, true],
    // Its agent lives on, and nobody would hear the answer.
    ["a killed zag", { ...GONE, agentPid: ALIVE.ownerPid, agentStart: ALIVE.ownerStart }, false],
    ["a run that has ended", ENDED, false],
  ] as const
) {
  Deno.test(`sessionState() and sessionStates(): a question of ${whose} is ${asks ? "" : "not "}waited for`, async () => {
    const directory = await Deno.makeTempDir();
    try {
      writeQuestion(directory, {
        ...{ id: "q1", session_id: "s", provider: "mock", tool_name: "shell", kind: "shell" },
        ...{ description: "ls", input: {}, cwd: "/work", asked_at: before(1) },
      });
      await withStore((store) => {
        add(store, "id", ["", { startedAt: before(1) }, run, "running"]);
        const found = store.getSession("id")!;
        const paths = { launchFiles: () => directory };
        const one = sessionState(store, found, NOW, paths);
        const all = sessionStates(store, [found], NOW, paths).get(found.sessionId);
        const ids = [one, all].map((each) => each?.questions?.map(({ id }) => id));
        assertEquals(ids, asks ? [["q1"], ["q1"]] : [undefined, undefined]);
        if (asks) assertEquals([one.status, all?.status], ["idle", "idle"]);
      });
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}
