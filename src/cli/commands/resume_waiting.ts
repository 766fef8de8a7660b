/** `zag resume-waiting`: goes on with a session that waits for a usage limit, and whose zag is gone. */
import type { CliContext } from "../context.ts";
import { defineCommand } from "../command.ts";

/** The hidden command. */
export const resumeWaitingCommand = defineCommand({
  name: "resume-waiting",
  brief: "Go on with a session that waits for a usage limit; zag starts this itself",
  hidden: true,
  flags: {},
  operand: {
    name: "session",
    brief: "Its id",
    required: true,
    then: { name: "incident", brief: "Id of the limit" },
  },
  run: (ctx, _flags, [session, incident]) => runResumeWaiting(ctx, session!, incident),
});

async function runResumeWaiting(
  ctx: CliContext,
  sessionId: string,
  incidentId: string | undefined,
): Promise<number> {
  if (incidentId === undefined) {
    const { UsageError } = await import("../errors.ts");
    throw new UsageError(
      'Cannot run "resume-waiting" by hand: zag starts it when it finds a session that waits',
    );
  }
  const [{ inBackground }, { goOnWithWaiting }, { StillWaiting }] = await Promise.all([
    import("../in_background.ts"),
    import("../../orchestration/resume_waiting.ts"),
    import("../../agent/still_waiting.ts"),
  ]);
  // Whoever has started this has looked after what else was left behind.
  const options = { keepStrays: true };
  return await inBackground(ctx, sessionId, async (access) => {
    try {
      await goOnWithWaiting({ ...access, staysWaiting: true, sessionId }, incidentId);
    } catch (error) {
      if (!(error instanceof StillWaiting)) throw error;
    }
  }, options);
}
