/**
 * Where everything lives. Nothing else in the program knows the state directory, `HOME` or
 * `ZAG_HOME`; whoever needs a file asks here.
 *
 * @module
 */
import { basename, isAbsolute, join } from "node:path";
import { ZagError } from "../errors.ts";

/** The part of `Deno.env` that is needed to find the state directory. */
export interface EnvReader {
  /** The value of a variable; undefined when it is not set. */
  get(name: string): string | undefined;
}

/** Absolute paths of zag's files. Asking for a path creates nothing. */
export interface ZagPaths {
  /** `ZAG_HOME`, else `.zag` in the home directory. */
  readonly home: string;
  /** It is `ZAG_HOME` that says where it is. */
  readonly isNamed: boolean;
  /** The person's home directory, where the agents' CLIs keep their files; undefined if unset. */
  readonly userHome: string | undefined;
  /** The SQLite file with sessions and processes. */
  readonly database: string;
  /** The index of what the session logs say; it can be made again from them. */
  readonly searchIndex: string;
  /** The configuration that holds where a project says nothing. */
  readonly globalConfig: string;
  /** Locked while a configuration is edited, so that one process at a time does it. */
  readonly configLock: string;
  /** Permission policies that are kept by name, a file each. */
  readonly policies: string;
  /** The JSON Schema of the configurations, for editors. */
  readonly configSchema: string;
  /** Lifecycle markers of all sessions. */
  readonly eventsDir: string;
  /** Named pipes of interactive background sessions. */
  readonly fifos: string;
  /** Who waits to send a message to a session that is at work; a directory for each session. */
  readonly queues: string;
  /** What runs have still to tell somebody, with whom; a private file for each. */
  readonly notices: string;
  /** Git worktrees made by zag. */
  readonly worktrees: string;
  /** What is shared with Docker sandboxes that zag has made; directories by their names. */
  readonly sandboxes: string;
  /** The directories that agents get first on their PATH. */
  readonly shims: string;
  /** Skills for all agents; a directory for each. */
  readonly skills: string;
  /** MCP servers of all projects; a TOML file for each. */
  readonly globalMcp: string;
  /** What was last written into the agents' own files, to undo it; a file for each provider. */
  readonly syncState: string;
  /** What belongs to one project each; directories by the project's key. */
  readonly projects: string;
  /** Private files that exist while a process of an agent runs; directories by its id. */
  readonly launches: string;
  /** Raw output of background sessions. */
  readonly spawnLogs: string;
  /** What was last seen of the agents' programs: versions, and whether they start. */
  readonly probes: string;
  /** The diagnostic logs of zag itself. */
  readonly diagnosticLogs: string;
  /** Locked while sessions are imported, so that it is done by one process at a time. */
  readonly importLock: string;
  /** Changed whenever an agent of the provider is started that may renew its login. */
  loginTurn(provider: string): string;
  /** What a built-in agent remembers between invocations. */
  agentState(provider: string): string;
  /** Everything of one project; outside of any project, the state directory itself. */
  projectDir(key: string | undefined): string;
  /** The configuration of one project. */
  projectConfig(key: string): string;
  /** MCP servers of one project; a TOML file for each. */
  projectMcp(key: string): string;
  /** Logs of one project; `ZAG_USER_LOG_DIR` replaces it for every project. */
  logsDir(key: string | undefined): string;
  /** The log of one session. */
  sessionLog(key: string | undefined, id: string): string;
  /** Our log of a session whose usual place is taken by a file that is not ours to change. */
  copiedLog(key: string | undefined, id: string): string;
  /** Raw output of a background session. */
  spawnLog(id: string): string;
  /** The marker that a session has started. */
  started(id: string): string;
  /** The marker that a session has ended. */
  ended(id: string): string;
  /** The named pipe of one session. */
  fifo(id: string): string;
  /** The directory of those who wait to send a message to one session. */
  queue(id: string): string;
  /** What one run has still to tell. */
  notice(processId: string): string;
  /** Directory of the private files that exist while a process of an agent runs. */
  launchFiles(processId: string): string;
  /** `ZAG_USER_LOG_DIR`. */
  readonly userLogs: string | undefined;
  /** The original's processes. */
  readonly originalProcesses: string;
  /** The original's index of the logs of all projects. */
  readonly originalSessionsIndex: string;
  /** The original's configuration of a directory, absolute; without one, the global one. */
  originalConfig(directory?: string): string;
  /** Every directory that may hold session logs; looks into the state directory for projects. */
  stateDirs(): StateDir[];
}

/** A directory that may hold session logs, and what the original kept beside them. */
export interface StateDir {
  /** Name of the project's directory, also of one that the original made; undefined elsewhere. */
  readonly key: string | undefined;
  /** Session logs. */
  readonly sessionLogs: string;
  /** The original's sessions. */
  readonly originalSessions: string;
  /** The original's index of the logs. */
  readonly originalLogIndex: string;
}

/** No state directory can be named. */
export class NoHomeError extends ZagError {
  /** Name of the class. */
  override name = "NoHomeError";
}

/** A state directory that is not absolute: its place would change with the working directory. */
export class RelativeHomeError extends ZagError {
  /** Name of the class. */
  override name = "RelativeHomeError";

  /**
   * Makes the error.
   *
   * @param variable `ZAG_HOME`, `HOME`, ...
   */
  constructor(readonly variable: string, readonly value: string) {
    super(`Cannot use ${variable} ${JSON.stringify(value)}: the path must be absolute`, {
      hint: `Set ${variable} to a full path`,
    });
  }
}

/** An id that cannot become a file name. */
export class InvalidIdError extends ZagError {
  /** Name of the class. */
  override name = "InvalidIdError";

  /**
   * Makes the error.
   *
   * @param id as it was given
   */
  constructor(readonly id: string) {
    super(
      `Cannot use ${JSON.stringify(id.slice(0, 80))} as an id: it must be 1 to 200 letters, ` +
        `digits, ".", "_" or "-", without ".."`,
    );
  }
}

/** A private directory could not be made. */
export class PrivateDirError extends ZagError {
  /** Name of the class. */
  override name = "PrivateDirError";

  /**
   * Makes the error.
   *
   * @param path the directory
   */
  constructor(readonly path: string, cause: unknown) {
    const { AlreadyExists, NotADirectory } = Deno.errors;
    if (cause instanceof AlreadyExists || cause instanceof NotADirectory) {
      super(`Cannot create directory ${JSON.stringify(path)}: a file is in its way`, {
        hint: "Move the file away, or set ZAG_HOME to a directory",
      });
      return;
    }
    super(`Cannot create directory ${JSON.stringify(path)}: ${messageOf(cause)}`, {
      cause,
      hint: "Make its parent writable, or set ZAG_HOME to another directory",
    });
  }
}

/**
 * Finds zag's files. Reads only the environment.
 *
 * @throws {NoHomeError} when neither `ZAG_HOME` nor a home directory is set
 * @throws {RelativeHomeError} when one of the variables holds a relative path
 */
export function zagPaths(env: EnvReader): ZagPaths {
  const home = stateDir(env);
  const userLogs = absolute(env, "ZAG_USER_LOG_DIR");
  const logs = userLogs ?? join(home, "logs");
  const eventsDir = join(home, "events");
  const fifos = join(home, "fifos");

  function projectDir(key: string | undefined): string {
    return key === undefined ? home : join(home, "projects", checkId(key));
  }
  function logsDir(key: string | undefined): string {
    return userLogs ?? join(projectDir(key), "logs");
  }

  return {
    home,
    isNamed: absolute(env, HOME_VARIABLE) !== undefined,
    userHome: userHome(env),
    database: join(home, "zag.db"),
    searchIndex: join(home, "search.db"),
    globalConfig: join(home, "zag.jsonc"),
    configLock: join(home, "config.lock"),
    policies: join(home, "policies"),
    configSchema: join(home, "zag.schema.json"),
    eventsDir,
    fifos,
    queues: join(home, "queues"),
    notices: join(home, "notices"),
    worktrees: join(home, "worktrees"),
    sandboxes: join(home, "sandboxes"),
    shims: join(home, "shims"),
    skills: join(home, "skills"),
    globalMcp: join(home, "mcp"),
    syncState: join(home, "sync"),
    projects: join(home, "projects"),
    launches: join(home, "temp"),
    spawnLogs: join(logs, "spawn"),
    importLock: join(home, "import.lock"),
    loginTurn: (provider) => join(home, `login-${checkId(provider)}`),
    agentState: (provider) => join(home, "agents", checkId(provider)),
    probes: join(home, "probes.json"),
    diagnosticLogs: logs,
    projectDir,
    projectConfig: (key) => join(projectDir(key), "zag.jsonc"),
    projectMcp: (key) => join(projectDir(key), "mcp"),
    logsDir,
    sessionLog: (key, id) => join(logsDir(key), "sessions", `${checkId(id)}.jsonl`),
    copiedLog: (key, id) => join(logsDir(key), "sessions", `${checkId(id)}.zag.jsonl`),
    spawnLog: (id) => join(logs, "spawn", `${checkId(id)}.log`),
    started: (id) => join(eventsDir, `${checkId(id)}.started`),
    ended: (id) => join(eventsDir, `${checkId(id)}.ended`),
    fifo: (id) => join(fifos, checkId(id)),
    queue: (id) => join(home, "queues", checkId(id)),
    notice: (processId) => join(home, "notices", `${checkId(processId)}.json`),
    launchFiles: (processId) => join(home, "temp", checkId(processId)),
    userLogs,
    originalProcesses: join(home, "processes.json"),
    originalSessionsIndex: join(home, "sessions_index.json"),
    originalConfig: (directory) =>
      directory === undefined
        ? join(home, "zag.toml")
        : join(home, "projects", originalKey(directory), "zag.toml"),
    stateDirs: () => [
      stateDirAt(undefined, home, join(home, "logs")),
      ...childrenOf(join(home, "projects")).map((dir) => stateDirAt(basename(dir), dir)),
      ...childrenOf(join(home, "users")).map((dir) => stateDirAt(undefined, dir)),
      ...(userLogs === undefined ? [] : [stateDirAt(undefined, userLogs, userLogs)]),
    ],
  };
}

/** Under which name the original keeps what belongs to a directory. */
export function originalKey(path: string): string {
  return path.replace(/^\/+/, "").replaceAll("/", "-");
}

function stateDirAt(key: string | undefined, dir: string, logs = join(dir, "logs")): StateDir {
  return {
    key,
    sessionLogs: join(logs, "sessions"),
    originalSessions: join(dir, "sessions.json"),
    originalLogIndex: join(logs, "index.json"),
  };
}

function childrenOf(dir: string): string[] {
  try {
    return [...Deno.readDirSync(dir)].filter((entry) => entry.isDirectory)
      .map((entry) => join(dir, entry.name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return [];
  }
}

/**
 * Returns the id when it is safe as a file name: 1 to 200 of `A-Z a-z 0-9 . _ -`, without `..`.
 *
 * @throws {InvalidIdError} otherwise
 */
export function checkId(id: string): string {
  if (!isId(id)) throw new InvalidIdError(id);
  return id;
}

/**
 * Where a session's log of some state directory lies in another one: at the same place. Undefined for
 * a path that is in no state directory.
 */
export function logInHome(home: string, path: string): string | undefined {
  const place = /[/\\]((?:(?:projects|users)[/\\][^/\\]+[/\\])?logs[/\\]sessions[/\\][^/\\]+)$/
    .exec(path)?.[1];
  return place === undefined ? undefined : join(home, place);
}

/** Whether {@linkcode checkId} accepts an id. */
export function isId(id: string): boolean {
  return /^[A-Za-z0-9._-]{1,200}$/.test(id) && !id.includes("..") && id !== ".";
}

/**
 * Makes sure that a directory exists. What is missing, parents included, is made with mode 0700;
 * the mode of a directory that is already there stays as its owner chose it.
 *
 * @throws {PrivateDirError} when that is impossible
 */
export function ensurePrivateDir(path: string): void {
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new PrivateDirError(path, error);
  }
}

/** Where the state directory is when nobody says so, as people write it. */
export const USUAL_HOME = "~/.zag";

/** The variable that moves the state directory; a zag that is started again has to get it. */
export const HOME_VARIABLE = "ZAG_HOME";

/** The variables that say where everything is. */
export const PLACE_VARIABLES: readonly string[] = ["HOME", HOME_VARIABLE, "ZAG_USER_LOG_DIR"];

/** Which of them Windows has instead of the first. */
export const WINDOWS_HOME_VARIABLE = "USERPROFILE";

function stateDir(env: EnvReader): string {
  const own = absolute(env, HOME_VARIABLE);
  if (own !== undefined) return own;
  const user = userHome(env);
  if (user !== undefined) return join(user, ".zag");
  throw new NoHomeError("Cannot find the home directory: HOME is not set", {
    hint: "Set HOME, or set ZAG_HOME to the directory that shall hold zag's files",
  });
}

function userHome(env: EnvReader): string | undefined {
  return absolute(env, "HOME") ?? absolute(env, "USERPROFILE");
}

/** The value of a variable that names a directory. An empty one counts as unset. */
function absolute(env: EnvReader, variable: string): string | undefined {
  const value = env.get(variable);
  if (value === undefined || value === "") return undefined;
  if (!isAbsolute(value)) throw new RelativeHomeError(variable, value);
  return join(value);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
