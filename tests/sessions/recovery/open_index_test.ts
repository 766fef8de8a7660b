import { join } from "node:path";
import { type ZagPaths, zagPaths } from "../../../src/config/paths.ts";
import { Database } from "../../../src/sessions/database.ts";
import { LogAppender } from "../../../src/sessions/log.ts";
import { openIndex, openIndexToRead } from "../../../src/sessions/recovery/open_index.ts";
import { MIGRATIONS } from "../../../src/sessions/schema.ts";
import { SessionStore } from "../../../src/sessions/store.ts";
import { StoreError, StoreTooNewError } from "../../../src/sessions/store_errors.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../support/assert.ts";
import { chances } from "../../e2e/faults_support.ts";
import { inTemp } from "../support.ts";

async function inHome(test: (paths: ZagPaths, home: string) => Promise<void>): Promise<void> {
  await inTemp(async (dir) => {
    await test(zagPaths({ get: (name) => name === "ZAG_HOME" ? dir : undefined }), dir);
  });
}

/** The log of a session that has used something. */
function writeLog(paths: ZagPaths, sessionId: string): void {
  const path = paths.sessionLog(undefined, sessionId);
  using log = LogAppender.create({ path, provider: "mock", sessionId });
  log.append([
    {
      type: "session_started",
      command: "exec",
      model: "m",
      cwd: "/w",
      resumed: false,
      backfilled: false,
    },
    { type: "session_meta", meta: { workspace_path: "/w", name: "from the log" } },
    { type: "usage", input_tokens: 1, output_tokens: 2, total_cost_usd: 0.5 },
    { type: "usage", input_tokens: 3, output_tokens: 4 },
    { type: "session_ended", success: true, error: null, outcome: "success" },
  ]);
}

Deno.test("openIndex() brings a database of the first version up to date, with its usage", async () => {
  await inHome(async (paths) => {
    const old = new Database(paths.database, { migrations: MIGRATIONS.slice(0, 1) });
    const columns =
      "session_id, provider, command, workspace_path, cwd, name, tags, dependencies," +
      " interactive, is_worktree, discovered, log_completeness, resumed, created_at, input_tokens";
    for (const [id, tokens] of [["known", 4], ["without a log", 7]] as const) {
      const sql = `INSERT INTO sessions (${columns}) VALUES ` +
        "(?, 'mock', 'exec', '/w', '/w', 'from the row', '[]', '[]', 0, 0, 0, 'full', 0, ?, ?)";
      old.run(sql, id, "2026-01-01T00:00:00.000Z", tokens);
    }
    old.run(
      "INSERT INTO processes (id, session_id, provider, command, owner_pid, agent_detached, " +
        "status, started_at) VALUES ('p', 'known', 'mock', 'exec', 1, 0, 'exited', '2026')",
    );
    old.close();
    writeLog(paths, "known");
    writeLog(paths, "forgotten");
    using store = await openIndex(paths, {});
    const rows = store.listSessions().map(({ sessionId, name, inputTokens, costUsd }) => {
      return [sessionId, name, inputTokens, costUsd];
    });
    assertEquals(rows.sort(), [
      ["forgotten", "from the log", 4, 0.5],
      ["known", "from the row", 4, 0.5],
      ["without a log", "from the row", 7, null],
    ]);
    assertEquals(store.usageOf("known").map(({ inputTokens }) => inputTokens), [1, 3]);
    assertEquals(store.getProcess("p")?.status, "exited");
  });
});

Deno.test("openIndex() rebuilds once, and looks at no log again", async () => {
  await inHome(async (paths) => {
    (await openIndex(paths, {})).close();
    writeLog(paths, "later");
    using store = await openIndex(paths, {});
    assertEquals(store.listSessions(), []);
  });
});

Deno.test("openIndex() rebuilds once for all who open a lost index at the same moment", async () => {
  await inHome(async (paths) => {
    for (let index = 0; index < 20; index++) writeLog(paths, `s-${index}`);
    const stores = await Promise.all(Array.from({ length: 8 }, () => openIndex(paths, {})));
    for (const store of stores) {
      assertEquals(store.listSessions().length, 20);
      assertEquals(store.usageOf("s-3").length, 2);
      store.close();
    }
  });
});

Deno.test("openIndex() leaves a session alone that is there already", async () => {
  await inHome(async (paths) => {
    writeLog(paths, "s");
    const started = SessionStore.open(paths.database);
    started.addSession({
      sessionId: "s",
      provider: "mock",
      command: "exec",
      workspacePath: "/w",
      createdAt: "2026-01-01T00:00:00Z",
      name: "just started",
    });
    using store = await openIndex(paths, {});
    assertEquals(store.listSessions().map(({ name }) => name), ["just started"]);
    started.close();
  });
});

Deno.test("openIndex() keeps side files of a database that was removed away from the new one", async () => {
  await inHome(async (paths, home) => {
    writeLog(paths, "s");
    const running = await openIndex(paths, {});
    running.touchHeartbeat("s");
    Deno.removeSync(paths.database);
    assertEquals(running.isCurrent(), false);
    using store = await openIndex(paths, {});
    assert(store.isCurrent());
    // Both go on, each with its own file.
    for (let round = 0; round < 50; round++) {
      running.updateSession("s", { description: `lost ${round}` });
      store.updateSession("s", { name: `kept ${round}` });
    }
    running.close();
    assertEquals(store.getSession("s")?.name, "kept 49");
    assert(store.isSound());
    const names = [...Deno.readDirSync(home)].map(({ name }) => name);
    assertEquals(names.filter((name) => /\.corrupt-.*-(wal|shm)$/.test(name)).length, 2);
  });
});

Deno.test("openIndex() takes word of damage for what it is", async () => {
  await inHome(async (paths) => {
    writeLog(paths, "s");
    (await openIndex(paths, {})).close();
    const warnings: string[] = [];
    const observer = { warning: (message: string) => void warnings.push(message) };
    const note = `${paths.database}.damaged`;
    // Another file was meant, or nothing is wrong after all.
    for (const ino of ["1", String(Deno.statSync(paths.database).ino)]) {
      Deno.writeTextFileSync(note, ino);
      (await openIndex(paths, observer)).close();
    }
    assertEquals(warnings, []);
    const database = new Database(paths.database);
    const page = Number(
      database.get("SELECT rootpage FROM sqlite_schema WHERE name = 'sessions'")?.rootpage,
    );
    database.close();
    {
      using file = Deno.openSync(paths.database, { write: true });
      file.seekSync((page - 1) * 4096, Deno.SeekMode.Start);
      file.writeSync(new Uint8Array(4096).fill(0x55));
    }
    {
      using store = await openIndex(paths, observer);
      let failure: unknown;
      try {
        store.getSession("s");
      } catch (error) {
        failure = error;
      }
      assertMatch(String(failure), /StoreCorruptError/);
    }
    using store = await openIndex(paths, observer);
    assertEquals(store.getSession("s")?.name, "from the log");
    assertEquals(warnings.length, 1);
    const [, aside] = /the old one is (.*)$/.exec(warnings[0]!)!;
    assert(Deno.statSync(aside!).isFile);
  });
});

Deno.test("openIndex() refuses what a newer zag wrote, and does not move it", async () => {
  await inHome(async (paths) => {
    const database = new Database(paths.database);
    database.run("PRAGMA user_version = 99");
    database.close();
    await assertRejects(() => openIndex(paths, {}), StoreTooNewError);
    await assertRejects(() => openIndexToRead(paths, {}), StoreTooNewError);
    assert(Deno.statSync(paths.database).size > 0);
  });
});

Deno.test("openIndexToRead() says what is in the way of a new index", async () => {
  await inHome(async (paths) => {
    Deno.mkdirSync(join(paths.home, "zag.db.lock"));
    const error = await assertRejects(() => openIndexToRead(paths, {}), StoreError);
    assertMatch(error.hint ?? "", /writable/);
  });
});

Deno.test("openIndex() makes rows of logs with any values in them", async () => {
  const chance = chances(5);
  const pick = <T>(...all: T[]): T => all[Math.floor(chance() * all.length)]!;
  const value = (): unknown =>
    pick<unknown>(null, 0, -1.5, 2 ** 60, "", "s", "\0", "../x", true, [], {}, [1], "2026-01-01", {
      process: { id: "run", owner_pid: 1.5 },
    }, { tags: ["a"], created_at: "1", project: "../..", process: { id: "r", owner_pid: 1e9 } });
  const types = ["started", "meta", "ended", "deleted", "result"].map((type) => `session_${type}`);
  const line = (id: string, seq: number) =>
    JSON.stringify({
      seq,
      ts: "2026-01-02T03:04:05.678Z",
      provider: "mock",
      wrapper_session_id: id,
      provider_session_id: null,
      type: pick("usage", ...types),
      ...Object.fromEntries(
        ("seq ts provider wrapper_session_id provider_session_id completeness command model cwd " +
          "resumed meta outcome success error exit_code signal input_tokens output_tokens " +
          "cache_read_tokens total_cost_usd").split(" ").filter(() => chance() < 0.3)
          .map((key) => [key, value()]),
      ),
    });
  for (let round = 0; round < 15; round++) {
    await inHome(async (paths, home) => {
      Deno.mkdirSync(join(home, "logs", "sessions"), { recursive: true });
      for (let count = 0; count < 20; count++) {
        const id = `s-${count}`;
        const lines = Array.from({ length: 12 }, (_, index) => line(id, index + 1));
        Deno.writeTextFileSync(paths.sessionLog(undefined, id), lines.join("\n"));
      }
      using store = await openIndex(paths, {});
      assert(store.listSessions().length > 0);
      for (const session of store.listSessions()) {
        assertEquals(store.getSession(session.sessionId), session);
        for (const used of store.usageOf(session.sessionId)) assert(used.seq !== null);
      }
    });
  }
});
