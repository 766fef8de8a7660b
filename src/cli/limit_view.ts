/** What a person is told while a session waits for the end of a usage limit. */
import type { LimitWait } from "../agent/launch_request.ts";
import { formatDuration, type LaunchOutcome } from "../agent/outcome.ts";
import { unicodeWidth } from "../events/render/width.ts";
import { localTime } from "../events/render/local_time.ts";
import type { CliContext } from "./context.ts";
import { printMessage } from "./message.ts";
import { ProgressLine } from "./progress_line.ts";

/** How often the time in the line goes on, in milliseconds. */
const TICK_MS = 1000;

/**
 * Counts down at a terminal, in a line that is written over and over again; elsewhere says once that
 * the session waits.
 */
export class LimitView {
  readonly #ctx: CliContext;
  readonly #quiet: boolean;
  readonly #counts: boolean;
  readonly #line: ProgressLine;
  #timer: ReturnType<typeof setInterval> | undefined;
  #wait: LimitWait | undefined;
  /** What was waited for last, as long as no agent has started since. */
  #last: LimitWait | undefined;

  /** @param quiet Say nothing. */
  constructor(ctx: CliContext, quiet: boolean) {
    this.#ctx = ctx;
    this.#quiet = quiet;
    this.#line = new ProgressLine(ctx, quiet, 0);
    // A line cannot be written over where nothing can be taken away.
    this.#counts = ctx.stderr.isTerminal && ctx.env.get("TERM") !== "dumb";
  }

  /** The session waits, or the time has changed at which it goes on. */
  waiting(wait: LimitWait): void {
    const before = this.#wait;
    const known = before?.wakeAt.getTime() === wait.wakeAt.getTime();
    this.#wait = this.#last = wait;
    if (this.#quiet) return;
    if (!this.#counts) {
      // What somebody has hurried says at once that it goes on.
      const isHurried = before && wait.wakeAt.getTime() <= this.#ctx.now().getTime();
      if (!known && !isHurried) void printMessage(this.#ctx, waitText(wait, this.#ctx.now()));
      return;
    }
    this.#show();
    this.#timer ??= setInterval(() => this.#show(), TICK_MS);
  }

  /** The wait is over: the line goes. */
  waited(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#wait = undefined;
    this.#line.clear();
  }

  /** The agent runs again. */
  started(): void {
    this.#last = undefined;
  }

  /** Takes the line away until the time goes on. */
  clear(): void {
    this.#line.clear();
  }

  /** Says how to go on with a session that waits no more and did not go on. */
  async end(
    { sessionId, resumable }: Pick<LaunchOutcome, "sessionId" | "resumable">,
  ): Promise<void> {
    if (!this.#last || this.#quiet) return;
    const how = resumable ? `; to go on with it: zag exec --resume ${sessionId} "..."` : "";
    await printMessage(this.#ctx, `> Session ${sessionId} does not wait any more${how}`);
  }

  #show(): void {
    const wait = this.#wait;
    if (!wait) return;
    const now = this.#ctx.now();
    const whole = waitText(wait, now);
    const fits = unicodeWidth(whole) < this.#ctx.stderr.columns;
    this.#line.show(() => fits ? whole : shortText(wait, now));
  }
}

/** For a terminal that is no wider than most: what a person has to know to end the wait. */
function shortText(wait: LimitWait, now: Date): string {
  return `⏳ Usage limit${coverage(wait)}, goes on in ${timeLeft(wait.wakeAt, now)}; ` +
    stopCommand(wait);
}

function coverage({ scope }: LimitWait): string {
  return scope === "unknown" ? "" : ` (${scope})`;
}

function stopCommand({ incidentId }: LimitWait): string {
  return `zag usage cancel ${incidentId.slice(0, 8)}`;
}

/** One line: who waits, for what, until when, and how to stop it. */
export function waitText(wait: LimitWait, now: Date): string {
  const { agentName, wakeAt } = wait;
  return `⏳ ${agentName}: usage limit${coverage(wait)}, goes on at ${clockTime(wakeAt, now)} ` +
    `(in ${timeLeft(wakeAt, now)}); ${stopCommand(wait)} stops waiting`;
}

/**
 * What somebody has to know whose session has failed on a usage limit that nobody waits for: when it ends,
 * how often it was waited for, and how to go on.
 */
export function limitAdvice(
  { limited, resumable, sessionId }: Pick<LaunchOutcome, "limited" | "resumable" | "sessionId">,
  now: Date,
): string | undefined {
  if (!limited) return undefined;
  const { line: { reset_at }, met } = limited;
  const ends = reset_at === undefined
    ? "The provider did not say when the limit ends"
    : `The limit ends at ${clockTime(new Date(reset_at), now)}`;
  const waited = met === 0
    ? ""
    : `; zag has waited ${met === 1 ? "once" : `${met} times`}, and gave up`;
  const how = resumable ? `. To go on then: zag exec --resume ${sessionId} "..."` : "";
  return `${ends}${waited}${how}`;
}

/** On the reader's clock; with the day unless that is today. */
function clockTime(at: Date, now: Date): string {
  const text = localTime(at.toISOString());
  const day = "YYYY-MM-DD ".length;
  const today = localTime(now.toISOString()).slice(0, day);
  return text.startsWith(today) ? text.slice(day) : text;
}

/** Seconds are of no interest where there are hours. */
function timeLeft(at: Date, now: Date): string {
  const seconds = Math.max(1, Math.ceil((at.getTime() - now.getTime()) / 1000));
  const whole = seconds < 3600 ? seconds : Math.ceil(seconds / 60) * 60;
  return formatDuration(whole * 1000);
}
