/** Waits for a time of the calendar, which a machine may sleep through and a clock may jump over. */
import { type Clock, realClock } from "../processes/deadline.ts";

/** Timers stand still while the machine sleeps; so often the calendar is looked at, in milliseconds. */
const LOOK_MS = 30_000;

/** What tells the time. */
export interface SleepClock {
  /** The calendar. */
  now(): Date;
  /** What waits. @default the real time */
  readonly timers?: Pick<Clock, "setTimer">;
}

/**
 * Resolves when the calendar says that it is time, at once if it is already.
 *
 * @param signal Aborting ends the wait.
 * @returns Whether it is time; false when the wait was ended.
 */
export async function sleepUntil(
  at: Date,
  { now, timers = realClock }: SleepClock,
  signal?: AbortSignal,
): Promise<boolean> {
  for (;;) {
    if (signal?.aborted) return false;
    const left = at.getTime() - now().getTime();
    if (left <= 0) return true;
    await pause(Math.min(left, LOOK_MS), timers, signal);
  }
}

async function pause(
  ms: number,
  timers: Pick<Clock, "setTimer">,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  using _timer = timers.setTimer(ms, resolve);
  const wake = () => resolve();
  signal?.addEventListener("abort", wake);
  try {
    await promise;
  } finally {
    signal?.removeEventListener("abort", wake);
  }
}
