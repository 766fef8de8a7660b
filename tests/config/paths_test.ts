import { join } from "node:path";
import {
  checkId,
  ensurePrivateDir,
  InvalidIdError,
  NoHomeError,
  PrivateDirError,
  RelativeHomeError,
  type ZagPaths,
  zagPaths,
} from "../../src/config/paths.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";

function pathsFor(env: Record<string, string>): ZagPaths {
  return zagPaths({ get: (name) => env[name] });
}

const ROOT = Deno.build.os === "windows" ? "C:\\" : "/";
const HOME = join(ROOT, "home", "ann");
const STATE = join(HOME, ".zag");
const LOGS = join(ROOT, "srv", "logs");

Deno.test("zagPaths() takes the state directory from the first variable that is set", () => {
  const own = join(ROOT, "srv", "zag");
  const table: [Record<string, string>, string][] = [
    [{ HOME }, STATE],
    [{ USERPROFILE: HOME }, STATE],
    [{ HOME, USERPROFILE: join(ROOT, "elsewhere") }, STATE],
    [{ HOME, ZAG_HOME: own }, own],
    [{ ZAG_HOME: own }, own],
    [{ HOME, ZAG_HOME: join(ROOT, "srv", "x", "..", "zag") }, own],
    [{ HOME, ZAG_HOME: "" }, STATE],
    [{ HOME: "", USERPROFILE: HOME }, STATE],
  ];
  for (const [env, home] of table) assertEquals(pathsFor(env).home, home);
});

Deno.test("zagPaths() puts every file where the storage layout says", () => {
  const paths = pathsFor({ HOME });
  const project = join(STATE, "projects", "app-0a1b2c3d");
  const table: [string, string][] = [
    [paths.database, join(STATE, "zag.db")],
    [paths.searchIndex, join(STATE, "search.db")],
    [paths.globalConfig, join(STATE, "zag.jsonc")],
    [paths.configLock, join(STATE, "config.lock")],
    [paths.configSchema, join(STATE, "zag.schema.json")],
    [paths.originalConfig(), join(STATE, "zag.toml")],
    [paths.originalConfig("/srv/my-app"), join(STATE, "projects", "srv-my-app", "zag.toml")],
    [paths.eventsDir, join(STATE, "events")],
    [paths.fifos, join(STATE, "fifos")],
    [paths.worktrees, join(STATE, "worktrees")],
    [paths.shims, join(STATE, "shims")],
    [paths.agentState("mock"), join(STATE, "agents", "mock")],
    [paths.launchFiles("p-1"), join(STATE, "temp", "p-1")],
    [paths.diagnosticLogs, join(STATE, "logs")],
    [paths.projectDir("app-0a1b2c3d"), project],
    [paths.projectDir(undefined), STATE],
    [paths.projectConfig("app-0a1b2c3d"), join(project, "zag.jsonc")],
    [paths.logsDir("app-0a1b2c3d"), join(project, "logs")],
    [paths.logsDir(undefined), join(STATE, "logs")],
    [paths.copiedLog(undefined, "x"), join(STATE, "logs", "sessions", "x.zag.jsonl")],
    [paths.sessionLog("app-0a1b2c3d", "s1"), join(project, "logs", "sessions", "s1.jsonl")],
    [paths.sessionLog(undefined, "s1"), join(STATE, "logs", "sessions", "s1.jsonl")],
    [paths.spawnLog("s1"), join(STATE, "logs", "spawn", "s1.log")],
    [paths.started("s1"), join(STATE, "events", "s1.started")],
    [paths.ended("s1"), join(STATE, "events", "s1.ended")],
    [paths.fifo("s1"), join(STATE, "fifos", "s1")],
  ];
  for (const [actual, expected] of table) assertEquals(actual, expected);
});

Deno.test("zagPaths() moves all logs, and nothing else, to ZAG_USER_LOG_DIR", () => {
  const paths = pathsFor({ HOME, ZAG_USER_LOG_DIR: LOGS });
  assertEquals(paths.logsDir("app-0a1b2c3d"), LOGS);
  assertEquals(paths.logsDir(undefined), LOGS);
  assertEquals(paths.sessionLog("app-0a1b2c3d", "s1"), join(LOGS, "sessions", "s1.jsonl"));
  assertEquals(paths.spawnLog("s1"), join(LOGS, "spawn", "s1.log"));
  assertEquals(paths.diagnosticLogs, LOGS);
  assertEquals(paths.database, join(STATE, "zag.db"));
  assertEquals(paths.started("s1"), join(STATE, "events", "s1.started"));
});

Deno.test("zagPaths() says what to set when there is no home directory", () => {
  const error = assertThrows(() => pathsFor({}), NoHomeError);
  assertStringIncludes(error.hint ?? "", "ZAG_HOME");
});

Deno.test("zagPaths() refuses a relative directory and names its variable", () => {
  for (const variable of ["ZAG_HOME", "HOME", "ZAG_USER_LOG_DIR"]) {
    for (const value of ["zag", "./zag", "~/zag"]) {
      const env = { HOME, [variable]: value };
      const error = assertThrows(() => pathsFor(env), RelativeHomeError);
      assertEquals([error.variable, error.value], [variable, value]);
    }
  }
});

Deno.test("checkId() takes what is safe as a file name and nothing else", () => {
  const good = ["a", "6f1c8a52-8f0e-4f9d-9c8e-2a4f3f1f0a11", "ses_01.B-c", ".a", "a".repeat(200)];
  for (const id of good) assertEquals(checkId(id), id);
  const bad = [
    "",
    ".",
    "..",
    "a..b",
    "../a",
    "a/b",
    "a\\b",
    "a b",
    "a\0",
    "a\n",
    "ä",
    "a:b",
    "%2e",
    "a".repeat(201),
  ];
  for (const id of bad) assertEquals(assertThrows(() => checkId(id), InvalidIdError).id, id);
});

Deno.test("zagPaths() makes no path from an unsafe id or key", () => {
  const paths = pathsFor({ HOME });
  const makers: ((id: string) => string)[] = [
    (id) => paths.sessionLog(undefined, id),
    (id) => paths.spawnLog(id),
    (id) => paths.started(id),
    (id) => paths.ended(id),
    (id) => paths.fifo(id),
    (id) => paths.projectDir(id),
    (id) => paths.projectConfig(id),
    (id) => paths.logsDir(id),
  ];
  for (const make of makers) assertThrows(() => make("../../etc/passwd"), InvalidIdError);
});

Deno.test("ensurePrivateDir() makes missing directories private and leaves others alone", async () => {
  const temp = await Deno.makeTempDir();
  try {
    const existing = join(temp, "existing");
    await Deno.mkdir(existing);
    if (Deno.build.os !== "windows") await Deno.chmod(existing, 0o755);
    const deep = join(existing, "a", "b");
    ensurePrivateDir(deep);
    ensurePrivateDir(deep);
    assert((await Deno.stat(deep)).isDirectory);
    if (Deno.build.os !== "windows") {
      const modes = [existing, join(existing, "a"), deep].map((path) =>
        (Deno.statSync(path).mode ?? 0) & 0o777
      );
      assertEquals(modes, [0o755, 0o700, 0o700]);
    }
  } finally {
    await Deno.remove(temp, { recursive: true });
  }
});

Deno.test("ensurePrivateDir() names the directory that it cannot make", async () => {
  const temp = await Deno.makeTempDir();
  try {
    const file = join(temp, "file");
    await Deno.writeTextFile(file, "");
    const path = join(file, "dir");
    assertEquals(assertThrows(() => ensurePrivateDir(path), PrivateDirError).path, path);
  } finally {
    await Deno.remove(temp, { recursive: true });
  }
});

Deno.test("zagPaths() finds every directory with logs, the original's too", async () => {
  const home = await Deno.makeTempDir();
  try {
    for (const name of ["projects/a b", "projects/c-0a1b2c3d", "users/ann"]) {
      await Deno.mkdir(join(home, name), { recursive: true });
    }
    await Deno.writeTextFile(join(home, "projects", "file"), "");
    const dirs = pathsFor({ ZAG_HOME: home, ZAG_USER_LOG_DIR: LOGS }).stateDirs();
    assertEquals(dirs.map(({ key, sessionLogs }) => [key, sessionLogs]), [
      [undefined, join(home, "logs", "sessions")],
      ["a b", join(home, "projects", "a b", "logs", "sessions")],
      ["c-0a1b2c3d", join(home, "projects", "c-0a1b2c3d", "logs", "sessions")],
      [undefined, join(home, "users", "ann", "logs", "sessions")],
      [undefined, join(LOGS, "sessions")],
    ]);
    assertEquals([dirs[1]?.originalSessions, dirs[1]?.originalLogIndex], [
      join(home, "projects", "a b", "sessions.json"),
      join(home, "projects", "a b", "logs", "index.json"),
    ]);
    assertEquals(pathsFor({ ZAG_HOME: join(home, "gone") }).stateDirs().length, 1);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
