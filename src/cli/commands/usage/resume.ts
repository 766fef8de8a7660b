/** `zag usage resume`: a session goes on at once. */
import { defineCommand } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { incidentOperand, usageFlags } from "../../flags.ts";
import type { UsageFlags } from "../../usage_target.ts";

export const resumeCommand = defineCommand({
  name: "resume",
  brief: "Have a session go on now, without waiting any longer",
  detail:
    "The zag that waits starts the agent again at once. If the limit is still there, the session " +
    "waits again.",
  flags: usageFlags,
  operand: incidentOperand,
  run: runResume,
});

async function runResume(ctx: CliContext, flags: UsageFlags, operands: string[]): Promise<number> {
  const [{ openUsage, printDone, usageAccess }, { findWaiting, hurryWaiting }] = await Promise.all(
    [import("../../usage_target.ts"), import("../../../orchestration/limit_waits.ts")],
  );
  using open = await openUsage(ctx, flags);
  const waiting = findWaiting(open.store, operands[0]!, open.scope);
  await hurryWaiting(await usageAccess(ctx, open, flags), waiting, ctx.now());
  const { incidentId, sessionId } = waiting.waits;
  await printDone(ctx, flags, "resume", incidentId, `Session ${sessionId} goes on now`);
  return 0;
}
