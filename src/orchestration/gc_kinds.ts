/** What `gc` removes, and how it is spoken of. */

/** The kinds of garbage, in the order in which they are removed and reported. */
export const GARBAGE_KINDS = [
  "process_entries",
  "lifecycle_markers",
  "spawn_logs",
  "session_logs",
  "session_records",
  "diagnostic_logs",
  "fifos",
  "temp_files",
  "shims",
  "corrupt_stores",
  "worktrees",
] as const satisfies readonly GarbageKind[];

/** One of {@linkcode GARBAGE_KINDS}. */
export type GarbageKind =
  | "process_entries"
  | "lifecycle_markers"
  | "spawn_logs"
  | "session_logs"
  | "session_records"
  | "diagnostic_logs"
  | "fifos"
  | "temp_files"
  | "shims"
  | "corrupt_stores"
  | "worktrees";

/** One thing that can go. */
export interface Garbage {
  readonly kind: GarbageKind;
  /** Absolute path of a file or directory; the id of a record. */
  readonly name: string;
  /** What it takes on the disk; 0 for a record. */
  readonly bytes: number;
  /** The record of a session goes with it, or is it. */
  readonly hasRecord?: boolean;
  /**
   * Removes it, unless it has come to life meanwhile.
   *
   * @returns false when it is no longer garbage, or another process was faster.
   */
  remove(): boolean;
}

/** Something that `gc` has seen and leaves alone, because it is for the person to decide. */
export interface LeftAlone {
  /** `original_logs` were written by the original; `worktrees` belong to no session. */
  readonly kind: "original_logs" | "worktrees";
  /** Absolute path. */
  readonly path: string;
  /** What it takes on the disk; null where that was not counted. */
  readonly bytes: number | null;
  /** Why it stays, in words; absent where the kind says it all. */
  readonly reason?: string;
}

/** Something that should have been removed or looked at and could not be. */
export interface GcFailure {
  /** Absolute path of a file or directory; the id of a record. */
  readonly name: string;
  /** The reason, for a person. */
  readonly error: string;
}
