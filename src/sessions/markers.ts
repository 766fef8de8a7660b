/**
 * Lifecycle markers: small files by which other programs learn that a session started or ended,
 * without any knowledge of the store.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { ensurePrivateDir, type ZagPaths } from "../config/paths.ts";

/** The paths that markers need. */
export type MarkerPaths = Pick<ZagPaths, "eventsDir" | "started" | "ended">;

/** How a session ended, as its marker says it. */
export interface MarkedEnd {
  /** The session reached its aim. */
  readonly success: boolean;
  /** Null when there is none, for example after a signal. */
  readonly exitCode: number | null;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_AGE_MS = 7 * DAY_MS;

/** Leaves the marker that a session has started. */
export async function markStarted(paths: MarkerPaths, sessionId: string, at: Date): Promise<void> {
  await writeWhole(
    paths.started(sessionId),
    JSON.stringify({ session_id: sessionId, started_at: at.toISOString() }),
  );
}

/** Leaves the marker that a session has ended. */
export async function markEnded(
  paths: MarkerPaths,
  sessionId: string,
  end: MarkedEnd,
  at: Date,
): Promise<void> {
  await writeWhole(
    paths.ended(sessionId),
    JSON.stringify({
      session_id: sessionId,
      success: end.success,
      exit_code: end.exitCode,
      ended_at: at.toISOString(),
    }),
  );
}

/**
 * Removes the markers of sessions that ended more than 7 days ago, and what was left of markers that
 * were being written. One that has started and not ended may go on: that takes more than a look at a
 * directory to know. It looks at most once a day, so that calling it at every start costs one look
 * at one file.
 *
 * @returns how many files were removed
 */
export async function pruneMarkers(paths: MarkerPaths, now: Date): Promise<number> {
  const stamp = join(paths.eventsDir, ".pruned");
  const age = await ageOf(stamp, now);
  if (age !== undefined && age < DAY_MS) return 0;
  ensurePrivateDir(paths.eventsDir);
  await Deno.writeTextFile(stamp, "", { mode: 0o600 });
  await Deno.utime(stamp, now, now);
  let removed = 0;
  for (const names of (await groups(paths.eventsDir)).values()) {
    const files = names.map((name) => join(paths.eventsDir, name));
    const isOver = names.some((name) => !name.endsWith(".started"));
    const ages = await Promise.all(files.map((path) => ageOf(path, now)));
    // A session that was resumed has an old end and a new start.
    if (!isOver || ages.some((age) => age !== undefined && age <= MAX_AGE_MS)) continue;
    for (const path of files) if (await remove(path)) removed++;
  }
  return removed;
}

/** The files that stand or fall together: both markers of a session, or what is left of one. */
async function groups(directory: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for await (const { name, isFile } of Deno.readDir(directory)) {
    const [whole, id] = /^(.+)\.(?:started|ended)$|^.+\.tmp$/.exec(name) ?? [];
    if (!isFile || whole === undefined) continue;
    const key = id ?? whole;
    found.set(key, [...found.get(key) ?? [], name]);
  }
  return found;
}

/** False when another process was faster. */
async function remove(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Since the last change, in milliseconds; undefined when there is no such file. */
async function ageOf(path: string, now: Date): Promise<number | undefined> {
  try {
    const { mtime } = await Deno.stat(path);
    return mtime === null ? undefined : now.getTime() - mtime.getTime();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** A reader sees the whole file or none. */
async function writeWhole(path: string, text: string): Promise<void> {
  ensurePrivateDir(dirname(path));
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await Deno.writeTextFile(temporary, text, { mode: 0o600, createNew: true });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}
