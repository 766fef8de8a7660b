/**
 * Reads session logs, whoever wrote them and whatever happened to them since.
 *
 * @module
 */
import { ZagError } from "../errors.ts";
import type { LogEvent, LogType } from "../events/log_event.ts";
import { BackwardLines } from "./backward_lines.ts";
import { wholeText } from "./overflow.ts";

/** One line of a log: what it says, or why it cannot be read. `text` is the line as it stands. */
export type LogLine =
  | { readonly text: string; readonly event: LogEvent; readonly bad?: undefined }
  | { readonly text: string; readonly event?: undefined; readonly bad: string };

/** What the newest run of a session left in its log. */
export interface LogSegment {
  /** The line that opens the run; undefined when the log does not have it. */
  readonly started: LogEvent | undefined;
  /** The line that closes the run. */
  readonly ended: LogEvent & { type: "session_ended" } | undefined;
  /** The result that was submitted through `ps kill`. */
  readonly result: string | undefined;
  /** The last message of the assistant. */
  readonly answer: string | undefined;
}

/** There is no log at this path. */
export class LogNotFoundError extends ZagError {
  /** Name of the class. */
  override name = "LogNotFoundError";

  /**
   * Makes the error.
   *
   * @param path of the log
   */
  constructor(readonly path: string, options?: ErrorOptions) {
    super(`Cannot read the session log ${JSON.stringify(path)}: no such file`, options);
  }
}

const READ = 64 * 1024;

/**
 * Reads a log from its beginning, one line at a time. Blank lines are skipped, and so is a last
 * line that is not whole yet. Types of other versions come as they are.
 *
 * @throws {LogNotFoundError} when there is no such file
 */
export async function* readLog(path: string): AsyncGenerator<LogLine, void, undefined> {
  using file = await openLog(path);
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(READ);
  let pending: string[] = [];
  for (;;) {
    const count = await file.read(buffer);
    if (count === null) break;
    const text = decoder.decode(buffer.subarray(0, count), { stream: true });
    let start = 0;
    for (let end; (end = text.indexOf("\n", start)) >= 0; start = end + 1) {
      pending.push(text.slice(start, end));
      const line = pending.length === 1 ? pending[0]! : pending.join("");
      pending = [];
      if (line.trim() !== "") yield parseLine(line);
    }
    if (start < text.length) pending.push(text.slice(start));
  }
  const last = pending.join("");
  if (last.trim() === "") return;
  const line = parseLine(last);
  if (line.event !== undefined) yield line;
}

/**
 * Reads one line. Where the original wrote a key twice, the second counts.
 *
 * @param text without its newline
 */
export function parseLine(text: string): LogLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { text, bad: (error as Error).message };
  }
  if (typeof value !== "object" || value === null) return { text, bad: "not an object" };
  if (!("type" in value) || typeof value.type !== "string") return { text, bad: "no type" };
  if (!("seq" in value) || typeof value.seq !== "number") return { text, bad: "no seq" };
  return { text, event: value as LogEvent };
}

/**
 * What the newest run left, read from the end of the log.
 *
 * @throws {LogNotFoundError} when there is no such file
 */
export async function lastSegment(path: string): Promise<LogSegment> {
  const segment: { -readonly [Field in keyof LogSegment]: LogSegment[Field] } = {
    started: undefined,
    ended: undefined,
    result: undefined,
    answer: undefined,
  };
  const wanted = new Set(MILESTONES);
  for await (const event of eventsBackwards(path, wanted)) {
    wanted.delete(event.type);
    if (event.type === "session_ended") segment.ended = event;
    else if (event.type === "session_result") segment.result = event.result;
    else if (event.type === "assistant_message") {
      segment.answer = await wholeText(path, event, "content");
    } else if (event.type === "session_started") {
      segment.started = event;
      break;
    }
  }
  return segment;
}

/**
 * The result of a session: what its newest run submitted through `ps kill`, else the last message of
 * the assistant in any run. A run that failed takes no result from the session: what was submitted
 * before it stays. Undefined when there is neither.
 *
 * @throws {LogNotFoundError} when there is no such file
 */
export async function resultOf(path: string): Promise<string | undefined> {
  const wanted = new Set(MILESTONES);
  let answer: string | undefined;
  let failed = false;
  for await (const event of eventsBackwards(path, wanted)) {
    switch (event.type) {
      case "session_result":
        return event.result;
      case "session_ended":
        failed = !event.success;
        break;
      case "assistant_message":
        answer = await wholeText(path, event, "content");
        wanted.delete("assistant_message");
        break;
      case "session_started":
        if (!failed && answer !== undefined) return answer;
        // A run without an answer says nothing against what an earlier one said.
        if (!failed) wanted.delete("session_result");
        failed = false;
    }
  }
  return answer;
}

/**
 * The line that closes the newest run; undefined while that run goes on, and when it never came to
 * its end.
 *
 * @throws {LogNotFoundError} when there is no such file
 */
export async function closingLine(
  path: string,
): Promise<LogEvent & { type: "session_ended" } | undefined> {
  const ofTheRun = { has: (type: string) => !BESIDE.has(type) };
  for await (const event of eventsBackwards(path, ofTheRun)) {
    return event.type === "session_ended" ? event : undefined;
  }
  return undefined;
}

/** What others may add when a run is over. */
const BESIDE: ReadonlySet<string> = new Set<LogType>([
  "user_event",
  "session_meta",
  "session_deleted",
  "session_result",
  "usage_limit_resumed",
  "usage_limit_resume_failed",
  "usage_limit_cancelled",
  "notification",
]);

/** What is enough to know how far a session came. */
const MILESTONES: readonly LogType[] = [
  "session_started",
  "session_ended",
  "session_result",
  "assistant_message",
];

/** The type stands right behind the envelope, which is shorter than this. */
const HEAD = 1024;

/**
 * Events from the last to the first, of the types that are wanted when their line is reached; of
 * messages only the agent's own.
 */
export async function* eventsBackwards(
  path: string,
  wanted: { has(type: string): boolean },
): AsyncGenerator<LogEvent, void, undefined> {
  using file = await openLog(path);
  const decoder = new TextDecoder();
  const lines = new BackwardLines();
  for (let end = await file.seek(0, Deno.SeekMode.End); end > 0;) {
    const start = Math.max(0, end - READ);
    const chunk = await readRange(file, start, end);
    for (const line of [...lines.push(chunk), ...start === 0 ? lines.end() : []]) {
      // Most lines are tool output: telling so from the head is many times cheaper than parsing.
      const head = decoder.decode(line.subarray(0, HEAD));
      const type = /"type":"([a-z_]+)"/.exec(head)?.[1];
      if (type !== undefined && !wanted.has(type)) continue;
      const { event } = parseLine(decoder.decode(line));
      if (event === undefined || !wanted.has(event.type)) continue;
      // What a sub-agent says is for the agent that asked it.
      if (event.type === "assistant_message" && event.parent_tool_use_id !== undefined) continue;
      yield event;
    }
    end = start;
  }
}

/** Reads the bytes from `start` up to `end`; fewer where the file ends before. */
export async function readRange(
  file: Deno.FsFile,
  start: number,
  end: number,
): Promise<Uint8Array> {
  const buffer = new Uint8Array(end - start);
  await file.seek(start, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < buffer.length) {
    const count = await file.read(buffer.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}

/**
 * Opens a log to be read.
 *
 * @throws {LogNotFoundError} when there is no such file
 */
export async function openLog(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new LogNotFoundError(path, { cause: error });
    throw error;
  }
}
