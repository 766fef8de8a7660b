/** Notices the usage limit that an agent hits, and completes what the log says of it. */
import type { LogKind } from "../events/log_event.ts";
import type { UsageLimitScope } from "../events/event.ts";
import { type LimitPolicy, type Wake, wakeTime } from "./limit_policy.ts";

/** A limit that was hit. */
export interface LimitHit {
  /** The log calls it so. */
  readonly incidentId: string;
  readonly scope: UsageLimitScope;
  /** When it ends, RFC 3339; undefined where the provider did not say. */
  readonly resetAt: string | undefined;
  /** When the session would go on. */
  readonly wake: Wake;
}

/** The line of a log for a limit that was hit. */
export type LimitLine = Extract<LogKind, { type: "usage_limit_hit" }>;

/** Watches what one run of an agent is about to log. */
export class LimitWatch {
  readonly #policy: LimitPolicy | undefined;
  readonly #now: () => Date;
  /** An agent may try again by itself and be refused again: that is the same limit. */
  readonly #incidentId = crypto.randomUUID();
  #hit: LimitHit | undefined;
  #line: LimitLine | undefined;

  /**
   * Watches nothing yet.
   *
   * @param policy Undefined when the session does not go on after a limit.
   */
  constructor(policy: LimitPolicy | undefined, now: () => Date) {
    this.#policy = policy?.enabled ? policy : undefined;
    this.#now = now;
  }

  /** How limits are met; undefined when the session does not go on. */
  get policy(): LimitPolicy | undefined {
    return this.#policy;
  }

  /** The newest limit after which the session would go on. */
  get hit(): LimitHit | undefined {
    return this.#hit;
  }

  /** Whether there was a limit at all, also where the session does not go on after one. */
  get seen(): boolean {
    return this.#line !== undefined;
  }

  /** The newest limit as it was logged, also where the session does not go on after it. */
  get line(): LimitLine | undefined {
    return this.#line;
  }

  /** The agent has got over it by itself. */
  forget(): void {
    this.#hit = undefined;
    this.#line = undefined;
  }

  /** The same entries, those of limits with one id, and with the time at which the session goes on. */
  completed(kinds: readonly LogKind[]): readonly LogKind[] {
    if (!kinds.some(({ type }) => type === "usage_limit_hit")) return kinds;
    return kinds.map((kind) => {
      if (kind.type !== "usage_limit_hit") return kind;
      const line = { ...kind, incident_id: this.#incidentId };
      if (!this.#policy) return this.#line = line;
      const { hit, scheduled } = schedule(line, this.#policy, this.#now());
      this.#hit = hit;
      return this.#line = scheduled;
    });
  }
}

/** When a session goes on after a limit, and the line that says so. */
export function schedule(
  line: LimitLine,
  policy: LimitPolicy,
  now: Date,
): { hit: LimitHit; scheduled: LimitLine } {
  const { incident_id: incidentId, scope, reset_at: resetAt } = line;
  const wake = wakeTime(resetAt, policy, now);
  return {
    hit: { incidentId, scope, resetAt, wake },
    scheduled: {
      ...line,
      scheduled_resume_at: wake.at.toISOString(),
      fallback_used: wake.fallbackUsed,
    },
  };
}
