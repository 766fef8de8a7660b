import { join } from "node:path";
import { type LogSource, startBackgroundIndexing } from "../../src/search/background.ts";
import { compileQuery } from "../../src/search/query.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { inTemp, session } from "../sessions/support.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { said, searched } from "./support.ts";

/** A store with so many sessions whose logs are together worth the work. */
async function withSessions(
  count: number,
  test: (store: SessionStore, index: string, paths: string[]) => Promise<void>,
): Promise<void> {
  await inTemp(async (dir) => {
    using store = SessionStore.open(join(dir, "zag.db"));
    const paths: string[] = [];
    for (let at = 0; at < count; at++) {
      const logPath = join(dir, `${at}.jsonl`);
      await Deno.writeTextFile(logPath, said(1, `needle ${at} ${"hay ".repeat(400)}`));
      store.addSession(session(`s-${String(at).padStart(4, "0")}`, { logPath }));
      paths.push(logPath);
    }
    store.addSession(session("without-a-log"));
    // The work itself keeps no process alive, this one neither.
    const alive = setInterval(() => {}, 1000);
    try {
      await test(store, join(dir, "search.db"), paths);
    } finally {
      clearInterval(alive);
    }
  });
}

Deno.test("startBackgroundIndexing() indexes all logs of the store", async () => {
  await withSessions(450, async (store, index, paths) => {
    using work = startBackgroundIndexing({ index, source: store, delayMs: 0 });
    await work.ended;
    const { found, totals } = searched(paths, compileQuery({ text: "needle 77" }), index);
    assertEquals([found, totals.unindexed], [[`${paths[77]} 1`], 0]);
  });
});

Deno.test("startBackgroundIndexing() leaves a few new bytes for another time", async () => {
  await withSessions(3, async (store, index, paths) => {
    using work = startBackgroundIndexing({ index, source: store, delayMs: 0 });
    await work.ended;
    const { totals } = searched(paths, compileQuery({ text: "needle" }), index);
    assertEquals(totals.unindexed, totals.bytes);
  });
});

Deno.test("startBackgroundIndexing() ends when it is stopped, before or after it has begun", async () => {
  await withSessions(450, async (store, index, paths) => {
    const early = startBackgroundIndexing({ index, source: store });
    early.stop();
    early.stop();
    await early.ended;
    assertEquals(
      [...Deno.readDirSync(join(index, ".."))].some(({ name }) => name === "search.db"),
      false,
    );
    const asked = Promise.withResolvers<void>();
    const source = {
      logPaths(after: string, limit: number) {
        asked.resolve();
        return store.logPaths(after, limit);
      },
    };
    const late = startBackgroundIndexing({ index, source, delayMs: 0 });
    await asked.promise;
    late.stop();
    await late.ended;
    const { found } = searched(paths, compileQuery({ text: "needle 77" }), index);
    assertEquals(found, [`${paths[77]} 1`]);
  });
});

/** The store, and what resolves when it is asked for logs. */
function watched(store: SessionStore): { source: LogSource; asked: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const logPaths = (after: string, limit: number) => {
    resolve();
    return store.logPaths(after, limit);
  };
  return { source: { logPaths }, asked: promise };
}

Deno.test("startBackgroundIndexing() works once at a time in a process, and then where it was stopped", async () => {
  await withSessions(450, async (store, index, paths) => {
    const order: string[] = [];
    const start = (name: string) => {
      const { source, asked } = watched(store);
      asked.then(() => order.push(name));
      return { asked, ...startBackgroundIndexing({ index, source, delayMs: 0 }) };
    };
    const first = start("first");
    await first.asked;
    const given = start("given up");
    const second = start("second");
    given.stop();
    await given.ended;
    assertEquals(order, ["first"]);
    first.stop();
    await second.asked;
    const third = start("third");
    await second.ended;
    await third.ended;
    // Nothing was left to do for the last one.
    assertEquals(order, ["first", "second"]);
    const { totals } = searched(paths, compileQuery({ text: "needle 77" }), index);
    assertEquals(totals.unindexed, 0);
  });
});

Deno.test({
  name: "startBackgroundIndexing() leaves no file open, and what it wrote beside the index",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await withSessions(450, async (store, index) => {
      await startBackgroundIndexing({ index, source: store, delayMs: 0 }).ended;
      const open = [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
        try {
          return [Deno.readLinkSync(`/proc/self/fd/${name}`)];
        } catch {
          return [];
        }
      });
      assertEquals(open.filter((path) => path.startsWith(index)), []);
      assert(Deno.statSync(`${index}-wal`).size > 0);
    });
  },
});

Deno.test("startBackgroundIndexing() never fails, whatever it meets", async () => {
  await withSessions(3, async (_, index) => {
    const source = {
      logPaths(): never {
        throw new Error("the store is closed");
      },
    };
    await startBackgroundIndexing({ index, source, delayMs: 0 }).ended;
    const elsewhere = join(index, "..", "0.jsonl", "search.db");
    await startBackgroundIndexing({ index: elsewhere, source, delayMs: 0 }).ended;
  });
});

Deno.test("startBackgroundIndexing() keeps no process alive", async () => {
  const module = new URL("../../src/search/background.ts", import.meta.url).href;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import { type LogSource, startBackgroundIndexing } from ${JSON.stringify(module)};
       startBackgroundIndexing({ index: "/nowhere/x", source: { logPaths: () => [] }, delayMs: 3600_000 });
       console.log("ended");`,
    ],
  }).output();
  assertEquals([code, new TextDecoder().decode(stdout)], [0, "ended\n"]);
});
