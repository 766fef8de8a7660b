/** The events of a log that somebody chooses; the last of them are found from its end. */
import { BackwardLines } from "../backward_lines.ts";
import { FollowedFile } from "./followed_file.ts";
import { type LogLine, LogNotFoundError, openLog, parseLine, readRange } from "../log_reader.ts";

/** Chooses lines by what stands at their heads. */
export type Wants = (type: string, seq: number) => boolean;

/** The end of a log. */
export interface LastLines {
  /** In the order of the log. */
  readonly lines: LogLine[];
  /** Where the log goes on behind them, in bytes: the beginning of a line. */
  readonly offset: number;
}

/** Which lines {@linkcode lastLines} gives. */
export interface LastLinesOptions {
  /** Those that are given. */
  readonly wants: Wants;
  /** Those of them that count. @default all */
  readonly counts?: Wants | undefined;
}

/** The type stands right behind the envelope, which is shorter than this. */
const HEAD = 1024;
const READ = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * Reads a line if it is wanted; most lines that are not are told from their head, without parsing
 * them. Undefined for one that is not wanted.
 */
export function parseWanted(text: string, wants: Wants): LogLine | undefined {
  const head = /^\{"seq":(\d+),.*?"type":"([a-z_]+)"/.exec(text.slice(0, HEAD));
  if (head !== null && !wants(head[2]!, Number(head[1]))) return undefined;
  const line = parseLine(text);
  return line.event === undefined || wants(line.event.type, line.event.seq) ? line : undefined;
}

/**
 * The last so many events among those that count, and all wanted ones between them. Lines that cannot
 * be read are left out; a last line without its newline is left to whoever goes on, unless it can.
 *
 * @throws {LogNotFoundError} when there is no such file
 */
export async function lastLines(
  path: string,
  count: number,
  { wants, counts = () => true }: LastLinesOptions,
): Promise<LastLines> {
  using file = await openLog(path);
  const decoder = new TextDecoder();
  const found: LogLine[] = [];
  let counted = 0;
  /** False when the line ends the search. */
  const take = (text: string): boolean => {
    const line = parseWanted(text, wants);
    if (line?.event === undefined) return true;
    found.push(line);
    if (counts(line.event.type, line.event.seq)) counted++;
    return counted < count;
  };
  const size = await file.seek(0, Deno.SeekMode.End);
  const torn = await tornLine(file, size);
  const whole = parseLine(decoder.decode(torn)).event !== undefined;
  const offset = whole ? size : size - torn.length;
  const done = () => ({ lines: found.reverse(), offset });
  if (count === 0 || whole && !take(decoder.decode(torn))) return done();
  const lines = new BackwardLines();
  for (let end = size - torn.length; end > 0;) {
    const start = Math.max(0, end - READ);
    const chunk = await readRange(file, start, end);
    for (const line of [...lines.push(chunk), ...start === 0 ? lines.end() : []]) {
      if (!take(decoder.decode(line))) return done();
    }
    end = start;
  }
  return done();
}

/** Which lines {@linkcode chosenLines} gives. */
export interface ChosenLinesOptions {
  readonly wants: Wants;
  /** Only the last so many of them. @default all */
  readonly last?: number | undefined;
}

/**
 * The wanted lines of a log as it is now, in batches; with them, unless only the last are asked for,
 * those that cannot be read.
 *
 * @throws {LogNotFoundError} when there is no such file
 */
export async function* chosenLines(
  path: string,
  { wants, last }: ChosenLinesOptions,
): AsyncGenerator<LogLine[], void, undefined> {
  if (last !== undefined) {
    yield (await lastLines(path, last, { wants })).lines;
    return;
  }
  using file = new FollowedFile(path, { parse: (text) => parseWanted(text, wants) });
  yield* file.read();
  if (!file.found) throw new LogNotFoundError(path);
  const rest = file.rest();
  if (rest !== undefined) yield [rest];
}

/** The bytes behind the last newline. */
async function tornLine(file: Deno.FsFile, size: number): Promise<Uint8Array> {
  for (let start = size; start > 0;) {
    start = Math.max(0, start - READ);
    const bytes = await readRange(file, start, size);
    const newline = bytes.lastIndexOf(NEWLINE);
    if (newline >= 0) return bytes.subarray(newline + 1);
    if (start === 0) return bytes;
  }
  return new Uint8Array(0);
}
