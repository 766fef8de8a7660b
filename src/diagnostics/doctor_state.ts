/** Whether what zag keeps is whole, private, and not in the way. */
import { accessSync, constants, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ZagPaths } from "../config/paths.ts";
import { isAlive } from "../processes/process_table.ts";
import { type IndexState, inspectIndex, type RunningRow } from "../sessions/inspect_index.ts";
import { ownerLives, readRecord, worktreesIn } from "../workspace/worktree_record.ts";
import { failedLook, type Finding, plural, shellWord } from "./doctor_findings.ts";
import { bytesText, bytesUnder, entriesOf } from "./doctor_sizes.ts";

/** Less free space than this is soon used up, in bytes. */
const LITTLE_SPACE = 500e6;
/** With less than this the next session cannot be logged. */
const NO_SPACE = 20e6;

/** Looks at the state directory; makes none where there is none. */
export function examineState(paths: ZagPaths): Promise<Finding[]> {
  const { home } = paths;
  const info = statOf(home);
  const looks: (() => Finding | undefined)[] = [];
  if (!info) looks.push(() => notThere(home));
  else if (!info.isDirectory) {
    looks.push(() => ({
      id: "state.directory",
      level: "problem",
      text: `${home} is no directory`,
      fix: `mv ${shellWord(home)} ${shellWord(`${home}.old`)}`,
    }));
  } else {
    const index = once(() => inspectIndex(paths.database));
    looks.push(
      () => directory(home, info),
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

function notThere(home: string): Finding {
  const parent = nearest(dirname(home));
  const text = `${home}: not there yet; the first session makes it`;
  if (mayWrite(parent)) return { id: "state.directory", level: "info", text };
  return {
    id: "state.directory",
    level: "problem",
    text: `${home}: not there, and ${parent} may not be written`,
    fix: 'export ZAG_HOME="$HOME/zag"',
  };
}

function directory(home: string, { uid }: Deno.FileInfo): Finding {
  const facts = { path: home };
  if (mayWrite(home)) return { id: "state.directory", level: "ok", text: home, facts };
  const isOurs = uid === null || uid === Deno.uid();
  const fix = isOurs
    ? `chmod u+rwx ${shellWord(home)}`
    : `sudo chown -R "$(id -u)" ${shellWord(home)}`;
  const text = `${home} may not be written: no session can be recorded`;
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
  const unused = entriesOf(fifos).filter(({ name }) => !used.has(name));
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
    fix: "zag gc --force",
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
