/**
 * What zag keeps about a worktree, in a file beside it. It is written before git is asked for the
 * worktree, so that one that was left behind by a crash is known, with the commit it began at.
 */
import { basename, dirname, join } from "node:path";
import { ensurePrivateDir } from "../config/paths.ts";
import { isAlive, type ProcessIdentity, selfIdentity } from "../processes/process_table.ts";
import { branchOf, folderOf } from "./worktree_name.ts";

/** A worktree, as it was made. */
export interface WorktreeRecord {
  readonly name: string;
  /** Its top directory, absolute. */
  readonly path: string;
  /** Without `refs/heads/`. */
  readonly branch: string;
  /** The commit that it began at. */
  readonly base: string;
  /** The git directory that all worktrees of the repository share, absolute. */
  readonly repository: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** The process that made it. */
  readonly owner: ProcessIdentity;
}

/** The ending cannot be part of a worktree's directory: that holds no `+` before a dot. */
const ENDING = "+.json";
const ASIDE = "+.removing";

/** Describes a worktree that this process is about to make. */
export function newRecord(
  directory: string,
  { name, base, repository, now }: { name: string; base: string; repository: string; now: Date },
): WorktreeRecord {
  return {
    name,
    path: join(directory, folderOf(name)),
    branch: branchOf(name),
    base,
    repository,
    createdAt: now.toISOString(),
    owner: selfIdentity(),
  };
}

/** Where the record of a worktree is. */
export function recordPath(worktree: string): string {
  return worktree + ENDING;
}

/** Where a worktree is while it is removed. */
export function setAside(worktree: string): string {
  return worktree + ASIDE;
}

/**
 * Writes the record, whole or not at all, unless there is one.
 *
 * @returns False when the name is taken.
 */
export function claim(record: WorktreeRecord): boolean {
  const path = recordPath(record.path);
  ensurePrivateDir(dirname(path));
  const temporary = `${path}.${crypto.randomUUID()}`;
  const text = JSON.stringify(record, null, 2) + "\n";
  try {
    write(temporary, text);
    try {
      Deno.linkSync(temporary, path);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return false;
      if (error instanceof Deno.errors.NotCapable) throw error;
      // Some file systems know no hard links.
      write(path, text);
    }
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  } finally {
    remove(temporary);
  }
}

function write(path: string, text: string): void {
  using file = Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
  file.syncSync();
}

/** The record of a worktree; undefined when there is none that can be read. */
export function readRecord(worktree: string): WorktreeRecord | undefined {
  let value: Partial<WorktreeRecord> | null;
  try {
    value = JSON.parse(Deno.readTextFileSync(recordPath(worktree)));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
  const texts = [value?.name, value?.branch, value?.base, value?.repository, value?.createdAt];
  if (!texts.every((text) => typeof text === "string")) return undefined;
  if (!/^[0-9a-f]{40,64}$/.test(value!.base!) || typeof value!.owner?.pid !== "number") {
    return undefined;
  }
  // The state directory can have been moved.
  return { ...value as WorktreeRecord, path: worktree };
}

/** Removes the record, and the directory of the repository's worktrees if that was the last one. */
export function forgetRecord(worktree: string): void {
  remove(recordPath(worktree));
  remove(dirname(worktree));
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // It is gone already, or holds other worktrees.
  }
}

/** Whether a record is there that says nothing, of a worktree that is not there. */
export function isTorn(worktree: string): boolean {
  return exists(recordPath(worktree)) && readRecord(worktree) === undefined &&
    !exists(worktree) && !exists(setAside(worktree));
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

/** Whether the process lives that made the worktree; its session may not be recorded yet. */
export function ownerLives({ owner }: WorktreeRecord): boolean {
  return isAlive(owner);
}

/** The worktrees of a directory, by their own directories and by their records; absolute paths. */
export function worktreesIn(directory: string): string[] {
  const paths = new Set<string>();
  try {
    for (const { name, isDirectory } of Deno.readDirSync(directory)) {
      if (isDirectory) {
        paths.add(join(directory, name.endsWith(ASIDE) ? name.slice(0, -ASIDE.length) : name));
      } else if (name.endsWith(ENDING)) paths.add(join(directory, name.slice(0, -ENDING.length)));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return [...paths].sort();
}

/** The name of a worktree, as far as its directory tells. */
export function nameOf(worktree: string): string {
  return basename(worktree).replaceAll("+", "/");
}
