/** The worktree of a session, looked up from the session's record. */
import type { SessionRecord } from "../sessions/records.ts";
import { readRecord, type WorktreeRecord } from "../workspace/mod.ts";

/** A worktree that a session can go on in. */
export interface OwnWorktree {
  readonly name: string;
  readonly record: WorktreeRecord;
  /** Where the agent starts, absolute. */
  readonly cwd: string;
}

/**
 * The worktree that was made for the session; `unknown` for one whose directory is there although zag
 * knows nothing about it any more.
 *
 * @param session Its `isWorktree` is set.
 */
export function ownWorktree(
  { workspacePath: path, cwd, startedAt, createdAt }: SessionRecord,
): OwnWorktree | "unknown" | "gone" {
  if (!isDirectory(path)) return "gone";
  const record = readRecord(path);
  if (!record) return "unknown";
  // Another session can have got a worktree of the same name since.
  if (Date.parse(record.createdAt) > Date.parse(startedAt ?? createdAt)) return "gone";
  return { name: record.name, record, cwd: isDirectory(cwd) ? cwd : path };
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
