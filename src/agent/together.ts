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
  const both = [before, last];
  const costs = both.map(({ total_cost_usd: usd }) => usd).filter((usd) => usd !== null);
  const sum = costs.reduce((all, usd) => all + usd, 0);
  // What nobody knows is not nothing.
  const isKnown = costs.length > 0 && (sum > 0 || !both.some(isUnpriced));
  return {
    ...last,
    events: [...before.events, ...last.events],
    total_cost_usd: isKnown ? sum : null,
    usage: last.usage ? addUsage(before.usage ?? undefined, last.usage) : before.usage,
  };
}

/** It has used something, and nobody knows what that costs. */
function isUnpriced({ total_cost_usd: usd, usage }: AgentOutput): boolean {
  return usd === null && usage !== null && usage.input_tokens + usage.output_tokens > 0;
}
