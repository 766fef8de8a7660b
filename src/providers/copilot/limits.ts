/** Recognises a usage limit in Copilot's error events; prose that mentions one does not count. */
import type { UsageLimitEvent, UsageLimitScope } from "../../events/event.ts";
import { type Json, num, record, str } from "../json.ts";

/** Codes, up to their first colon; what follows names a plan or a model. */
const SCOPES: Readonly<Record<string, UsageLimitScope>> = {
  rate_limited: "session",
  user_weekly_rate_limited: "weekly",
  user_global_rate_limited: "global",
  session_quota_exceeded: "session",
};

const WAIT =
  /\bin\s+(?:about\s+|~\s*)?((?:\d+(?:\.\d+)?\s*(?:day|hour|minute|second)s?[\s,]*(?:and\s+)?)+)/i;
const PART = /(\d+(?:\.\d+)?)\s*(day|hour|minute|second)/gi;
const MS = { day: 86_400_000, hour: 3_600_000, minute: 60_000, second: 1000 };

/**
 * The usage limit that a `session.error` stands for, or null.
 *
 * @param item The whole event: a time that it counts from now on counts from its timestamp.
 */
export function copilotLimit(item: Json): UsageLimitEvent | null {
  const error = record(item.data) ?? {};
  const code = str(error.errorCode)?.split(":")[0] ?? "";
  const isQuota = error.errorType === "quota" && code !== "billing_not_configured";
  if (error.errorType !== "rate_limit" && num(error.statusCode) !== 429 && !isQuota) return null;
  const raw = str(error.message) ?? "";
  const reset = resetTime(raw, str(item.timestamp));
  return {
    type: "usage_limit_detected",
    provider: "copilot",
    scope: (Object.hasOwn(SCOPES, code) ? SCOPES[code] : undefined) ?? scopeOf(raw),
    ...(reset === undefined ? {} : { reset_at: reset }),
    raw,
  };
}

function scopeOf(message: string): UsageLimitScope {
  const named = /\b(weekly|global|session)\b/i.exec(message)?.[1];
  return (named?.toLowerCase() ?? "unknown") as UsageLimitScope;
}

function resetTime(message: string, timestamp: string | undefined): string | undefined {
  const wait = WAIT.exec(message)?.[1];
  if (wait === undefined) return undefined;
  let at = Date.parse(timestamp ?? "");
  for (const [, count, unit] of wait.matchAll(PART)) {
    at += Number(count) * MS[unit!.toLowerCase() as keyof typeof MS];
  }
  return Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : undefined;
}
