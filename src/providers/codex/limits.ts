/** Recognises a usage limit in what Codex says about a turn that failed. */
import type { UsageLimitEvent } from "../../events/event.ts";

const LIMITS: readonly RegExp[] = [
  /^You[’']ve hit your usage limit\b/,
  /^You hit your spend cap\b/,
  /^Your workspace is out of credits\b/,
  /^Quota exceeded\./,
  /^exceeded retry limit, last status: 429\b/,
  /^unexpected status 429\b/,
];

/** `try again at 1:20 PM`, or with a date: `Nov 24th, 2026 1:38 PM`; in local time. */
const RESET =
  /\btry again at (?:([A-Z][a-z]{2}) (\d{1,2})(?:st|nd|rd|th), (\d{4}) )?(\d{1,2}):(\d{2}) ([AP])M\b/i;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * The usage limit that a failure stands for, or null.
 *
 * @param message What Codex said.
 * @param now When it said so: a time without a date is one of that day.
 */
export function codexLimit(message: string, now: Date): UsageLimitEvent | null {
  if (!LIMITS.some((limit) => limit.test(message))) return null;
  const reset = resetOf(message, now);
  return {
    type: "usage_limit_detected",
    provider: "codex",
    scope: "unknown",
    ...(reset === undefined ? {} : { reset_at: reset.toISOString() }),
    raw: message,
  };
}

function resetOf(message: string, now: Date): Date | undefined {
  const match = RESET.exec(message);
  if (!match) return undefined;
  const [, month, day, year, hour, minute, half] = match;
  const hours = Number(hour) % 12 + (half!.toUpperCase() === "P" ? 12 : 0);
  const date = month === undefined
    ? [now.getFullYear(), now.getMonth(), now.getDate()] as const
    : [Number(year), MONTHS.indexOf(month), Number(day)] as const;
  return date[1] < 0 ? undefined : new Date(...date, hours, Number(minute));
}
