import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Database } from "../../src/sessions/database.ts";
import { type Migration, MIGRATIONS } from "../../src/sessions/schema.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import {
  StoreBusyError,
  StoreCorruptError,
  StoreError,
  StoreTooNewError,
} from "../../src/sessions/store_errors.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";
import { inTemp } from "./support.ts";

const FIRST: Migration = { name: "first", sql: "CREATE TABLE a (x TEXT) STRICT" };
const SECOND: Migration = {
  name: "second",
  sql: "ALTER TABLE a ADD COLUMN y TEXT; CREATE TABLE b (z TEXT) STRICT",
};

/** Looks into a database without the code under test. */
function query(path: string, sql: string): unknown[] {
  const database = new DatabaseSync(path);
  try {
    return database.prepare(sql).all().flatMap((row) => Object.values(row));
  } finally {
    database.close();
  }
}

Deno.test("Database takes each step of the schema once", async () => {
  await inTemp((dir) => {
    const path = join(dir, "zag.db");
    for (let round = 0; round < 3; round++) SessionStore.open(path).close();
    const names = MIGRATIONS.map((each) => each.name);
    assertEquals(query(path, "SELECT name FROM migrations ORDER BY name"), names.toSorted());
    assertEquals(query(path, "PRAGMA user_version"), [MIGRATIONS.length]);
  });
});

Deno.test("Database brings an older file up to date and keeps its rows", async () => {
  await inTemp((dir) => {
    const path = join(dir, "zag.db");
    const old = new Database(path, { migrations: [FIRST] });
    old.run("INSERT INTO a VALUES ('kept')");
    old.close();
    new Database(path, { migrations: [FIRST, SECOND] }).close();
    assertEquals(query(path, "SELECT x, y FROM a"), ["kept", null]);
    assertEquals(query(path, "SELECT name FROM migrations ORDER BY rowid"), ["first", "second"]);
  });
});

Deno.test("Database takes back a step that fails in the middle", async () => {
  await inTemp((dir) => {
    const path = join(dir, "zag.db");
    new Database(path, { migrations: [FIRST] }).close();
    const broken = { name: "broken", sql: "CREATE TABLE b (z TEXT); CREATE TABLE a (x TEXT)" };
    const call = () => new Database(path, { migrations: [FIRST, broken] });
    assertThrows(call, StoreError, "table a already exists");
    assertEquals(query(path, "SELECT name FROM sqlite_schema WHERE name = 'b'"), []);
    assertEquals(query(path, "PRAGMA user_version"), [1]);
  });
});

Deno.test("Database refuses a file of a newer zag and leaves it as it is", async () => {
  await inTemp((dir) => {
    const path = join(dir, "zag.db");
    SessionStore.open(path).close();
    query(path, "PRAGMA user_version = 99");
    const before = Deno.readFileSync(path);
    const error = assertThrows(() => SessionStore.open(path), StoreTooNewError);
    assertEquals([error.path, error.found, error.known], [path, 99, MIGRATIONS.length]);
    assertStringIncludes(error.message, `99`);
    assertStringIncludes(error.hint ?? "", "Update zag");
    assertEquals(Deno.readFileSync(path), before);
  });
});

Deno.test("Database refuses a damaged file and leaves it as it is", async () => {
  await inTemp((dir) => {
    const path = join(dir, "zag.db");
    SessionStore.open(path).close();
    const whole = Deno.readFileSync(path);
    const noise = new TextEncoder().encode("not a database, by no means ".repeat(400));
    for (const damaged of [noise, whole.slice(0, 5000), whole.map((byte) => byte ^ 0x55)]) {
      Deno.writeFileSync(path, damaged);
      const error = assertThrows(() => SessionStore.open(path), StoreCorruptError);
      assertEquals(error.path, path);
      assertEquals(Deno.readFileSync(path), damaged);
    }
  });
});

Deno.test("Database names damage that only a later statement meets", async () => {
  await inTemp((dir) => {
    const path = join(dir, "zag.db");
    const at = new Date().toISOString();
    {
      using store = SessionStore.open(path);
      for (let index = 0; index < 200; index++) {
        store.addSession({
          sessionId: `s-${index}`,
          provider: "mock",
          command: "exec",
          workspacePath: "/w".repeat(200),
          createdAt: at,
        });
      }
    }
    const bytes = Deno.readFileSync(path);
    // The schema is in the first page.
    bytes.fill(0x55, 4096);
    Deno.writeFileSync(path, bytes);
    const call = () => {
      using store = SessionStore.open(path);
      store.getSession("s-100");
    };
    assertThrows(call, StoreCorruptError);
  });
});

Deno.test("Database gives up on a lock after the busy timeout and says so", async () => {
  await inTemp((dir) => {
    const path = join(dir, "zag.db");
    using store = SessionStore.open(path, { busyTimeoutMs: 20 });
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    try {
      assertThrows(() => store.touchHeartbeat("s"), StoreBusyError);
    } finally {
      other.close();
    }
    store.touchHeartbeat("s");
  });
});

Deno.test({
  name: "Database keeps all of its files private",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inTemp((dir) => {
      const path = join(dir, "state", "zag.db");
      using store = SessionStore.open(path);
      store.touchHeartbeat("s");
      const names = [...Deno.readDirSync(dirname(path))].map((entry) => entry.name).sort();
      assertEquals(names, ["zag.db", "zag.db-shm", "zag.db-wal"]);
      const modes = names.map((name) =>
        (Deno.statSync(join(dirname(path), name)).mode ?? 0) & 0o777
      );
      assertEquals(modes, [0o600, 0o600, 0o600]);
      assertEquals((Deno.statSync(dirname(path)).mode ?? 0) & 0o777, 0o700);
    }),
});

Deno.test({
  name: "Database keeps its locks when the same process opens the file again",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inTemp((dir) => {
      const path = join(dir, "zag.db");
      using _store = SessionStore.open(path);
      // Without a lock, another program that closes the file takes itself for the last one and
      // removes the side files.
      const inode = `:${Deno.statSync(path).ino} `;
      // The system leaves lines out of a list that is changed by others while it is read.
      const isLocked = () =>
        Array.from({ length: 10 }, () => Deno.readTextFileSync("/proc/locks"))
          .some((locks) => locks.includes(inode));
      assert(isLocked());
      SessionStore.open(path).close();
      assert(isLocked());
    }),
});

Deno.test("Database.transaction() undoes everything when something fails", async () => {
  await inTemp((dir) => {
    const database = new Database(join(dir, "zag.db"), { migrations: [FIRST] });
    try {
      const call = () =>
        database.transaction(() => {
          database.run("INSERT INTO a VALUES ('1')");
          throw new RangeError("stop");
        });
      assertThrows(call, RangeError);
      assertEquals(database.all("SELECT * FROM a"), []);
      assertEquals(database.transaction(() => database.run("INSERT INTO a VALUES ('2')")), 1);
      assertEquals(database.all("SELECT x FROM a").length, 1);
    } finally {
      database.close();
    }
  });
});

Deno.test("Database says what it cannot use", async () => {
  await inTemp((dir) => {
    const directory = join(dir, "zag.db");
    Deno.mkdirSync(directory);
    assertThrows(() => SessionStore.open(directory), StoreError);
    const call = () => {
      using store = SessionStore.open(join(dir, "real.db"));
      store.addProcess({
        id: "p",
        provider: "mock",
        command: "exec",
        ownerPid: 1.5,
        startedAt: new Date().toISOString(),
      });
    };
    const error = assertThrows(call, StoreError);
    assert(error.message.startsWith("Cannot use the session store "));
  });
});
