/** `zag usage run`: has sessions looked after again whose zag is gone. */
import type { WaitingSession } from "../../../orchestration/limit_waits.ts";
import { defineCommand } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { incidentOperand, usageFlags } from "../../flags.ts";
import type { UsageFlags } from "../../usage_target.ts";

export const runCommand = defineCommand({
  name: "run",
  brief: "Have sessions looked after whose zag was killed, or ended with the machine",
  detail:
    "A zag in the background is started for each, which waits for its time and goes on with it. Every " +
    "command that looks at sessions does the same; this one does nothing else, so that it can stand " +
    "among what a machine does when it starts. With an incident it is about that one alone. A session " +
    "that is looked after is left alone.",
  flags: usageFlags,
  operand: { ...incidentOperand, required: false },
  run: runRun,
});

async function runRun(ctx: CliContext, flags: UsageFlags, operands: string[]): Promise<number> {
  const [{ openUsage, printPretty, usageAccess }, waits] = await Promise.all([
    import("../../usage_target.ts"),
    import("../../../orchestration/limit_waits.ts"),
  ]);
  using open = await openUsage(ctx, flags);
  const { store, scope } = open;
  const wanted = operands[0] === undefined
    ? waits.waitingSessions(store, scope.project)
    : [waits.findWaiting(store, operands[0], scope)];
  const access = await usageAccess(ctx, open, flags);
  const reasons: string[] = [];
  const heard = { ...access, note: (text: string) => (access.note(text), void reasons.push(text)) };
  const done: { waiting: WaitingSession; adopted: boolean }[] = [];
  for (const waiting of wanted.filter(({ isOwned }) => !isOwned)) {
    done.push({ waiting, adopted: await waits.adoptWaiting(heard, waiting) });
  }
  const failed = done.filter(({ adopted }) => !adopted);
  if (flags.json) {
    await printPretty(
      ctx,
      done.map(({ waiting, adopted }) => ({
        action: "run",
        incident_id: waiting.waits.incidentId,
        status: adopted ? "ok" : "failed",
      })),
    );
  } else {
    for (const { waiting: { waits: { incidentId, sessionId } }, adopted } of done) {
      if (!adopted) continue;
      await ctx.stdout.write(`Looks after ${incidentId}: session ${sessionId}\n`);
    }
    if (done.length === 0 && !flags.quiet) {
      const { printMessage } = await import("../../message.ts");
      await printMessage(ctx, "All sessions that wait are looked after");
    }
  }
  for (const { waiting: { waits: { sessionId } } } of failed) {
    const { printError } = await import("../../errors.ts");
    const why = reasons.filter((text) => text.includes(sessionId)).at(-1);
    await printError(ctx, `Cannot go on with session "${sessionId}"${why ? `: ${why}` : ""}`);
  }
  return failed.length === 0 ? 0 : 1;
}
