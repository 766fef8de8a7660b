/** `zag session delete`: forgets sessions, and leaves their logs. */
import { defineCommand, type FlagValues, switchFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { type GlobalFlags, scopeFlags } from "../../flags.ts";

const flags = {
  ...scopeFlags,
  json: switchFlag({ brief: "Print an object a line for each deleted session" }),
};

type DeleteFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const deleteCommand = defineCommand({
  name: "delete",
  brief: "Delete the records of sessions; their logs stay",
  detail: "A session that runs cannot be deleted. When one of several cannot be found or is " +
    "running, none is deleted.",
  flags,
  operand: {
    name: "session",
    brief: "Its id, the beginning of one, or its name",
    required: true,
    many: true,
  },
  run: runDelete,
});

async function runDelete(ctx: CliContext, flags: DeleteFlags, operands: string[]): Promise<number> {
  const [{ openSessions }, { resolveSessions }, { deleteSession }] = await Promise.all([
    import("../../open_sessions.ts"),
    import("../../../sessions/resolve.ts"),
    import("../../../sessions/change_session.ts"),
  ]);
  using open = await openSessions(ctx, flags);
  const { store, paths, scope } = open;
  const sessions = resolveSessions(store, operands, [], { ...scope, strict: true });
  for (const { sessionId } of sessions) store.checkNotRunning(sessionId, "delete");
  for (const session of sessions) {
    deleteSession(store, paths, session);
    const { sessionId } = session;
    await ctx.stdout.write(
      flags.json
        ? JSON.stringify({ deleted: sessionId }) + "\n"
        : `Deleted session: ${sessionId}\n`,
    );
  }
  return 0;
}
