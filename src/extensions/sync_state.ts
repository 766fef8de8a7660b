/** What was last given to a provider's CLI: to see that nothing has changed, and to take it back. */
import { join } from "node:path";
import { ensurePrivateDir, type ZagPaths } from "../config/paths.ts";
import { record, str } from "../providers/json.ts";
import { exclusively } from "../sessions/exclusive.ts";
import type { FileState } from "./settings_file.ts";
import type { Splice } from "./splice.ts";

/** What is remembered of a directory of links. */
export interface SkillDirState {
  /** zag made the directory. */
  readonly created: boolean;
  /** What its links lead to, absolute, by their names. */
  readonly links: Readonly<Record<string, string>>;
}

/** What is remembered of one provider. */
export interface SyncState {
  /** Looks of everything that counts, at the end of the last sync; see `sync.ts`. */
  fingerprint?: string | undefined;
  /** The settings that hold something of zag, by absolute path. */
  files: Record<string, FileState>;
  /** The directories in which zag has put links, by absolute path. */
  skillDirs: Record<string, SkillDirState>;
  /** A copy of an agent's file that is being written, absolute; left over after a kill. */
  temporary?: string | undefined;
}

/** Where the state of a provider is. */
export function statePath(paths: Pick<ZagPaths, "syncState">, provider: string): string {
  return join(paths.syncState, `${provider}.json`);
}

/** The state of a provider; empty where there is none, or none that can be read. */
export function readState(paths: Pick<ZagPaths, "syncState">, provider: string): SyncState {
  const empty: SyncState = { files: {}, skillDirs: {} };
  let value: unknown;
  try {
    value = JSON.parse(Deno.readTextFileSync(statePath(paths, provider)));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return empty;
  }
  const state = record(value);
  if (state?.version !== 1) return empty;
  const files = Object.entries(record(state.files) ?? {}).filter(([, file]) => isFileState(file));
  const dirs = Object.entries(record(state.skillDirs) ?? {});
  return {
    fingerprint: str(state.fingerprint),
    files: Object.fromEntries(files) as Record<string, FileState>,
    skillDirs: Object.fromEntries(
      dirs.map(([path, dir]) => {
        const { created, links } = record(dir) ?? {};
        const known = Object.entries(record(links) ?? {}).map(([name, to]) => [name, String(to)]);
        return [path, { created: created === true, links: Object.fromEntries(known) }];
      }),
    ),
    temporary: str(state.temporary),
  };
}

function isFileState(value: unknown): boolean {
  const state = record(value);
  return record(state?.entries) !== undefined && Array.isArray(state?.splices) &&
    state.splices.every((splice: Partial<Splice>) =>
      typeof splice?.inserted === "string" && splice.inserted !== "" &&
      typeof splice.replaced === "string"
    );
}

/**
 * The state of a provider, for whoever holds its lock. A copy of an agent's file that was left over is
 * removed.
 */
export async function takeState(
  paths: Pick<ZagPaths, "syncState">,
  provider: string,
): Promise<SyncState> {
  const { temporary, ...state } = readState(paths, provider);
  if (temporary !== undefined) {
    const { removeTemporary } = await import("./settings_file.ts");
    await removeTemporary(temporary);
  }
  return state;
}

/** Writes the state of a provider; one that says nothing is removed. */
export async function writeState(
  paths: Pick<ZagPaths, "syncState">,
  provider: string,
  state: SyncState,
): Promise<void> {
  const { writeWhole } = await import("../write_whole.ts");
  const path = statePath(paths, provider);
  const isEmpty = state.fingerprint === undefined &&
    Object.keys(state.files).length === 0 && Object.keys(state.skillDirs).length === 0 &&
    state.temporary === undefined;
  if (isEmpty) await Deno.remove(path).catch(() => {});
  else await writeWhole(path, JSON.stringify({ version: 1, ...state }) + "\n");
}

/** Lets one zag at a time change what a provider's CLI is given. */
export async function whileLocked<T>(
  paths: Pick<ZagPaths, "syncState">,
  provider: string,
  waiting: () => void,
  work: () => Promise<T>,
): Promise<T> {
  ensurePrivateDir(paths.syncState);
  return await exclusively(join(paths.syncState, `${provider}.lock`), waiting, work);
}
