import { dirname } from "node:path";
import { zagPaths } from "../../src/config/paths.ts";
import { subscribe, type SubscribeOptions } from "../../src/orchestration/subscribe.ts";
import type { NewSession } from "../../src/sessions/records.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { append, line, said, started } from "../sessions/follow/support.ts";
import { inTemp, message, session } from "../sessions/support.ts";
import { assertEquals } from "../support/assert.ts";

/** A state directory with its index. */
class World implements Disposable {
  readonly store: SessionStore;
  readonly paths;

  constructor(home: string) {
    this.paths = zagPaths({ get: (name) => name === "ZAG_HOME" ? home : undefined });
    this.store = SessionStore.open(this.paths.database);
  }

  /** Records a session, and returns the path of its log. */
  add(id: string, more: Partial<NewSession> = {}): string {
    this.store.addSession(session(id, more));
    const path = more.logPath ?? this.paths.sessionLog(more.project ?? undefined, id);
    Deno.mkdirSync(dirname(path), { recursive: true });
    return path;
  }

  /** Runs `happen` once the subscription is ready, and returns the first so many events. */
  async first(
    count: number,
    happen: () => void,
    options: Partial<SubscribeOptions> = {},
  ): Promise<string[]> {
    const stop = new AbortController();
    const seen: string[] = [];
    const { store, paths } = this;
    const scope = { project: undefined };
    const { signal } = stop;
    for await (
      const batch of subscribe({ store, paths, scope, signal, ready: happen, ...options })
    ) {
      seen.push(...batch.map(({ sessionId, event }) => `${sessionId} ${event.seq}`));
      if (seen.length >= count) stop.abort();
    }
    return seen;
  }

  [Symbol.dispose](): void {
    this.store.close();
  }
}

function withWorld(test: (world: World) => Promise<void>): () => Promise<void> {
  return () =>
    inTemp(async (dir) => {
      using world = new World(`${dir}/zag`);
      await test(world);
    });
}

Deno.test(
  "subscribe() gives the line whole whose beginning was there already",
  withWorld(async (world) => {
    const path = world.add("a");
    const text = said(3, "x".repeat(200_000));
    append(path, started(1), said(2), text.slice(0, 150_000));
    const seen = await world.first(2, () => append(path, text.slice(150_000), said(4)));
    assertEquals(seen, ["a 3", "a 4"]);
  }),
);

Deno.test(
  "subscribe() gives nothing again of a log that is written anew",
  withWorld(async (world) => {
    const [known, unknown] = [world.add("known"), world.add("unknown")];
    for (const path of [known, unknown]) append(path, started(1), said(2));
    const now = () => Date.now() + 60_000;
    const seen = await world.first(4, () => {
      Deno.writeTextFileSync(`${unknown}.new`, started(1) + said(2) + said(3, "new", now()));
      Deno.renameSync(`${unknown}.new`, unknown);
      append(known, said(3));
      queueMicrotask(() => {
        Deno.truncateSync(known, 0);
        append(known, started(1), said(2), said(3), said(4));
        append(known, said(5));
      });
    });
    assertEquals(seen.filter((one) => one.startsWith("known")), ["known 3", "known 4", "known 5"]);
    assertEquals(seen.filter((one) => one.startsWith("unknown")), ["unknown 3"]);
  }),
);

Deno.test(
  "subscribe() leaves out what was imported, what cannot be read and what nobody recorded",
  withWorld(async (world) => {
    const [a, copied] = [world.add("a"), world.paths.copiedLog(undefined, "b")];
    world.add("b", { logPath: copied });
    const seen = await world.first(2, () => {
      append(world.paths.sessionLog(undefined, "b"), said(1));
      append(world.paths.sessionLog(undefined, "nobody"), said(1));
      append(a, line(1, message("old")).replace('"wrapper","comp', '"backfill","comp'));
      append(a, "nonsense\n", said(2), '{"half');
      append(copied, said(7));
    });
    assertEquals(seen.toSorted(), ["a 2", "b 7"]);
  }),
);

Deno.test(
  "subscribe() stays in its project, also where all logs are in one directory",
  withWorld(async (world) => {
    const logPath = (id: string) => world.paths.sessionLog("mine", id);
    const mine = world.add("mine", { project: "mine", logPath: logPath("mine") });
    const other = world.add("other", { project: "other", logPath: logPath("other") });
    const seen = await world.first(1, () => {
      append(other, said(1));
      append(mine, said(1));
    }, { scope: { project: "mine" } });
    assertEquals(seen, ["mine 1"]);
  }),
);

Deno.test(
  "subscribe() finds the directory of a project that is made later",
  withWorld(async (world) => {
    const seen = await world.first(1, () => append(world.add("a", { project: "new" }), said(1)));
    assertEquals(seen, ["a 1"]);
  }),
);

Deno.test(
  "subscribe() ends with its signal while nothing happens",
  withWorld(async (world) => {
    const stop = new AbortController();
    const { store, paths } = world;
    const batches = subscribe({
      store,
      paths,
      scope: { project: null },
      signal: stop.signal,
      ready: () => queueMicrotask(() => stop.abort()),
    });
    assertEquals(await Array.fromAsync(batches), []);
  }),
);
