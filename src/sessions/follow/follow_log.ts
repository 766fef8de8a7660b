/**
 * Follows the log of a session from its beginning, or its last events, to the end of its newest run.
 *
 * @module
 */
import { FollowedFile } from "./followed_file.ts";
import { FileWatch } from "./file_watch.ts";
import { type LastLines, lastLines } from "./last_lines.ts";
import type { LogEvent } from "../../events/log_event.ts";
import { type LogLine, LogNotFoundError } from "../log_reader.ts";

/** Whether somebody will go on writing a log; the last three say that nobody will. */
export type Writer = "working" | "ended" | "dead" | "deleted";

/** What a log has said so far about the newest run in it. */
export interface SeenLog {
  /** There is a file. */
  readonly found: boolean;
  /** When the newest run in it ended, RFC 3339; undefined when its end is not there. */
  readonly endedAt: string | undefined;
  /** When the file was last written to, as the system has it; null when it cannot be told. */
  readonly writtenAt: Date | null;
}

/** What is followed. */
export interface FollowOptions {
  /** Of the log; it may not be there yet. */
  readonly path: string;
  /** Begin with the last so many events among those that count. @default everything */
  readonly tail?: {
    readonly count: number;
    counts(type: string): boolean;
  } | undefined;
  /**
   * Asked at the end of what is written: at first, when the newest run has ended, and every two
   * seconds. What is written before it answers is still read.
   */
  writer(seen: SeenLog): Writer | Promise<Writer>;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

const ASK_MS = 2000;

/**
 * The lines of a log as they are written, in batches: all that one read of the file gave. A line is
 * given once its newline is there. When the file is cut off or replaced, it is read again from its
 * beginning, without the events that were given before.
 *
 * @returns why it ended; `working` when the signal has ended it
 * @throws {LogNotFoundError} when nobody writes the log and there is none
 */
export async function* followLog(
  options: FollowOptions,
): AsyncGenerator<LogLine[], Writer, undefined> {
  const { path, writer, signal } = options;
  using watch = new FileWatch(path);
  const progress = new Progress();
  const start = await startOf(options);
  const first = progress.take(start.lines);
  if (first.length > 0 && options.tail?.count !== 0) yield first;
  using file = new FollowedFile(path, {
    offset: start.offset,
    onRestart: () => progress.restart(),
  });
  let answer: Writer = "working";
  let askedAt = -Infinity;
  while (!signal?.aborted) {
    let idle = true;
    for await (const lines of file.read()) {
      idle = false;
      const fresh = progress.take(lines);
      if (fresh.length > 0) yield fresh;
    }
    // What was written last may have come after the look but before the answer.
    if (idle && answer !== "working") {
      if (!file.found && answer !== "deleted") throw new LogNotFoundError(path);
      const last = file.rest();
      const fresh = last === undefined ? [] : progress.take([last]);
      if (fresh.length > 0) yield fresh;
      return answer;
    }
    answer = "working";
    if (progress.endedAt !== undefined || performance.now() - askedAt >= ASK_MS) {
      answer = await writer({
        found: file.found,
        endedAt: progress.endedAt,
        writtenAt: await file.writtenAt(),
      });
      askedAt = performance.now();
      if (answer !== "working") continue;
    }
    await watch.changed(signal);
  }
  return "working";
}

async function startOf({ path, tail }: FollowOptions): Promise<LastLines> {
  if (tail === undefined) return { lines: [], offset: 0 };
  try {
    // How the newest run stands has to be known even if it is not to be shown.
    return await lastLines(path, Math.max(1, tail.count), {
      wants: (type) => isRunMark(type) || tail.counts(type),
      counts: (type) => tail.counts(type),
    });
  } catch (error) {
    if (error instanceof LogNotFoundError) return { lines: [], offset: 0 };
    throw error;
  }
}

function isRunMark(type: string): boolean {
  return type === "session_started" || type === "session_ended";
}

/** How far the log has been given, and how its newest run stands. */
class Progress {
  endedAt: string | undefined;
  #seq = 0;
  #time = -Infinity;
  /** What comes may have been given before. */
  #again = false;

  /** The lines that were not given before. */
  take(lines: LogLine[]): LogLine[] {
    const fresh: LogLine[] = [];
    for (const line of lines) {
      if (line.event !== undefined) this.#note(line.event);
      if (!this.#again) fresh.push(line);
    }
    return fresh;
  }

  restart(): void {
    this.#again = true;
    this.endedAt = undefined;
  }

  #note(event: LogEvent): void {
    if (event.type === "session_started") this.endedAt = undefined;
    else if (event.type === "session_ended") this.endedAt = event.ts;
    const time = Date.parse(event.ts);
    // A log that was begun anew counts from 1 again, but its times go on.
    if (event.seq > this.#seq || time > this.#time) this.#again = false;
    if (this.#again) return;
    this.#seq = event.seq;
    if (!Number.isNaN(time)) this.#time = time;
  }
}
