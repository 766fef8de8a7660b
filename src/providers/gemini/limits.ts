/** Recognises a usage limit in the error of a failed turn; what a model says is never looked at. */
import type { UsageLimitEvent, UsageLimitScope } from "../../events/event.ts";

/** The words of the CLI and of its APIs for a limit that was hit. */
const LIMIT =
  /\bRESOURCE_EXHAUSTED\b|"code"\s*:\s*429\b|\bQUOTA_EXHAUSTED\b|\bRATE_LIMIT_EXCEEDED\b|exhausted your (?:\w+ )?(?:quota|capacity)|exceeded your current quota|Possible quota limitations|To increase your limits, request a quota increase/i;

const SCOPES: readonly (readonly [RegExp, UsageLimitScope])[] = [
  [/daily|per ?day/i, "daily"],
  [/weekly|per ?week/i, "weekly"],
];

/** `retryDelay "34s"`, `retry in 7.5s`, `retry after 60s`, `will reset after 13h24m9s`. */
const DELAY =
  /(?:"retryDelay"\s*:\s*"|retry(?: again)? (?:in|after) |reset (?:in|after) )((?:\d+(?:\.\d+)?(?:ms|[dhms]))+)/i;

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * The usage limit that an error stands for, or null.
 *
 * @param text Message of the error.
 * @param at When it was reported, RFC 3339; without it a time that is told as a delay is unknown.
 */
export function geminiLimit(text: string, at: string | undefined): UsageLimitEvent | null {
  if (!LIMIT.test(text)) return null;
  const reported = Date.parse(at ?? "");
  const delay = delayMs(text);
  const reset = new Date(reported + (delay ?? NaN));
  return {
    type: "usage_limit_detected",
    provider: "gemini",
    scope: SCOPES.find(([words]) => words.test(text))?.[1] ?? "unknown",
    ...(Number.isNaN(reset.getTime()) ? {} : { reset_at: reset.toISOString() }),
    raw: text,
  };
}

function delayMs(text: string): number | undefined {
  const delay = DELAY.exec(text)?.[1]?.toLowerCase();
  if (delay === undefined) return undefined;
  let sum = 0;
  for (const [, count, unit] of delay.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)) {
    sum += Number(count) * UNIT_MS[unit!]!;
  }
  return sum;
}

/** The box in which the interface asks what is to be done now; no answer is drawn like that. */
const DIALOG =
  /^│ Usage limit reached for (\S+?)\. +│\n([^]*)^│ +(?:● )?\d\. Stop(?: - Abort request)? +│$/m;

/** `Access resets at 5:13 AM UTC.`, in local time. */
const ACCESS = /^│ Access resets at (\d{1,2}):(\d{2}) ([AP])M\b/m;

/** The usage limit that the interface shows, or null; its session file does not tell of one. */
export function geminiLimitOnScreen(screen: string, now: Date): UsageLimitEvent | null {
  const [, model, rest] = DIALOG.exec(screen) ?? [];
  if (model === undefined || rest === undefined) return null;
  const reset = nextTime(ACCESS.exec(rest), now);
  return {
    type: "usage_limit_detected",
    provider: "gemini",
    scope: "unknown",
    ...(reset === undefined ? {} : { reset_at: reset.toISOString() }),
    raw: `Usage limit reached for ${model}.`,
  };
}

function nextTime(match: RegExpExecArray | null, now: Date): Date | undefined {
  if (!match) return undefined;
  const hours = Number(match[1]) % 12 + (match[3] === "P" ? 12 : 0);
  const at = new Date(now);
  at.setHours(hours, Number(match[2]), 0, 0);
  if (at.getTime() < now.getTime()) at.setDate(at.getDate() + 1);
  return at;
}
