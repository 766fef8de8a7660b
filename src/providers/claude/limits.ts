/** Recognises a usage limit in Claude's error channels; prose that mentions one does not count. */
import type { UsageLimitEvent, UsageLimitScope } from "../../events/event.ts";

/** What a failed turn of Claude says about its failure. */
export interface ClaudeFailure {
  /** HTTP status of the model API; undefined when the failure came from elsewhere. */
  status: number | undefined;
  /** The `error` tag of the synthetic message, for example `rate_limit`. */
  tag: string | undefined;
  /** The text of the failure. */
  text: string;
}

const LIMIT_LINE = /^Claude AI (?:(weekly|global) )?usage limit reached\|(\d{9,13})$/m;

/** The usage limit that a failure stands for, or null. */
export function claudeLimit(failure: ClaudeFailure): UsageLimitEvent | null {
  const line = LIMIT_LINE.exec(failure.text);
  if (line) {
    const epoch = Number(line[2]);
    return {
      type: "usage_limit_detected",
      provider: "claude",
      scope: (line[1] ?? "session") as UsageLimitScope,
      reset_at: new Date(epoch > 1e11 ? epoch : epoch * 1000).toISOString(),
      raw: failure.text,
    };
  }
  if (failure.status === 429 || failure.tag === "rate_limit") {
    return {
      type: "usage_limit_detected",
      provider: "claude",
      scope: "unknown",
      raw: failure.text,
    };
  }
  return null;
}
