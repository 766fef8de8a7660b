/** What one call of zag has spent so far, through all its launches. */
import type { SessionBudget } from "../sessions/records.ts";
import type { LaunchRequest } from "./launch_request.ts";

/** What the launches of one call have spent that are over. */
export interface CallSpending {
  /** When the call began, RFC 3339. */
  readonly since: string;
  /** US dollars. */
  costUsd: number;
  /** Those that count. */
  tokens: number;
  /** The configured prices have a part in the dollars. */
  estimated: boolean;
}

/** The spending of a call that begins now. */
export function newSpending(now: Date): CallSpending {
  return { since: now.toISOString(), costUsd: 0, tokens: 0, estimated: false };
}

/**
 * Where all launches of a call note what they spend. Absent where it goes on with a call that another
 * process has begun: what that has spent is in the books, and each launch looks there.
 */
export function sharedSpending(
  { spending, adopted, resume }: Pick<LaunchRequest, "spending" | "adopted" | "resume">,
  now: () => Date,
): Pick<LaunchRequest, "spending"> {
  if (spending) return { spending };
  return adopted && resume ? {} : { spending: newSpending(now()) };
}

/** What the books say that a call may spend; undefined when nothing is capped. */
export function budgetOf(
  { maxCostUsd, maxTokens }: {
    readonly maxCostUsd: number | undefined;
    readonly maxTokens: number | undefined;
  },
  { since }: CallSpending,
): SessionBudget | undefined {
  if (maxCostUsd === undefined && maxTokens === undefined) return undefined;
  return { maxCostUsd: maxCostUsd ?? null, maxTokens: maxTokens ?? null, since };
}
