import { openIndexToRead } from "../../src/sessions/recovery/open_index.ts";
import { markEnded } from "../../src/sessions/markers.ts";
import type { SessionStore } from "../../src/sessions/store.ts";
import {
  type WaitAccess,
  waitForSessions,
  type WaitOptions,
} from "../../src/orchestration/wait_sessions.ts";
import { assertEquals } from "../support/assert.ts";
import { inRunWorld, type RunWorld } from "./run_world.ts";
import { inState, NOW } from "./support.ts";

/** Longer than any test may take: only an event can tell. */
const NEVER = 1_000_000;

/** How sessions ended: id, status, error. */
type Ends = [id: string, status: string, error: string | null][];

/** Waits, and does something once it is known that the sessions have not ended. */
async function wait(
  access: WaitAccess,
  ids: readonly string[],
  meanwhile?: () => unknown,
  options: WaitOptions = {},
): Promise<Ends> {
  const sessions = ids.map((id) => access.store.getSession(id)!);
  const ends: Ends = [];
  const waited = Promise.withResolvers<void>();
  const done = waited.promise.then(() => meanwhile?.());
  const all = waitForSessions(access, sessions, {
    lookMs: 10,
    ...options,
    debug: (message) => {
      if (message.includes("are polled every")) waited.resolve();
      options.debug?.(message);
    },
  });
  for await (const { session, state } of all) {
    ends.push([session.sessionId, state.status, state.error]);
  }
  if (meanwhile) await done;
  return ends;
}

function accessOf({ store, paths }: RunWorld, now = () => new Date()): WaitAccess {
  return { store, paths, now };
}

const mark = ({ paths }: RunWorld, id = "s") =>
  markEnded(paths, id, { success: true, exitCode: 0 }, new Date());

Deno.test(
  "waitForSessions learns of an end from its marker",
  inRunWorld(async (world) => {
    world.begin("run");
    const ends = await wait(accessOf(world), ["s"], async () => {
      world.end("run");
      await mark(world);
    }, { lookMs: NEVER });
    assertEquals(ends, [["s", "completed", null]]);
  }),
);

Deno.test(
  "waitForSessions finds an end without a marker when it looks",
  inRunWorld(async (world) => {
    world.begin("run");
    assertEquals(await wait(accessOf(world), ["s"], () => world.end("run")), [
      ["s", "completed", null],
    ]);
  }),
);

Deno.test(
  "waitForSessions does not take the marker of an earlier run for the end",
  inRunWorld(async (world) => {
    world.begin("one");
    const ends = await wait(accessOf(world), ["s"], async () => {
      world.end("one");
      world.begin("two");
      await mark(world);
      world.end("two");
      await mark(world);
    }, { lookMs: NEVER });
    assertEquals(ends, [["s", "completed", null]]);
    assertEquals(world.store.getProcess("two")!.status, "exited");
  }),
);

Deno.test(
  "waitForSessions waits for the run with which an owner goes on",
  inRunWorld(async (world) => {
    world.begin("one");
    world.leave("one");
    world.goOn("one", "two");
    const ends = await wait(accessOf(world), ["s"], () => world.end("two"));
    assertEquals(ends, [["s", "completed", null]]);
  }),
);

Deno.test(
  "waitForSessions waits until the row of the run is closed",
  inRunWorld(async (world) => {
    world.begin("run");
    const ends = await wait(accessOf(world), ["s"], async () => {
      world.store.updateSession("s", { outcome: "success", endedAt: world.tick() });
      await mark(world);
      world.end("run");
    });
    assertEquals(ends, [["s", "completed", null]]);
  }),
);

Deno.test(
  "waitForSessions calls a session dead when its owner is gone, and closes its books",
  inRunWorld(async (world) => {
    world.begin("run");
    const ends = await wait(accessOf(world), ["s"], () => world.owner.kill("SIGKILL"));
    assertEquals(ends, [["s", "dead", "zag was killed while the session ran"]]);
    assertEquals(world.logged.at(-1), "session_ended");
  }),
);

Deno.test(
  "waitForSessions believes the end that a killed owner has logged",
  inRunWorld(async (world) => {
    world.begin("run");
    const ends = await wait(accessOf(world), ["s"], () => {
      world.log(world.tick(), {
        type: "session_ended",
        success: true,
        error: null,
        outcome: "success",
      });
      world.owner.kill("SIGKILL");
    });
    assertEquals(ends, [["s", "completed", null]]);
  }),
);

for (const [logged, expected] of [[true, "completed"], [false, "dead"]] as const) {
  Deno.test(
    `waitForSessions says ${expected} of a killed one where the index cannot be written`,
    inRunWorld(async (world) => {
      world.begin("run");
      if (logged) {
        world.log(world.tick(), { type: "session_ended", success: true, error: null });
      }
      world.owner.kill("SIGKILL");
      await world.owner.status;
      // As one that was opened on a disk that is read-only.
      const store: SessionStore = new Proxy(world.store, {
        get(target, name) {
          if (name === "runningProcesses") throw new Error("read-only");
          const value = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
      const notes: string[] = [];
      const ends = await wait({ ...accessOf(world), store }, ["s"], undefined, {
        debug: (message) => notes.push(message),
      });
      assertEquals(ends.map(([, status]) => status), [expected]);
      assertEquals(notes.includes("strays were left alone: read-only"), true);
    }),
  );
}

Deno.test(
  "waitForSessions tells that a session was deleted",
  inRunWorld(async (world) => {
    world.begin("run");
    const ends = await wait(accessOf(world), ["s"], () => world.store.deleteSession("s"));
    assertEquals(ends, [["s", "unknown", "it was deleted"]]);
  }),
);

Deno.test(
  "waitForSessions waits for a session that has not begun",
  inRunWorld(async (world) => {
    const { createdAt } = world.store.getSession("s")!;
    const soon = () => new Date(Date.parse(createdAt) + 30_000);
    const ends = await wait(accessOf(world, soon), ["s"], () => {
      world.begin("run");
      world.end("run");
    });
    assertEquals(ends, [["s", "completed", null]]);
  }),
);

Deno.test(
  "waitForSessions gives up a session that does not begin, 30 seconds after what it waits for",
  inRunWorld(async (world) => {
    world.begin("run");
    world.store.addSession({
      sessionId: "later",
      provider: "mock",
      command: "exec",
      workspacePath: "/",
      createdAt: world.tick(),
      dependencies: ["s", "nobody"],
      logPath: `${world.paths.home}/none.jsonl`,
    });
    let now = Date.parse(world.tick()) + 3_600_000;
    const access = accessOf(world, () => new Date(now));
    const ends = await wait(access, ["later"], () => {
      world.end("run");
      now = Date.parse(world.store.getSession("s")!.endedAt!) + 30_001;
    });
    assertEquals(ends, [["later", "dead", "it never began"]]);
  }),
);

Deno.test(
  "waitForSessions believes the log of a session whose runs are not known",
  inRunWorld(async (world) => {
    world.log(world.tick(), { type: "session_ended", success: false, error: "no luck" });
    assertEquals(await wait(accessOf(world), ["s"]), [["s", "failed", "no luck"]]);
  }),
);

Deno.test(
  "waitForSessions ends with the signal",
  inRunWorld(async (world) => {
    world.begin("run");
    const abort = new AbortController();
    const { signal } = abort;
    const options = { signal, lookMs: NEVER };
    assertEquals(await wait(accessOf(world), ["s"], () => abort.abort(), options), []);
    assertEquals(await wait(accessOf(world), ["s"], undefined, options), []);
  }),
);

Deno.test(
  "waitForSessions gives what has ended when the time is over, however little there was",
  inRunWorld(async (world) => {
    const lookMs = NEVER;
    world.begin("run");
    const time = new AbortController();
    // Nothing tells of this end.
    const meanwhile = () => {
      world.end("run");
      time.abort();
    };
    const ended: Ends = [["s", "completed", null]];
    const late = time.signal;
    assertEquals(await wait(accessOf(world), ["s"], meanwhile, { late, lookMs }), ended);
    assertEquals(await wait(accessOf(world), ["s"], undefined, { late, lookMs }), ended);
    world.begin("next");
    assertEquals(await wait(accessOf(world), ["s"], undefined, { late, lookMs }), []);
  }),
);

Deno.test(
  "waitForSessions gives those that ended before in the order of their ends",
  inState(async (state) => {
    for (const [id, days] of [["b", 1], ["c", 3], ["a", 2]] as const) await state.add(id, { days });
    await state.add("u", { days: 4, more: { outcome: "unknown", command: "import" } });
    const access = { store: state.store, paths: state.paths, now: () => NOW };
    assertEquals(await wait(access, ["a", "b", "c", "u"], undefined, { lookMs: NEVER }), [
      ["u", "unknown", null],
      ["c", "completed", null],
      ["a", "completed", null],
      ["b", "completed", null],
    ]);
  }),
);

Deno.test(
  "waitForSessions goes on with the index that has taken the place of a lost one",
  inState(async (state) => {
    await state.add("a", { days: 0, live: true });
    const access = { store: state.store, paths: state.paths, now: () => NOW };
    const ends = await wait(access, ["a"], async () => {
      for (const end of ["", "-wal", "-shm"]) {
        await Deno.remove(state.paths.database + end).catch(() => {});
      }
      using other = await openIndexToRead(state.paths, {});
      const at = new Date().toISOString();
      other.updateSession("a", { outcome: "failure", error: "no luck", endedAt: at });
      const [run] = other.processesOf("a");
      if (run) other.endProcess(run.id, { status: "exited", exitCode: 1, at });
    });
    assertEquals(ends, [["a", "failed", "no luck"]]);
  }),
);
