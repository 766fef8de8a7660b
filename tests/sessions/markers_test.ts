import { join } from "node:path";
import { zagPaths } from "../../src/config/paths.ts";
import { markEnded, markStarted, pruneMarkers } from "../../src/sessions/markers.ts";
import { assertEquals } from "../support/assert.ts";
import { inTemp, runAtOnce } from "./support.ts";

const NOW = new Date("2026-03-10T12:00:00.000Z");
const DAY = 24 * 60 * 60 * 1000;

function pathsIn(dir: string) {
  return zagPaths({ get: (name) => name === "ZAG_HOME" ? dir : undefined });
}

function namesIn(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map((entry) => entry.name).sort();
}

Deno.test("markStarted() and markEnded() leave whole, private files and nothing else", async () => {
  await inTemp(async (dir) => {
    const paths = pathsIn(dir);
    await markStarted(paths, "s-1", NOW);
    await markEnded(paths, "s-1", { success: false, exitCode: null }, NOW);
    await markEnded(paths, "s-1", { success: true, exitCode: 0 }, NOW);
    assertEquals(
      await Deno.readTextFile(paths.started("s-1")),
      '{"session_id":"s-1","started_at":"2026-03-10T12:00:00.000Z"}',
    );
    assertEquals(
      await Deno.readTextFile(paths.ended("s-1")),
      '{"session_id":"s-1","success":true,"exit_code":0,"ended_at":"2026-03-10T12:00:00.000Z"}',
    );
    assertEquals(namesIn(paths.eventsDir), ["s-1.ended", "s-1.started"]);
    if (Deno.build.os !== "windows") {
      assertEquals((Deno.statSync(paths.started("s-1")).mode ?? 0) & 0o777, 0o600);
      assertEquals((Deno.statSync(paths.eventsDir).mode ?? 0) & 0o777, 0o700);
    }
  });
});

/** Makes files whose last change lies so many days back. */
async function leaveMarkers(directory: string, ages: Record<string, number>): Promise<void> {
  await Deno.mkdir(directory);
  for (const [name, days] of Object.entries(ages)) {
    const path = join(directory, name);
    await Deno.writeTextFile(path, "{}");
    const at = new Date(NOW.getTime() - days * DAY);
    await Deno.utime(path, at, at);
  }
}

Deno.test("pruneMarkers() removes markers older than 7 days and no other file", async () => {
  await inTemp(async (dir) => {
    const paths = pathsIn(dir);
    const ages: Record<string, number> = {
      "old.started": 7.1,
      "old.ended": 30,
      "old.ended.x.tmp": 8,
      "new.started": 6.9,
      "new.ended": 0,
      "notes.txt": 100,
    };
    await leaveMarkers(paths.eventsDir, ages);
    assertEquals(await pruneMarkers(paths, NOW), 3);
    assertEquals(namesIn(paths.eventsDir), [".pruned", "new.ended", "new.started", "notes.txt"]);
  });
});

Deno.test("pruneMarkers() leaves the markers of a session that may go on", async () => {
  await inTemp(async (dir) => {
    const paths = pathsIn(dir);
    const ages: Record<string, number> = {
      "long.started": 30,
      "resumed.started": 1,
      "resumed.ended": 30,
      "over.started": 30,
      "over.ended": 8,
      "ended-today.started": 30,
      "ended-today.ended": 0,
    };
    await leaveMarkers(paths.eventsDir, ages);
    assertEquals(await pruneMarkers(paths, NOW), 2);
    assertEquals(namesIn(paths.eventsDir), [
      ".pruned",
      "ended-today.ended",
      "ended-today.started",
      "long.started",
      "resumed.ended",
      "resumed.started",
    ]);
  });
});

Deno.test("markers written and pruned by many processes at once are whole", async () => {
  await inTemp(async (dir) => {
    const paths = pathsIn(dir);
    await runAtOnce("mark", ["a", "b", "c", "d", "e", "f"].map((name) => [dir, name, "40"]));
    const names = namesIn(paths.eventsDir);
    // Each process has marks of its own, and all write those of one session.
    assertEquals(names.length, 6 * 40 * 2 + 2 + 1, "no temporary file, no old marker is left");
    for (const name of names) {
      if (name === ".pruned") continue;
      const marker = JSON.parse(await Deno.readTextFile(join(paths.eventsDir, name)));
      assertEquals(marker.session_id, name.replace(/\.\w+$/, ""));
    }
  });
});

Deno.test("pruneMarkers() looks once a day", async () => {
  await inTemp(async (dir) => {
    const paths = pathsIn(dir);
    assertEquals(await pruneMarkers(paths, NOW), 0);
    await markEnded(paths, "s-1", { success: true, exitCode: 0 }, NOW);
    const old = new Date(NOW.getTime() - 8 * DAY);
    await Deno.utime(paths.ended("s-1"), old, old);
    assertEquals(await pruneMarkers(paths, new Date(NOW.getTime() + DAY / 2)), 0);
    assertEquals(await pruneMarkers(paths, new Date(NOW.getTime() + DAY + 1)), 1);
  });
});
