import { join } from "node:path";
import { FileWatch } from "../../../src/sessions/follow/file_watch.ts";
import { inTemp } from "../support.ts";

/** Longer than any test may take: only the system can tell about a change. */
const NEVER = 1_000_000;

Deno.test("FileWatch tells when its file is made, grows, is cut off, replaced and removed", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    using watch = new FileWatch(path, NEVER);
    const changes = [
      () => Deno.writeTextFileSync(path, "a"),
      () => Deno.writeTextFileSync(path, "b", { append: true }),
      () => Deno.truncateSync(path, 0),
      () => {
        Deno.writeTextFileSync(join(dir, "other"), "c");
        Deno.renameSync(join(dir, "other"), path);
      },
      () => Deno.removeSync(path),
    ];
    for (const change of changes) {
      const changed = watch.changed();
      change();
      await changed;
    }
  });
});

Deno.test("FileWatch tells about a file in a directory that is made later", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "a", "b", "log.jsonl");
    using watch = new FileWatch(path, NEVER);
    for (const directory of [join(dir, "a"), join(dir, "a", "b")]) {
      const changed = watch.changed();
      Deno.mkdirSync(directory);
      await changed;
    }
    const changed = watch.changed();
    Deno.writeTextFileSync(path, "a");
    await changed;
  });
});

Deno.test("FileWatch tells at once about a change that nobody waited for", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    using watch = new FileWatch(path, NEVER);
    const changed = watch.changed();
    Deno.writeTextFileSync(path, "a");
    await changed;
    Deno.writeTextFileSync(path, "b", { append: true });
    await watch.changed();
  });
});

Deno.test("FileWatch looks again after a while without a change", async () => {
  await inTemp(async (dir) => {
    using watch = new FileWatch(join(dir, "log.jsonl"), 1);
    await watch.changed();
  });
});

Deno.test("FileWatch stops waiting with the signal", async () => {
  await inTemp(async (dir) => {
    using watch = new FileWatch(join(dir, "log.jsonl"), NEVER);
    const abort = new AbortController();
    const changed = watch.changed(abort.signal);
    abort.abort();
    await changed;
    await watch.changed(abort.signal);
  });
});
