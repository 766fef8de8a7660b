/** What the configuration says about usage limits, and when a session goes on after one. */
import type { Config } from "../config/config.ts";

/** How usage limits of a provider are met. */
export interface LimitPolicy {
  /** A session that hits one goes on when it is over. */
  readonly enabled: boolean;
  /** What the agent is told then. */
  readonly message: string;
  /** How long to wait where the provider does not say, in seconds. */
  readonly fallbackSecs: number;
  /** No wait is longer, in seconds; a limit that is still there is waited for again. */
  readonly maxWaitSecs: number;
  /** Up to so many seconds are added by chance, so that not everybody comes back at once. */
  readonly jitterSecs: number;
  /** How often one call goes on at most; 0: as often as it takes. */
  readonly maxAttempts: number;
}

/** The policy for a provider; what is said of it alone beats what is said of all. */
export function limitPolicy(config: Config, provider: string): LimitPolicy {
  const of = <T>(name: string, otherwise: T): T =>
    (config as Record<string, unknown>)[`usage_limits.${name}`] as T | undefined ?? otherwise;
  const ofThis = <T>(name: string, otherwise: T): T =>
    of(`providers.${provider}.${name}`, otherwise);
  return {
    enabled: of("enabled", true) && ofThis("enabled", true),
    message: ofThis("resume_message", of("resume_message", "Continue")),
    fallbackSecs: ofThis("fallback_secs", of("default_fallback_secs", 3600)),
    maxWaitSecs: of("max_wait_secs", 86_400),
    jitterSecs: of("jitter_secs", 30),
    maxAttempts: of("max_attempts", 12),
  };
}

/** Whether a call has gone on as often as it may. */
export function isExhausted({ maxAttempts }: LimitPolicy, met = 0): boolean {
  return maxAttempts > 0 && met >= maxAttempts;
}

/** When a session goes on. */
export interface Wake {
  readonly at: Date;
  /** The provider did not say when its limit ends. */
  readonly fallbackUsed: boolean;
}

/**
 * When a session goes on that hit a limit: when that ends, or after the configured time; a little later,
 * and never later than the longest wait. A limit whose end is over is waited for no longer.
 *
 * @param resetAt When it ends, RFC 3339, as far as the provider said so.
 * @param chance From 0 to below 1.
 */
export function wakeTime(
  resetAt: string | undefined,
  policy: Pick<LimitPolicy, "fallbackSecs" | "maxWaitSecs" | "jitterSecs">,
  now: Date,
  chance: () => number = Math.random,
): Wake {
  const reset = Date.parse(resetAt ?? "");
  const fallbackUsed = Number.isNaN(reset);
  const start = fallbackUsed ? now.getTime() + policy.fallbackSecs * 1000 : reset;
  const later = Math.max(start, now.getTime()) + chance() * policy.jitterSecs * 1000;
  const latest = now.getTime() + policy.maxWaitSecs * 1000;
  return { at: new Date(Math.min(later, latest)), fallbackUsed };
}
