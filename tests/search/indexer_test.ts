import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { INDEX_VERSION } from "../../src/search/index_file.ts";
import { IndexWriter } from "../../src/search/index_writer.ts";
import { compileQuery } from "../../src/search/query.ts";
import { inTemp } from "../sessions/support.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { indexAll, said, searched, seeded } from "./support.ts";

const needle = compileQuery({ text: "needle" });

/** Lines in which nothing that is looked for occurs, so that an index has something to leave out. */
function hay(seed: number, count: number): string {
  const random = seeded(seed);
  const word = () => Math.floor(random() * 1e9).toString(36);
  return Array.from(
    { length: count },
    (_, at) => said(at + 1, Array.from({ length: 20 }, word).join(" ")),
  )
    .join("");
}

/** A log with hay around one needle, and the index of it. */
async function withLog(
  test: (place: { dir: string; log: string; index: string; text: string }) => Promise<void>,
): Promise<void> {
  await inTemp(async (dir) => {
    const log = join(dir, "s.jsonl");
    const index = join(dir, "state", "search.db");
    const text = hay(1, 300) + said(301, "a Needle here") + hay(2, 300);
    await Deno.writeTextFile(log, text);
    await test({ dir, log, index, text });
  });
}

Deno.test("indexLogs() makes a search read only where something may be", async () => {
  await withLog(async ({ log, index, text }) => {
    assertEquals(await indexAll(index, [log], { columnBytes: 4096 }), {
      state: "done",
      bytes: text.length,
    });
    const { found, totals } = searched([log], needle, index);
    assertEquals(found, [`${log} 301`]);
    assertEquals([totals.bytes, totals.unindexed], [text.length, 0]);
    assert(totals.read < text.length / 4, `${totals.read}`);
    assertEquals(searched([log], compileQuery({ text: "not in there" }), index).totals.read, 0);
  });
});

Deno.test("indexLogs() takes up what was appended, and leaves out a line that is not whole", async () => {
  await withLog(async ({ log, index, text }) => {
    await indexAll(index, [log]);
    const more = said(900, "the second needle");
    await Deno.writeTextFile(log, more.slice(0, 150), { append: true });
    assertEquals((await indexAll(index, [log])).bytes, 0);
    assertEquals(searched([log], needle, index).found, [`${log} 301`]);
    await Deno.writeTextFile(log, more.slice(150), { append: true });
    assertEquals(searched([log], needle, index).found, [`${log} 301`, `${log} 900`]);
    assertEquals((await indexAll(index, [log])).bytes, more.length);
    const { found, totals } = searched([log], needle, index);
    assertEquals([found, totals.unindexed], [[`${log} 301`, `${log} 900`], 0]);
    assertEquals(totals.bytes, text.length + more.length);
  });
});

Deno.test("indexLogs() does nothing about logs that have not changed", async () => {
  await withLog(async ({ log, index }) => {
    await indexAll(index, [log]);
    const before = Deno.statSync(index);
    assertEquals(await indexAll(index, [log]), { state: "done", bytes: 0 });
    assertEquals(Deno.statSync(index).mtime, before.mtime);
  });
});

Deno.test("searchLogs() is not misled by an index of a log that was changed since", async () => {
  await withLog(async ({ dir, log, index, text }) => {
    const moved = said(7, "needle of another");
    const changes: [string, () => Promise<void>][] = [
      ["cut", () => Deno.writeTextFile(log, moved)],
      ["replaced by a longer one", async () => {
        await Deno.writeTextFile(join(dir, "new"), hay(3, 900) + moved);
        await Deno.rename(join(dir, "new"), log);
      }],
      ["rewritten in its place, longer", () => Deno.writeTextFile(log, hay(4, 900) + moved)],
      ["rewritten in its place, of the same length", async () => {
        using file = await Deno.open(log, { write: true });
        const at = text.indexOf("a Needle here");
        await file.seek(at + 2, Deno.SeekMode.Start);
        await file.write(new TextEncoder().encode("Xxxxxx"));
        await file.seek(text.indexOf('"content":"') + 11, Deno.SeekMode.Start);
        await file.write(new TextEncoder().encode("needle"));
      }],
      ["cut, and grown beyond its length again", async () => {
        await Deno.writeTextFile(log, text.slice(0, 5000).replace(/[^\n]*$/, ""));
        await Deno.writeTextFile(log, hay(5, 900) + moved, { append: true });
      }],
    ];
    for (const [name, change] of changes) {
      await Deno.remove(index).catch(() => {});
      await Deno.writeTextFile(log, text);
      await indexAll(index, [log], { columnBytes: 4096 });
      await change();
      const expected = searched([log], needle).found;
      assertEquals(expected.length, 1, name);
      assertEquals(searched([log], needle, index).found, expected, name);
      await indexAll(index, [log], { columnBytes: 4096 });
      const again = searched([log], needle, index);
      assertEquals([again.found, again.totals.unindexed], [expected, 0], name);
    }
  });
});

Deno.test("IndexWriter trusts no time that was recent when it looked, however long the work took", async () => {
  await withLog(({ log, index }) => {
    using writer = IndexWriter.open(index)!;
    assert(writer.begin());
    const changed = Deno.statSync(log).ctime!.getTime();
    const { now } = Date;
    try {
      Date.now = () => changed + 1000;
      writer.openLog(log);
      Date.now = () => changed + 60_000;
      while (writer.step() !== undefined);
      writer.commit();
    } finally {
      Date.now = now;
    }
    assertEquals(writer.indexed(log)?.changed, null);
    return Promise.resolve();
  });
});

Deno.test("indexLogs() forgets logs that are gone", async () => {
  await withLog(async ({ dir, log, index, text }) => {
    const other = join(dir, "other.jsonl");
    await Deno.writeTextFile(other, text);
    await indexAll(index, [log, other]);
    await Deno.remove(other);
    await Deno.writeTextFile(log, said(950, "more"), { append: true });
    await indexAll(index, [log, other]);
    using writer = IndexWriter.open(index)!;
    assertEquals(writer.paths(), [log]);
    assertEquals(searched([log, other], needle, index).totals.missing, 1);
  });
});

Deno.test("indexLogs() leaves the work to another process, and searches go on meanwhile", async () => {
  await withLog(async ({ dir, log, index, text }) => {
    await indexAll(index, [log]);
    const other = join(dir, "other.jsonl");
    await Deno.writeTextFile(other, text);
    using busy = IndexWriter.open(index)!;
    assert(busy.begin());
    assertEquals(await indexAll(index, [other]), { state: "busy", bytes: 0 });
    assertEquals(searched([log, other], needle, index).found, [`${log} 301`, `${other} 301`]);
    busy.openLog(other);
    while (busy.step() !== undefined);
    // The one that dies leaves nothing behind, not even its lock.
    busy.close();
    assertEquals((await indexAll(index, [other])).bytes, text.length);
  });
});

Deno.test("IndexWriter goes on behind what another process has written", async () => {
  await inTemp(async (dir) => {
    const index = join(dir, "search.db");
    const paths = [1, 2, 3, 4].map((number) => join(dir, `${number}.jsonl`));
    for (const [at, path] of paths.entries()) {
      await Deno.writeTextFile(path, hay(at, 50) + said(60, `needle ${at}`));
    }
    using one = IndexWriter.open(index, { columnBytes: 3000 })!;
    using two = IndexWriter.open(index, { columnBytes: 3000 })!;
    for (const [at, writer] of [one, two, one, two].entries()) {
      assert(writer.begin());
      writer.openLog(paths[at]!);
      while (writer.step() !== undefined);
      writer.commit();
    }
    for (const at of paths.keys()) {
      const { found, totals } = searched(paths, compileQuery({ text: `needle ${at}` }), index);
      assertEquals(found, [`${paths[at]} 60`]);
      assert(totals.unindexed === 0 && totals.read < totals.bytes / 2, `${totals.read}`);
    }
  });
});

Deno.test("indexLogs() makes a damaged index anew, and leaves a newer one alone", async () => {
  await withLog(async ({ log, index, text }) => {
    await indexAll(index, [log]);
    const good = await Deno.readFile(index);
    const damages: [string, Uint8Array][] = [
      ["no database", new TextEncoder().encode("this is no database at all, of any kind")],
      ["cut", good.slice(0, 5000)],
      ["overwritten", good.map((byte, at) => at > 100 && at < 60_000 ? 0xa5 : byte)],
      ["empty", new Uint8Array()],
    ];
    for (const [name, bytes] of damages) {
      await Deno.writeFile(index, bytes);
      assertEquals(searched([log], needle, index).found, [`${log} 301`], name);
      // The first attempt may only find out that it is damaged.
      await indexAll(index, [log]);
      assertEquals((await indexAll(index, [log])).state, "done", name);
      const { found, totals } = searched([log], needle, index);
      assertEquals([found, totals.unindexed], [[`${log} 301`], 0], name);
    }
    const db = new DatabaseSync(index);
    db.exec(`PRAGMA user_version = ${INDEX_VERSION + 1}`);
    db.close();
    assertEquals(await indexAll(index, [log]), { state: "unusable", bytes: 0 });
    assertEquals(searched([log], needle, index).found, [`${log} 301`]);
    assertEquals(searched([log], needle, index).totals.read, text.length);
  });
});

Deno.test("indexLogs() keeps what was done when it is stopped", async () => {
  await withLog(async ({ dir, log, index, text }) => {
    const logs = [log, ...[1, 2, 3].map((number) => join(dir, `${number}.jsonl`))];
    for (const path of logs) await Deno.writeTextFile(path, text);
    let rests = 0;
    const pace = { sliceMs: 0, rest: () => Promise.resolve(++rests < 7) };
    const { state, bytes } = await indexAll(index, logs, { pace });
    assertEquals(state, "stopped");
    assert(bytes > 0 && bytes < text.length * logs.length);
    const { found, totals } = searched(logs, needle, index);
    assertEquals(found, logs.map((path) => `${path} 301`));
    assertEquals(totals.bytes - totals.unindexed, bytes);
    assertEquals((await indexAll(index, logs)).bytes, totals.unindexed);
  });
});

Deno.test("indexLogs() does not begin for less than it is asked to", async () => {
  await withLog(async ({ log, index, text }) => {
    const worthBytes = text.length + 1;
    assertEquals(await indexAll(index, [log], { worthBytes }), { state: "done", bytes: 0 });
    assertEquals(searched([log], needle, index).totals.unindexed, text.length);
  });
});

Deno.test("indexLogs() says why it cannot write, and makes files that are private", async () => {
  await withLog(async ({ dir, log }) => {
    await Deno.writeTextFile(join(dir, "file"), "");
    const outcome = await indexAll(join(dir, "file", "search.db"), [log]);
    assertEquals(outcome.state, "unusable");
    assert(outcome.error instanceof Error);
    if (Deno.build.os === "windows") return;
    const index = join(dir, "private", "search.db");
    using writer = IndexWriter.open(index)!;
    assert(writer.begin());
    for (const ending of ["", "-wal", "-shm"]) {
      assertEquals(Deno.statSync(index + ending).mode! & 0o777, 0o600, ending);
    }
  });
});
