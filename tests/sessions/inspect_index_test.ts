import { DatabaseSync } from "node:sqlite";
import { inspectIndex } from "../../src/sessions/inspect_index.ts";
import { noteDamage } from "../../src/sessions/recovery/damage.ts";
import { MIGRATIONS } from "../../src/sessions/schema.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { assert, assertEquals } from "../support/assert.ts";

async function inDirectory(test: (database: string) => void): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    test(`${directory}/zag.db`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function names(database: string): string[] {
  return [...Deno.readDirSync(database.slice(0, -"/zag.db".length))].map(({ name }) => name).sort();
}

Deno.test("inspectIndex sees a sound index, whether somebody has it open or not, and adds no file", () =>
  inDirectory((database) => {
    assertEquals(inspectIndex(database), { kind: "absent" });
    assertEquals(names(database), []);
    SessionStore.open(database).close();
    const sound = { kind: "sound", sessions: 0, running: [] } as const;
    assertEquals(inspectIndex(database), sound);
    assertEquals(names(database), ["zag.db"]);
    using store = SessionStore.open(database);
    store.setFact("a", "b");
    const before = names(database);
    assertEquals(inspectIndex(database), sound);
    assertEquals(names(database), before);
  }));

Deno.test("inspectIndex tells damage, a newer version, and what has to be completed", () =>
  inDirectory((database) => {
    const set = (version: number) => {
      const db = new DatabaseSync(database);
      db.exec(`PRAGMA user_version = ${version}`);
      db.close();
    };
    SessionStore.open(database).close();
    const known = MIGRATIONS.length;
    set(known + 1);
    assertEquals(inspectIndex(database), { kind: "too-new", version: known + 1, known });
    set(known - 1);
    assertEquals(inspectIndex(database), { kind: "unfinished" });
    set(known);
    const bytes = Deno.readFileSync(database);
    Deno.writeFileSync(database, bytes.fill(0xaa, 4096, 12_288));
    assertEquals(inspectIndex(database).kind, "damaged");
  }));

Deno.test("inspectIndex believes a zag that came upon damage", () =>
  inDirectory((database) => {
    SessionStore.open(database).close();
    noteDamage(database, Deno.statSync(database).ino);
    assertEquals(inspectIndex(database).kind, "damaged");
  }));

Deno.test("inspectIndex does not touch what a crash has left", () =>
  inDirectory((database) => {
    SessionStore.open(database).close();
    Deno.writeTextFileSync(`${database}-wal`, "x");
    assertEquals(inspectIndex(database), { kind: "unfinished" });
    assert(!names(database).includes("zag.db-shm"));
  }));
