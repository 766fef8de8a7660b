/** `zag background`: looks after a session that `zag spawn` has started. */
import type { CliContext } from "../context.ts";
import { defineCommand } from "../command.ts";

/** The hidden command. */
export const backgroundCommand = defineCommand({
  name: "background",
  brief: "Look after a session in the background; zag spawn starts this",
  hidden: true,
  flags: {},
  operand: { name: "session", brief: "Its id", required: true, then: { name: "run", brief: "Id" } },
  run: (ctx, _flags, [session, run]) => runBackground(ctx, session!, run),
});

async function runBackground(
  ctx: CliContext,
  sessionId: string,
  processId: string | undefined,
): Promise<number> {
  if (processId === undefined) {
    const { UsageError } = await import("../errors.ts");
    throw new UsageError('Cannot run "background" by hand: "zag spawn" starts it');
  }
  const [{ inBackground }, { runInBackground }] = await Promise.all([
    import("../in_background.ts"),
    import("../../orchestration/background_session.ts"),
  ]);
  return await inBackground(
    ctx,
    sessionId,
    (access) => runInBackground(access, sessionId, processId),
  );
}
