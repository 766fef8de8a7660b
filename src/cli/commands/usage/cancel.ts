/** `zag usage cancel`: a session waits no more. */
import { defineCommand } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { incidentOperand, usageFlags } from "../../flags.ts";
import type { UsageFlags } from "../../usage_target.ts";

export const cancelCommand = defineCommand({
  name: "cancel",
  brief: "Have a session wait no more",
  detail:
    "The session ends as failed, as it would have without waiting. It can be gone on with by " +
    'hand: "zag exec --resume".',
  flags: usageFlags,
  operand: incidentOperand,
  run: runCancel,
});

async function runCancel(ctx: CliContext, flags: UsageFlags, operands: string[]): Promise<number> {
  const [{ openUsage, printDone, usageAccess }, { cancelWaiting, findWaiting }] = await Promise.all(
    [import("../../usage_target.ts"), import("../../../orchestration/limit_waits.ts")],
  );
  using open = await openUsage(ctx, flags);
  const waiting = findWaiting(open.store, operands[0]!, open.scope);
  await cancelWaiting(await usageAccess(ctx, open, flags), waiting, () => ctx.now());
  const { incidentId, sessionId } = waiting.waits;
  const line = `Cancelled ${incidentId}: session ${sessionId} does not go on`;
  await printDone(ctx, flags, "cancel", incidentId, line);
  return 0;
}
