/** How much of a log an index knows, and whether the log is still the one that was indexed. */

/** A log as it was when it was indexed. */
export interface IndexedLog {
  /** Number of the log in the index; a log that was replaced gets a new one. */
  readonly id: number;
  /** Number of the device. */
  readonly dev: number;
  /** Number of the file. */
  readonly ino: number;
  /** Bytes that are indexed: whole lines from the beginning. */
  readonly indexed: number;
  /** Length of the file when it was looked at. */
  readonly size: number;
  /**
   * When it was last changed then, in milliseconds; null when that was so recently that another
   * change could carry the same time.
   */
  readonly changed: number | null;
  /** See {@linkcode fingerprint}. */
  readonly print: number;
}

/** What the system says about a file. */
export type FileFacts = Pick<Deno.FileInfo, "dev" | "ino" | "size" | "ctime" | "mtime">;

/** A file that was changed less than this before can be changed again at the same time, in ms. */
const CLOCK_GRAIN = 2000;

/** How much of both ends of the indexed part makes the fingerprint, in bytes. */
const END = 256;

/**
 * The bytes of a log, from its beginning, for which its signatures hold. 0 when it was never indexed,
 * or was cut, replaced or rewritten since.
 */
export function coveredBytes(
  path: string,
  facts: FileFacts,
  log: IndexedLog | undefined,
): number {
  if (log === undefined || facts.dev !== log.dev || (facts.ino ?? 0) !== log.ino) return 0;
  if (facts.size < log.size) return 0;
  if (facts.size === log.size && log.changed !== null) {
    return changedAt(facts) === log.changed ? log.indexed : 0;
  }
  try {
    using file = Deno.openSync(path);
    return fingerprint(file, log.indexed) === log.print ? log.indexed : 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return 0;
  }
}

/** When a file was last changed, unless that is too recent to be told from the next change. */
export function settledChange(facts: FileFacts, now: number): number | null {
  const changed = changedAt(facts);
  return changed !== null && changed < now - CLOCK_GRAIN ? changed : null;
}

/** A number made of both ends of the first `length` bytes of a file. */
export function fingerprint(file: Deno.FsFile, length: number): number {
  const bytes = new Uint8Array(END);
  let one = length | 0;
  let two = 0x51ed_270b;
  for (const start of [0, Math.max(0, length - END)]) {
    file.seekSync(start, Deno.SeekMode.Start);
    const count = file.readSync(bytes.subarray(0, Math.min(END, length - start))) ?? 0;
    for (let at = 0; at < count; at++) {
      one = Math.imul(one ^ bytes[at]!, 0x0100_0193);
      two = Math.imul(two + bytes[at]!, 0x9e37_79b1) ^ (two >>> 15);
    }
  }
  return (one >>> 0) * 0x20_0000 + (two >>> 11);
}

function changedAt({ ctime, mtime }: FileFacts): number | null {
  return (ctime ?? mtime)?.getTime() ?? null;
}
