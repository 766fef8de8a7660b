/** What is printed while sessions are waited for. */
import { formatDuration } from "../agent/outcome.ts";
import { endReasonFields } from "../events/end_reason.ts";
import { localTime } from "../events/render/local_time.ts";
import { messageText } from "../events/render/plain_text.ts";
import { paint, withoutControls } from "../events/render/text.ts";
import type { EndedSession } from "../orchestration/wait_sessions.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { SessionState, SessionStatus } from "../sessions/session_status.ts";
import type { CliContext } from "./context.ts";
import { printError } from "./errors.ts";
import { jsonText } from "./json_text.ts";
import { ProgressLine } from "./progress_line.ts";
import { permitText, questionFields, questionsText } from "./question_info.ts";

/** The flags that choose what is printed. */
export interface WaitViewFlags {
  readonly json: boolean;
  readonly quiet: boolean;
}

/** How often the time in the progress line goes on, in milliseconds. */
const TICK_MS = 250;

/** Prints the ends of sessions on stdout, and at a terminal how far the waiting is. */
export class WaitView implements Disposable {
  readonly #ctx: CliContext;
  readonly #json: boolean;
  readonly #progress: WaitProgress;

  /** @param count of the sessions that are waited for */
  constructor(ctx: CliContext, flags: WaitViewFlags, count: number) {
    this.#ctx = ctx;
    this.#json = flags.json;
    this.#progress = new WaitProgress(ctx, flags.quiet, count);
  }

  /** Prints the end of a session. */
  async ended({ session, state }: EndedSession): Promise<void> {
    const success = state.status === "completed";
    this.#progress.count(state.status);
    const error = success ? null : reasonOf(state);
    await this.#ctx.stdout.write(
      this.#json ? this.#object(session, success, error) : this.#line(session, state, error),
    );
  }

  /**
   * Says of which sessions the waiting was given up.
   *
   * @param afterMs How long they were waited for.
   */
  async late(sessions: readonly EndedSession[], afterMs: number): Promise<void> {
    this.#progress.clear();
    for (const { session, state } of sessions) {
      const { questions, waitsUntil } = state;
      if (this.#json) {
        const waits = {
          ...(waitsUntil === undefined ? {} : { waits_until: waitsUntil }),
          ...questionFields(questions),
        };
        await this.#ctx.stdout.write(this.#object(session, false, "timeout", waits));
      }
      const which = JSON.stringify(session.sessionId) + nameOf(session);
      const after = formatDuration(afterMs);
      await printError(
        this.#ctx,
        `Cannot wait for session ${which}: it had not ended after ${after}${waitText(state)}`,
        questions && permitText(session.sessionId, questions),
      );
    }
  }

  /** Takes the progress line away. */
  [Symbol.dispose](): void {
    this.#progress[Symbol.dispose]();
  }

  #object(
    { sessionId, endReason }: SessionRecord,
    success: boolean,
    error: string | null,
    waits: object = {},
  ): string {
    const why = endReasonFields(endReason);
    const json = JSON.stringify({ session_id: sessionId, success, error, ...why, ...waits });
    return jsonText(this.#ctx, json) + "\n";
  }

  #line(session: SessionRecord, { status }: SessionState, error: string | null): string {
    const color = this.#ctx.color("stdout");
    const end = error === null
      ? paint("✓ completed", "32", color)
      : status === "unknown"
      ? paint("? unknown", "33", color)
      : paint("✗ failed", "31", color);
    const why = error === null ? "" : `: ${oneLine(error)}`;
    return `${session.sessionId}${nameOf(session)} ${end}${why}\n`;
  }
}

/** One line on stderr that tells how far the waiting for sessions is. */
export class WaitProgress implements Disposable {
  readonly #line: ProgressLine;
  readonly #ctx: CliContext;
  readonly #count: number;
  readonly #since: number;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #completed = 0;
  #failed = 0;
  #unknown = 0;

  /** @param count of the sessions that are waited for */
  constructor(ctx: CliContext, quiet: boolean, count: number) {
    this.#ctx = ctx;
    this.#count = count;
    this.#line = new ProgressLine(ctx, quiet);
    this.#since = ctx.now().getTime();
    const shown = !quiet && ctx.stderr.isTerminal;
    this.#timer = shown ? setInterval(() => this.#show(), TICK_MS) : undefined;
  }

  /** Counts an end, and takes the line away so that it can be told of. */
  count(status: SessionStatus): void {
    if (status === "completed") this.#completed++;
    else if (status === "unknown") this.#unknown++;
    else this.#failed++;
    this.clear();
  }

  /** Takes the line away until the time goes on. */
  clear(): void {
    this.#line.clear();
  }

  /** Takes the line away for good. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.clear();
  }

  #show(): void {
    const elapsed = Math.ceil((this.#ctx.now().getTime() - this.#since) / 1000);
    const running = this.#count - this.#completed - this.#failed - this.#unknown;
    const counts = [
      ...this.#completed > 0 ? [`${this.#completed} completed`] : [],
      ...this.#failed > 0 ? [`${this.#failed} failed`] : [],
      ...this.#unknown > 0 ? [`${this.#unknown} unknown`] : [],
      `${running} running`,
    ];
    this.#line.show(() =>
      `Waiting for ${this.#count} ${this.#count === 1 ? "session" : "sessions"}: ` +
      `${counts.join(", ")} (${formatDuration(elapsed * 1000)})`
    );
  }
}

/** What a session waits for itself, behind the rest of a sentence. */
function waitText({ questions, waitsUntil }: SessionState): string {
  if (questions) return `; it waits for ${questionsText(questions)}`;
  if (waitsUntil === undefined) return "";
  return `; it waits for the end of a usage limit, until ${localTime(waitsUntil)}`;
}

/** Why a session did not complete; never empty. */
function reasonOf({ status, error, run }: SessionState): string {
  if (error) return error;
  if (status === "unknown") return "nobody saw how it ended";
  if (status === "dead") return "its process is gone, without a clean end";
  return run?.exitCode ? `the agent ended with exit code ${run.exitCode}` : "no reason is known";
}

function nameOf({ name }: SessionRecord): string {
  return name ? ` (${oneLine(name)})` : "";
}

function oneLine(text: string): string {
  return withoutControls(messageText(text).trim().replace(/\s+/g, " "));
}
