/**
 * Worktrees that no session can go on in: what a crash has left, what was deleted by hand, and what
 * belongs to deleted sessions.
 */
import { join } from "node:path";
import type { EnvReader } from "../host.ts";
import {
  changes,
  Git,
  inspectWorktree,
  isUnchanged,
  readRecord,
  removeWorktree,
  type WorktreeRecord,
} from "../workspace/mod.ts";
import {
  forgetRecord,
  isTorn,
  ownerLives,
  setAside,
  worktreesIn,
} from "../workspace/worktree_record.ts";
import type { LeftAlone } from "./gc_kinds.ts";
import type { GcScope } from "./gc_scope.ts";

/** A worktree that can go. */
export interface UnusedWorktree {
  readonly kind: "worktrees";
  /** Absolute path. */
  readonly name: string;
  readonly bytes: number;
  /** Undefined for a record that says nothing, of a worktree that is not there. */
  readonly record: WorktreeRecord | undefined;
}

/** What was found out about the worktrees that no session names. */
export interface WorktreesFound {
  /** As they were made: nothing is lost with them. */
  readonly unused: readonly UnusedWorktree[];
  /** They hold work, or nobody can tell. */
  readonly leftAlone: readonly LeftAlone[];
}

/** Finds them; changes nothing. One that is being made is not among them. */
export async function findWorktrees(scope: GcScope, env: EnvReader): Promise<WorktreesFound> {
  const unused: UnusedWorktree[] = [];
  const leftAlone: LeftAlone[] = [];
  let git: Git | undefined;
  for (const path of orphans(scope)) {
    const record = readRecord(path);
    if (record && ownerLives(record)) continue;
    if (isTorn(path)) {
      unused.push({ kind: "worktrees", name: path, bytes: 0, record });
      continue;
    }
    const bytes = scope.bytesOf(path) + scope.bytesOf(setAside(path));
    git ??= await Git.find(env, scope.paths.home).catch(() => undefined);
    const state = record && git && await inspectWorktree(git, record);
    if (record && state && (state.presence === "gone" || isUnchanged(state))) {
      unused.push({ kind: "worktrees", name: path, bytes, record });
    } else {
      const reason = state ? changes(state).join(", ") : "what it began with is not known";
      leftAlone.push({ kind: "worktrees", path, bytes, reason });
    }
  }
  return { unused, leftAlone };
}

/**
 * Removes those of them that are still unused and unchanged.
 *
 * @returns The ones that are gone.
 */
export async function removeWorktrees(
  scope: GcScope,
  unused: readonly UnusedWorktree[],
  env: EnvReader,
): Promise<UnusedWorktree[]> {
  const removed: UnusedWorktree[] = [];
  if (unused.length === 0) return removed;
  const git = await Git.find(env, scope.paths.home);
  const still = new Set(orphans(scope));
  for (const each of unused) {
    if (!still.has(each.name)) continue;
    try {
      if (each.record === undefined) {
        if (!isTorn(each.name)) continue;
        forgetRecord(each.name);
        removed.push(each);
      } else if ((await removeWorktree(each.record, { git })).removed) removed.push(each);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      scope.fail(each.name, error);
    }
  }
  return removed;
}

/** Directories of worktrees, also of such that were never made or are gone, that no session can use. */
function orphans(scope: GcScope): string[] {
  const { worktrees } = scope.paths;
  const keys = scope.everything
    ? scope.list(worktrees).filter(({ isDirectory }) => isDirectory).map(({ name }) => name)
    : scope.project
    ? [scope.project]
    : [];
  const found = keys.flatMap((key) =>
    scope.attempt(join(worktrees, key), () => worktreesIn(join(worktrees, key))) ?? []
  );
  if (found.length === 0) return [];
  const used = scope.store.listSessions().map(({ sessionId, workspacePath, cwd }) => ({
    sessionId,
    paths: [workspacePath, cwd].map((path) => `${path}/`),
  }));
  return found.filter((path) => {
    const names = [path, scope.attempt(path, () => Deno.realPathSync(path)) ?? path];
    const users = used.filter(({ paths }) =>
      paths.some((each) => names.some((name) => each.startsWith(`${name}/`)))
    );
    // Nobody goes on in one that is not there: its removal was interrupted, or somebody has deleted it.
    return users.length === 0 || scope.stat(path) === undefined &&
        !users.some(({ sessionId }) => scope.isLive(sessionId));
  });
}
