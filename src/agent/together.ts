/** Several invocations of one session as one. */
import type { AgentOutput } from "../events/event.ts";
import { addUsage } from "../events/usage.ts";
import type { LaunchOutcome } from "./outcome.ts";

/** What covers both of two invocations; the later one says how it all ended. */
export function together(
  before: LaunchOutcome,
  last: LaunchOutcome,
): Pick<LaunchOutcome, "denied" | "output" | "workedMs"> {
  return {
    workedMs: before.workedMs + last.workedMs,
    denied: [...new Set([...before.denied, ...last.denied])],
    output: outputs(before.output, last.output),
  };
}

function outputs(before: AgentOutput, last: AgentOutput): AgentOutput {
  const costs = [before.total_cost_usd, last.total_cost_usd].filter((cost) => cost !== null);
  return {
    ...last,
    events: [...before.events, ...last.events],
    total_cost_usd: costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0),
    usage: last.usage ? addUsage(before.usage ?? undefined, last.usage) : before.usage,
  };
}
