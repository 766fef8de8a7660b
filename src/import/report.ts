/** What an import tells while it is at work, and of what it has done. */

/** Who is told how it goes. */
export interface ImportObserver {
  /** A session was imported, or got something new; in a dry run: would be, would get. */
  taken?(session: TakenSession): void;
  /** A file was passed over. */
  skipped?(path: string, reason: string): void;
  /** A file could not be imported; the hint says what can be done. */
  failed?(path: string, reason: string, hint: string): void;
  /** Another process is at it; its end is waited for. */
  waiting?(): void;
  progress?(progress: ImportProgress): void;
}

/** A session that an import takes over. */
export interface TakenSession {
  /** Name of the provider. */
  readonly provider: string;
  /** The provider's id of the session. */
  readonly id: string;
  /** Where it was started. */
  readonly directory: string;
  /** Absolute path of its file. */
  readonly path: string;
  /** Of the file, in bytes. */
  readonly size: number;
  /** False for a session that was imported before and has something new. */
  readonly isNew: boolean;
}

/** How far an import is. */
export interface ImportProgress {
  /** Files that are done. */
  readonly files: number;
  readonly totalFiles: number;
  readonly bytes: number;
  readonly totalBytes: number;
  /** Name of the provider whose file is being read. */
  readonly provider: string;
  /** Name of that file. */
  readonly name: string;
}

/** What became of the files, by their number. */
export interface ImportSummary {
  /** Sessions that are new. */
  imported: number;
  /** Sessions that have something new. */
  updated: number;
  /** Sessions that were imported before and have nothing new. */
  unchanged: number;
  /**
   * Files of sessions that zag started itself or that were deleted, files without a session, and
   * damaged ones that were reported before.
   */
  skipped: number;
  /** Files that could not be read, or hold something else. */
  failed: number;
}
