import { together } from "../../src/agent/together.ts";
import { outcomeWithoutAgent } from "../../src/agent/idle_end.ts";
import type { LaunchOutcome } from "../../src/agent/outcome.ts";
import { assertEquals } from "../support/assert.ts";

/** An invocation that has used so many tokens, and cost so much. */
function run(tokens: number, usd: number | null): LaunchOutcome {
  const settled = {
    provider: { name: "mock", displayName: "Mock agent" },
    sessionId: "s",
    model: undefined,
    resumed: undefined,
  } as unknown as Parameters<typeof outcomeWithoutAgent>[0];
  const outcome = outcomeWithoutAgent(settled, "p", "");
  const usage = tokens === 0 ? null : {
    input_tokens: tokens,
    output_tokens: 0,
    cache_read_tokens: null,
    cache_creation_tokens: null,
    web_search_requests: null,
    web_fetch_requests: null,
  };
  return { ...outcome, output: { ...outcome.output, usage, total_cost_usd: usd } };
}

Deno.test("together() adds up dollars, and takes what nobody knows for no amount", () => {
  const total = (before: LaunchOutcome, last: LaunchOutcome) =>
    together(before, last).output.total_cost_usd;
  assertEquals(total(run(5, 1), run(5, 2)), 3);
  assertEquals(total(run(5, 0), run(5, 0)), 0);
  assertEquals(total(run(5, 0), run(5, null)), null);
  assertEquals(total(run(5, null), run(5, 0)), null);
  assertEquals(total(run(5, null), run(5, null)), null);
  // What is known is not taken away, and who has used nothing costs nothing.
  assertEquals(total(run(5, 2), run(5, null)), 2);
  assertEquals(total(run(0, null), run(5, 0)), 0);
});
