/** The line of a log for a usage limit that a CLI's own file tells of. */
import type { UsageLimitEvent } from "../events/event.ts";
import type { LogKind } from "../events/log_event.ts";

/**
 * The line.
 *
 * @param limit What the provider made of the CLI's words.
 * @param id Tells it from other limits in the same file; absent: a new one.
 */
export function limitLine(
  { scope, reset_at, raw }: UsageLimitEvent,
  id: string | undefined,
): LogKind {
  return {
    type: "usage_limit_hit",
    scope,
    ...(reset_at === undefined ? {} : { reset_at }),
    ...(raw === undefined ? {} : { raw }),
    fallback_used: false,
    incident_id: id ?? crypto.randomUUID(),
  };
}
