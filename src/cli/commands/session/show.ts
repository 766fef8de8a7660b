/** `zag session show`: everything that is recorded about one session. */
import { defineCommand, type FlagValues, switchFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { type GlobalFlags, scopeFlags, targetFlags } from "../../flags.ts";

const flags = {
  ...scopeFlags,
  ...targetFlags,
  json: switchFlag({ brief: "Print an object" }),
};

type ShowFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const showCommand = defineCommand({
  name: "show",
  brief: "Show what is recorded about a session",
  readsOnly: true,
  flags,
  operand: { name: "session", brief: "Its id, the beginning of one, or its name" },
  run: runShow,
});

async function runShow(ctx: CliContext, flags: ShowFlags, operands: string[]): Promise<number> {
  const [
    { openSessions },
    { requiredTarget },
    { resolveSession },
    { sessionState },
    { resumableBy, sessionDetails },
  ] = await Promise.all([
    import("../../open_sessions.ts"),
    import("../../session_target.ts"),
    import("../../../sessions/resolve.ts"),
    import("../../../sessions/session_status.ts"),
    import("../../session_info.ts"),
  ]);
  const target = requiredTarget(
    operands[0],
    flags,
    "a session, --latest, --active, --ps or --name",
  );
  using open = await openSessions(ctx, flags);
  const { store, paths, scope } = open;
  const session = resolveSession(store, target, scope);
  const now = ctx.now();
  const state = sessionState(store, session, now, paths);
  const details = sessionDetails(
    session,
    state,
    now,
    await resumableBy(session.provider),
    session.isWorktree &&
      (await import("../../../agent/own_worktree.ts")).ownWorktree(session) === "gone",
  );
  if (flags.json) {
    const { jsonText } = await import("../../json_text.ts");
    await ctx.stdout.write(jsonText(ctx, JSON.stringify(details)) + "\n");
    return 0;
  }
  const { sessionText } = await import("../../session_view.ts");
  const mentioned = [session.parentSessionId, session.resumedFrom, session.retriedFrom]
    .concat(session.dependencies);
  const names = new Map(mentioned.flatMap((id) => {
    const name = id === null ? undefined : store.getSession(id)?.name;
    return name ? [[id!, name]] : [];
  }));
  await ctx.stdout.write(sessionText(details, {
    width: ctx.stdout.isTerminal ? ctx.stdout.columns : undefined,
    color: ctx.color("stdout"),
    names,
  }));
  return 0;
}
