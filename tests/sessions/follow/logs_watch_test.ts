import { join } from "node:path";
import { LogsWatch } from "../../../src/sessions/follow/logs_watch.ts";
import { assertEquals } from "../../support/assert.ts";
import { inTemp } from "../support.ts";

/** Longer than any test may take: only the system can tell about a change. */
const NEVER = 1_000_000;

/** Runs a test with a watch, in a fresh directory whose path has no links in it. */
async function withWatch(
  test: (watch: LogsWatch, dir: string) => Promise<void>,
  lookMs = NEVER,
): Promise<void> {
  await inTemp(async (temp) => {
    using watch = new LogsWatch({ lookMs });
    await test(watch, await Deno.realPath(temp));
  });
}

/** What has changed, once it is one of these; what the system tells late of others is passed over. */
async function changedOf(watch: LogsWatch, wanted: readonly string[]): Promise<string> {
  for (;;) {
    for (const path of await watch.changed()) if (wanted.includes(path)) return path;
  }
}

Deno.test("LogsWatch tells which file is made, grows, is cut off, replaced and removed", () =>
  withWatch(async (watch, dir) => {
    const paths = ["a", "b"].map((name) => join(dir, name));
    for (const path of paths) watch.add(path);
    assertEquals([...await watch.changed()], [], "all have to be looked at first");
    for (const path of [...paths, ...paths.toReversed()]) {
      for (
        const change of [
          () => Deno.writeTextFileSync(path, "a"),
          () => Deno.writeTextFileSync(path, "b", { append: true }),
          () => Deno.truncateSync(path, 0),
          () => {
            Deno.writeTextFileSync(join(dir, "other"), "c");
            Deno.renameSync(join(dir, "other"), path);
          },
          () => Deno.removeSync(path),
        ]
      ) {
        change();
        assertEquals(await changedOf(watch, [path]), path);
      }
    }
  }));

Deno.test("LogsWatch says nothing of other files, nor of who reads", () =>
  withWatch(async (watch, dir) => {
    const [path, end] = [join(dir, "log"), join(dir, "end")];
    Deno.writeTextFileSync(path, "a");
    watch.add(path);
    watch.add(end);
    await watch.changed();
    const changed = watch.changed();
    Deno.writeTextFileSync(join(dir, "other"), "a");
    Deno.readTextFileSync(path);
    Deno.writeTextFileSync(end, "a");
    assertEquals([...await changed], [end]);
  }));

Deno.test("LogsWatch watches a whole directory, with files that come later", () =>
  withWatch(async (watch, dir) => {
    watch.add(join(dir, "a"));
    watch.addDirectory(dir);
    watch.add(join(dir, "b"));
    await watch.changed();
    Deno.writeTextFileSync(join(dir, "c"), "a");
    assertEquals([...await watch.changed()], [join(dir, "c")]);
  }));

Deno.test("LogsWatch tells to look at everything when a file in another directory is added", () =>
  withWatch(async (watch, dir) => {
    const other = join(dir, "other");
    Deno.mkdirSync(other);
    watch.add(join(dir, "a"));
    await watch.changed();
    watch.add(join(other, "b"));
    assertEquals([...await watch.changed()], []);
    for (const path of [join(dir, "a"), join(other, "b")]) {
      Deno.writeTextFileSync(path, "a");
      assertEquals(await changedOf(watch, [path]), path);
    }
  }));

Deno.test("LogsWatch finds a file in directories that are made later", () =>
  withWatch(async (watch, dir) => {
    const path = join(dir, "a", "b", "log");
    watch.add(path);
    await watch.changed();
    for (const directory of [join(dir, "a"), join(dir, "a", "b")]) {
      Deno.mkdirSync(directory);
      assertEquals([...await watch.changed()], [], "something is there");
      assertEquals([...await watch.changed()], [], "and is watched from now on");
    }
    Deno.writeTextFileSync(path, "a");
    assertEquals(await changedOf(watch, [path]), path);
  }));

Deno.test("LogsWatch keeps what changed while nobody waited", () =>
  withWatch(async (watch, dir) => {
    const paths = ["a", "b"].map((name) => join(dir, name));
    for (const path of paths) watch.add(path);
    await watch.changed();
    const first = watch.changed();
    for (const path of paths) Deno.writeTextFileSync(path, "a");
    const seen = new Set(await first);
    while (seen.size < 2) for (const path of await watch.changed()) seen.add(path);
    assertEquals([...seen].toSorted(), paths);
  }));

Deno.test("LogsWatch looks at everything after a while without a change", () =>
  withWatch(async (watch, dir) => {
    watch.add(join(dir, "a"));
    await watch.changed();
    assertEquals([...await watch.changed()], []);
  }, 1));

Deno.test("LogsWatch stops waiting with the signal, and when it is disposed", () =>
  withWatch(async (watch, dir) => {
    watch.add(join(dir, "a"));
    await watch.changed();
    const abort = new AbortController();
    const changed = watch.changed(abort.signal);
    abort.abort();
    assertEquals([...await changed], []);
    assertEquals([...await watch.changed(abort.signal)], []);
    const last = watch.changed();
    watch[Symbol.dispose]();
    assertEquals([...await last], []);
    assertEquals([...await watch.changed()], []);
  }));

Deno.test("LogsWatch looks again and again where nothing can be watched, and says so once", async () => {
  await inTemp(async (temp) => {
    const dir = await Deno.realPath(temp);
    const reasons: string[] = [];
    const { watchFs } = Deno;
    Deno.watchFs = () => {
      throw new Error("too many watchers");
    };
    try {
      using watch = new LogsWatch({ lookMs: NEVER, polling: (reason) => reasons.push(reason) });
      watch.add(join(dir, "a"));
      for (let look = 0; look < 3; look++) assertEquals([...await watch.changed()], []);
      assertEquals(reasons, ["too many watchers"]);
    } finally {
      Deno.watchFs = watchFs;
    }
  });
});
