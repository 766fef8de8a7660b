/** Whether what zag keeps is whole, private, and not in the way. */
import { accessSync, constants, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ZagPaths } from "../config/paths.ts";
import type { EnvReader } from "../host.ts";
import { isAlive } from "../processes/process_table.ts";
import { type IndexState, inspectIndex, type RunningRow } from "../sessions/inspect_index.ts";
import { ownerLives, readRecord, worktreesIn } from "../workspace/worktree_record.ts";
import { failedLook, type Finding, plural, shellWord } from "./doctor_findings.ts";
import { bytesText, bytesUnder, entriesOf } from "./doctor_sizes.ts";

/** Less free space than this is soon used up, in bytes. */
const LITTLE_SPACE = 500e6;
/** With less than this the next session cannot be logged. */
const NO_SPACE = 20e6;

/** `zag gc` lets pipes be for so long, in milliseconds, and indexes that were put aside. */
const PIPE_AGE_MS = 3600 * 1000;
const ASIDE_AGE_MS = 7 * 24 * 3600 * 1000;

/** Looks at the state directory; makes none where there is none. */
export function examineState(paths: ZagPaths, env: EnvReader): Promise<Finding[]> {
  const { home } = paths;
  const info = statOf(home);
  const looks: (() => Finding | undefined)[] = [];
  if (!info) looks.push(() => notThere(paths, env));
  else if (!info.isDirectory) looks.push(() => noDirectory(paths, env));
  else {
    const index = once(() => inspectIndex(paths.database));
    looks.push(
      () => directory(paths, info, env),
      () => permissions(home, info),
      () => indexFinding(paths, index()),
      () => strays(index()),
      () => pipes(paths, index()),
      () => worktrees(paths),
      () => putAside(home),
      () => sizes(paths),
    );
  }
  looks.push(() => freeSpace(home), () => original(paths));
  const findings = looks.map((look, at) => {
    try {
      return look();
    } catch (error) {
      return failedLook(`state.${at}`, "the state directory", error);
    }
  });
  return Promise.resolve(findings.filter((finding) => finding !== undefined));
}

function notThere(paths: ZagPaths, env: EnvReader): Finding {
  const { home } = paths;
  const id = "state.directory";
  const parent = nearest(dirname(home));
  if (!statOf(parent)?.isDirectory) {
    const text = `${home}: ${parent} is no directory`;
    return { id, level: "problem", text, fix: elsewhere(paths, env) };
  }
  const problem = whyNotWritable(parent);
  const text = `${home}: not there yet; the first session makes it`;
  if (problem === undefined) return { id, level: "info", text };
  return {
    id,
    level: "problem",
    text: `${home}: not there, and ${parent} cannot be written: ${problem}`,
    fix: elsewhere(paths, env),
  };
}

function noDirectory(paths: ZagPaths, env: EnvReader): Finding {
  const { home, isNamed } = paths;
  return {
    id: "state.directory",
    level: "problem",
    text: `${home}${isNamed ? ", which ZAG_HOME names," : ""} is no directory`,
    fix: isNamed ? elsewhere(paths, env) : `mv ${shellWord(home)} ${shellWord(`${home}.old`)}`,
  };
}

/** A command that leads to a place where there can be a state directory. */
function elsewhere(paths: ZagPaths, env: EnvReader): string {
  const { home, isNamed, userHome } = paths;
  if (isNamed && userHome && whyNotWritable(userHome) === undefined) return "unset ZAG_HOME";
  const places = [userHome, env.get("XDG_DATA_HOME"), env.get("TMPDIR"), "/var/tmp", "/tmp"];
  const place = places.find((path) =>
    path && join(path, "zag") !== home && whyNotWritable(path) === undefined
  );
  return place === undefined
    ? "Set ZAG_HOME to a directory that you can write"
    : `export ZAG_HOME=${shellWord(join(place, "zag"))}`;
}

function directory(paths: ZagPaths, { uid }: Deno.FileInfo, env: EnvReader): Finding {
  const { home } = paths;
  const facts = { path: home };
  const problem = whyNotWritable(home);
  if (problem === undefined) return { id: "state.directory", level: "ok", text: home, facts };
  const isOurs = uid === null || uid === Deno.uid();
  // Where the mode allows it, something else forbids it: a mount, an attribute, a full disk.
  const fix = mayWrite(home)
    ? elsewhere(paths, env)
    : isOurs
    ? `chmod u+rwx ${shellWord(home)}`
    : `sudo chown -R "$(id -u)" ${shellWord(home)}`;
  const text = `${home} cannot be written, so no session can be recorded: ${problem}`;
  return { id: "state.directory", level: "problem", text, fix, facts };
}

function permissions(home: string, { mode }: Deno.FileInfo): Finding | undefined {
  if (mode === null || Deno.build.os === "windows") return undefined;
  const bits = (mode & 0o777).toString(8).padStart(4, "0");
  const isPrivate = (mode & 0o077) === 0;
  return {
    id: "state.permissions",
    level: isPrivate ? "ok" : "warning",
    text: isPrivate
      ? `mode ${bits}: nobody else can look into it`
      : `mode ${bits}: others can look into it, and logs hold what agents have read`,
    ...(!isPrivate && { fix: `chmod 700 ${shellWord(home)}` }),
    facts: { mode: bits },
  };
}

function indexFinding({ database }: ZagPaths, index: IndexState): Finding {
  const id = "state.index";
  // It is only an index: everything in it stands in the logs, too.
  const rebuild = "zag session list --global";
  switch (index.kind) {
    case "absent":
      return { id, level: "info", text: "index: none yet", facts: { state: index.kind } };
    case "too-new":
      return {
        id,
        level: "problem",
        text: `index: a newer zag has written ${database}; this one cannot use it`,
        fix: "Use the newer zag, or set ZAG_HOME to another directory",
        facts: { state: index.kind },
      };
    case "damaged":
      return {
        id,
        level: "problem",
        text: `index: ${database} is damaged (${index.reason}); it is made again from the logs`,
        fix: rebuild,
        facts: { state: index.kind },
      };
    case "unfinished":
      return {
        id,
        level: "info",
        text: "index: not complete; the next command completes it",
        fix: rebuild,
        facts: { state: index.kind },
      };
    case "sound":
      return {
        id,
        level: "ok",
        text: `index: sound, ${plural(index.sessions, "session", "sessions")}, ` +
          `${plural(index.running.length, "run goes on", "runs go on")}`,
        facts: { state: index.kind, sessions: index.sessions, running: index.running.length },
      };
  }
}

function strays(index: IndexState): Finding | undefined {
  if (index.kind !== "sound") return undefined;
  const left = index.running.filter(({ ownerPid, ownerStart }) => !lives(ownerPid, ownerStart));
  if (left.length === 0) return undefined;
  const agents = left.filter(({ agentPid, agentStart }) =>
    agentPid !== null && lives(agentPid, agentStart)
  );
  const living = agents.length === 0
    ? ""
    : `, and ${plural(agents.length, "agent still runs", "agents still run")}`;
  return {
    id: "state.strays",
    level: "warning",
    text: `${plural(left.length, "session has", "sessions have")} lost the zag that looked after ` +
      `${left.length === 1 ? "it" : "them"}${living}`,
    fix: "zag ps list",
    facts: { strays: left.length, living_agents: agents.length },
  };
}

function pipes({ fifos }: ZagPaths, index: IndexState): Finding | undefined {
  if (index.kind !== "sound") return undefined;
  const used = new Set(index.running.filter(isOwned).map(({ sessionId }) => sessionId));
  const limit = Date.now() - PIPE_AGE_MS;
  const unused = entriesOf(fifos).filter(({ name }) => {
    const info = statOf(join(fifos, name));
    // Younger ones zag gc lets be: somebody could still come.
    return info?.isFifo && !used.has(name) && (info.mtime?.getTime() ?? Infinity) < limit;
  });
  if (unused.length === 0) return undefined;
  return {
    id: "state.pipes",
    level: "warning",
    text: plural(
      unused.length,
      "pipe for messages that nobody reads",
      "pipes for messages that nobody reads",
    ),
    fix: "zag gc --force",
    facts: { pipes: unused.length },
  };
}

function worktrees({ worktrees }: ZagPaths): Finding | undefined {
  const all = entriesOf(worktrees).filter(({ isDirectory }) => isDirectory)
    .flatMap(({ name }) => worktreesIn(join(worktrees, name)));
  if (all.length === 0) return undefined;
  const { bytes, isWhole } = bytesUnder(worktrees);
  const busy = all.filter((path) => {
    const record = readRecord(path);
    return record && ownerLives(record);
  });
  const size = bytesText(bytes, isWhole);
  return {
    id: "state.worktrees",
    level: "info",
    text: `${plural(all.length, "worktree", "worktrees")}, ${size}, ${busy.length} in use`,
    fix: "zag gc",
    facts: { worktrees: all.length, bytes, in_use: busy.length },
  };
}

/** Indexes that were found damaged before. */
function putAside(home: string): Finding | undefined {
  const damaged = entriesOf(home).filter(({ name }) => /^zag\.db\.corrupt-/.test(name));
  if (damaged.length === 0) return undefined;
  return {
    id: "state.put_aside",
    level: "info",
    text: `${plural(damaged.length, "damaged index", "damaged indexes")} put aside earlier`,
    fix: damaged.some(({ name }) => isOld(join(home, name)))
      ? "zag gc --force"
      : "Nothing has to be done: zag gc removes them after a week",
    facts: { files: damaged.length },
  };
}

function sizes(paths: ZagPaths): Finding {
  const whole = bytesUnder(paths.home);
  const database = statOf(paths.database)?.size ?? 0;
  const search = statOf(paths.searchIndex)?.size ?? 0;
  const size = bytesText(whole.bytes, whole.isWhole);
  return {
    id: "state.size",
    level: "info",
    text: `${size} in all; index ${bytesText(database)}, search index ${bytesText(search)}`,
    facts: { bytes: whole.bytes, database_bytes: database, search_bytes: search },
  };
}

function freeSpace(home: string): Finding {
  const { bavail, bsize } = statfsSync(nearest(home));
  const free = Number(bavail) * Number(bsize);
  return {
    id: "state.space",
    level: free < NO_SPACE ? "problem" : free < LITTLE_SPACE ? "warning" : "ok",
    text: `${bytesText(free)} free on the disk`,
    ...(free < LITTLE_SPACE && { fix: "zag gc --force" }),
    facts: { free_bytes: free },
  };
}

function original(paths: ZagPaths): Finding | undefined {
  const files = [paths.originalProcesses, paths.originalSessionsIndex, paths.originalConfig()]
    .filter((path) => statOf(path) !== undefined);
  if (files.length === 0) return undefined;
  return {
    id: "state.original",
    level: "info",
    text: "an older zag has kept its state here: it is read, and never changed",
    facts: { files: files.length },
  };
}

function isOwned({ ownerPid, ownerStart }: RunningRow): boolean {
  return lives(ownerPid, ownerStart);
}

function lives(pid: number, startTime: string | null): boolean {
  return startTime !== null && isAlive({ pid, startTime });
}

/** The path, or the first directory above it that is there. */
function nearest(path: string): string {
  for (let at = path;; at = dirname(at)) {
    if (statOf(at) || at === dirname(at)) return at;
  }
}

function isOld(path: string): boolean {
  return (statOf(path)?.ctime?.getTime() ?? Infinity) < Date.now() - ASIDE_AGE_MS;
}

/** Tries it: the mode of a directory is not all that counts. Nothing stays of it. */
function whyNotWritable(path: string): string | undefined {
  if (Deno.permissions.querySync({ name: "write", path }).state !== "granted") {
    // That is reported elsewhere.
    return mayWrite(path) ? undefined : "its mode forbids it";
  }
  const probe = join(path, `.${crypto.randomUUID()}.tmp`);
  try {
    Deno.openSync(probe, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    return (error as Error).message.replace(/ \(os error \d+\)[\s\S]*$/, "");
  }
  Deno.removeSync(probe);
  return undefined;
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}

/** Asks at its first call, and never again. */
function once<T>(ask: () => T): () => T {
  let answer: { readonly value: T } | undefined;
  return () => (answer ??= { value: ask() }).value;
}
