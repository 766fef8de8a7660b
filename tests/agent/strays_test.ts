import { endStrays } from "../../src/agent/strays.ts";
import { zagPaths } from "../../src/config/paths.ts";
import { isAlive, startTimeOf } from "../../src/processes/process_table.ts";
import { readLog } from "../../src/sessions/log_reader.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";

/** No process of this boot has this start time, so a process that claims it is gone. */
const GONE = { ownerPid: 2 ** 22 + 1, ownerStart: "proc:00000000:1" };

interface World {
  store: SessionStore;
  notes: string[];
  dir: string;
  /** Looks for strays. */
  look(): Promise<void>;
}

async function inWorld(test: (world: World) => Promise<void>): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir());
  const paths = zagPaths({ get: (name) => name === "ZAG_HOME" ? dir : undefined });
  const notes: string[] = [];
  const store = SessionStore.open(paths.database);
  try {
    await test({
      store,
      notes,
      dir,
      look: () => endStrays(store, paths, (message) => void notes.push(message)),
    });
  } finally {
    try {
      store.close();
    } catch {
      // The test has closed it.
    }
    await Deno.remove(dir, { recursive: true });
  }
}

function add(store: SessionStore, id: string, logPath: string | null): void {
  const startedAt = "2026-01-01T00:00:00.000Z";
  const base = { provider: "mock", command: "exec" } as const;
  store.addSession({ ...base, sessionId: id, workspacePath: "/", createdAt: startedAt, logPath });
  store.addProcess({ ...base, ...GONE, id: `run-${id}`, sessionId: id, startedAt });
}

Deno.test({
  name: "endStrays() finds an agent that its zag had no time to note",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inWorld(async ({ store, notes, look }) => {
      add(store, "s", null);
      const child = new Deno.Command("sleep", {
        args: ["600"],
        env: { ZAG_PROCESS_ID: "run-s" },
      }).spawn();
      const identity = { pid: child.pid, startTime: startTimeOf(child.pid)! };
      const ended = child.status;
      await look();
      assertEquals([(await ended).signal, isAlive(identity)], ["SIGTERM", false]);
      assertEquals(notes, ["ended 1 processes of session s, whose zag is gone"]);
    }),
});

Deno.test("endStrays() removes what a zag that was killed behind its books has left of a run, and nothing of others", () =>
  inWorld(async ({ store, dir, look }) => {
    const startedAt = "2026-01-01T00:00:00.000Z";
    const base = { provider: "mock", command: "exec", startedAt } as const;
    const own = { ownerPid: Deno.pid, ownerStart: startTimeOf(Deno.pid)! };
    const owners = { gone: GONE, alive: own, "of-nobody": undefined };
    for (const [id, owner] of Object.entries(owners)) {
      await Deno.mkdir(`${dir}/temp/${id}`, { recursive: true });
      await Deno.writeTextFile(`${dir}/temp/${id}/system_prompt`, "secret");
      if (owner === undefined) continue;
      store.addProcess({ ...base, ...owner, id, sessionId: id });
      store.endProcess(id, { status: "exited", exitCode: 0 });
    }
    await Deno.writeTextFile(`${dir}/temp/gone.lock`, "");
    using held = await Deno.open(`${dir}/temp/alive.lock`, { write: true, create: true });
    await held.lock(true);
    await look();
    const left = [...Deno.readDirSync(`${dir}/temp`)].map(({ name }) => name);
    // One lives and tidies up by itself, and what has no record may get one.
    assertEquals(left.sort(), ["alive", "alive.lock", "of-nobody"]);
  }));

Deno.test("endStrays() closes the books of a dead session: log, index, process and marker", () =>
  inWorld(async ({ store, dir, look }) => {
    const path = `${dir}/s.jsonl`;
    add(store, "s", path);
    await look();
    const events = [];
    for await (const { event } of readLog(path)) events.push(event);
    assertEquals(events.map((event) => event?.type), [
      "session_started",
      "session_meta",
      "session_ended",
    ]);
    assertEquals([store.getSession("s")?.outcome, store.getProcess("run-s")?.status], [
      "dead",
      "killed",
    ]);
    assertMatch(await Deno.readTextFile(`${dir}/events/s.ended`), /"success":false/);
    await look();
    assertEquals((await Deno.readTextFile(path)).split("\n").length, 4);
  }));

Deno.test("endStrays() leaves what runs alone", () =>
  inWorld(async ({ store, notes, look }) => {
    const startedAt = "2026-01-01T00:00:00.000Z";
    const base = { provider: "mock", command: "exec", startedAt } as const;
    const own = { ownerPid: Deno.pid, ownerStart: startTimeOf(Deno.pid) ?? null };
    store.addProcess({ ...base, ...own, id: "mine" });
    // Whether it lives cannot be told, so it counts as alive.
    store.addProcess({ ...base, ownerPid: Deno.pid, ownerStart: "unknown", id: "unclear" });
    await look();
    assertEquals(store.runningProcesses().map(({ id }) => id), ["mine", "unclear"]);
    assertEquals(notes, []);
  }));

Deno.test("endStrays() says that it could not tidy up, and lets the session begin", () =>
  inWorld(async ({ store, notes, look }) => {
    add(store, "s", null);
    store.close();
    await look();
    assertMatch(notes.join(), /^strays were left alone: /);
  }));

Deno.test({
  name:
    "endStrays() removes the pipe of a session that took messages, and nothing else in its place",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inWorld(async ({ store, dir, look }) => {
      await Deno.mkdir(`${dir}/fifos`);
      const startedAt = "2026-01-01T00:00:00.000Z";
      const base = { provider: "mock", command: "interactive" } as const;
      for (const id of ["pipe", "file"]) {
        store.addSession({ ...base, sessionId: id, workspacePath: "/", createdAt: startedAt });
        store.addProcess({ ...base, ...GONE, id: `run-${id}`, sessionId: id, startedAt });
      }
      await new Deno.Command("mkfifo", { args: [`${dir}/fifos/pipe`] }).output();
      await Deno.writeTextFile(`${dir}/fifos/file`, "precious");
      await look();
      assertEquals([...Deno.readDirSync(`${dir}/fifos`)].map(({ name }) => name), ["file"]);
    }),
});
