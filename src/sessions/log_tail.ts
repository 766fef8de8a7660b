/** What the end of a log says to whoever goes on writing it. */
import type { Completeness } from "../events/log_event.ts";
import { BackwardLines } from "./backward_lines.ts";

/** The end of a log. */
export interface LogTail {
  /** The newest sequence number; 0 in a log without any. */
  readonly seq: number;
  /** The last line has no newline: whoever wrote it did not get to its end. */
  readonly torn: boolean;
  /** Of the last line that can be read. */
  readonly completeness: Completeness | undefined;
  readonly providerSessionId: string | undefined;
  /** That line, without its newline. */
  readonly line?: Uint8Array | undefined;
}

const EMPTY: LogTail = {
  seq: 0,
  torn: false,
  completeness: undefined,
  providerSessionId: undefined,
};

/** Most ends fit into the first, small read. */
const FIRST_READ = 4 * 1024;
const READ = 64 * 1024;

/** Reads as much of the end of an open log as it takes; moves the position of the file. */
export function readTail(file: Deno.FsFile, size: number): LogTail {
  if (size === 0) return EMPTY;
  const lines = new BackwardLines();
  let torn: boolean | undefined;
  let seq = 0;
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - (end === size ? FIRST_READ : READ));
    const chunk = readRange(file, start, end);
    torn ??= chunk.at(-1) !== 0x0a;
    for (const line of [...lines.push(chunk), ...start === 0 ? lines.end() : []]) {
      // Even a torn line has used up its number.
      seq = Math.max(seq, seqOf(line));
      const entry = parse(line);
      if (entry === undefined) continue;
      return {
        seq: Math.max(seq, entry.seq),
        torn,
        completeness: entry.completeness,
        providerSessionId: entry.provider_session_id ?? undefined,
        line,
      };
    }
    end = start;
  }
  return { ...EMPTY, seq, torn: torn ?? false };
}

/** Fills a buffer with the bytes from `start` up to `end`; shorter when the file ends before. */
function readRange(file: Deno.FsFile, start: number, end: number): Uint8Array {
  const buffer = new Uint8Array(end - start);
  file.seekSync(start, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < buffer.length) {
    const count = file.readSync(buffer.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}

interface TailEntry {
  seq: number;
  completeness?: Completeness;
  provider_session_id?: string | null;
}

function parse(line: Uint8Array): TailEntry | undefined {
  try {
    const entry: unknown = JSON.parse(new TextDecoder().decode(line));
    if (typeof entry !== "object" || entry === null) return undefined;
    return "seq" in entry && Number.isSafeInteger(entry.seq) ? entry as TailEntry : undefined;
  } catch {
    return undefined;
  }
}

/** The number at the head of a line, or less when the line ends within it. */
function seqOf(line: Uint8Array): number {
  const head = new TextDecoder().decode(line.subarray(0, 40));
  return Number(/^\{"seq":(\d{1,15})/.exec(head)?.[1] ?? 0);
}
