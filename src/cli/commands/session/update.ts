/** `zag session update`: changes how a session can be found again. */
import { defineCommand, type FlagValues, listFlag, switchFlag, valueFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { type GlobalFlags, parseName, parseTag, scopeFlags } from "../../flags.ts";

const flags = {
  ...scopeFlags,
  name: valueFlag({
    placeholder: "name",
    brief: 'New name; "" takes the name away',
    parse: (text) => text === "" ? text : parseName(text),
  }),
  description: valueFlag({
    placeholder: "text",
    brief: 'New description; "" takes the description away',
  }),
  tag: listFlag({ placeholder: "tag", brief: "Add this tag", parse: parseTag }),
  untag: listFlag({ placeholder: "tag", brief: "Take this tag away" }),
  clearTags: switchFlag({ brief: "Take all tags away before others are added" }),
  json: switchFlag({ brief: "Print the changed session as an object" }),
};

type UpdateFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const updateCommand = defineCommand({
  name: "update",
  brief: "Change the name, the description or the tags of a session",
  flags,
  operand: { name: "session", brief: "Its id, the beginning of one, or its name", required: true },
  run: runUpdate,
});

async function runUpdate(ctx: CliContext, flags: UpdateFlags, operands: string[]): Promise<number> {
  const [
    { openSessions },
    { resolveSession },
    { changeSession },
    { changedTags },
    { UsageError },
  ] = await Promise.all([
    import("../../open_sessions.ts"),
    import("../../../sessions/resolve.ts"),
    import("../../../sessions/change_session.ts"),
    import("../../../sessions/tags.ts"),
    import("../../errors.ts"),
  ]);
  const retags = flags.clearTags || flags.tag.length > 0 || flags.untag.length > 0;
  if (flags.name === undefined && flags.description === undefined && !retags) {
    throw new UsageError(
      "Cannot update a session: give --name, --description, --tag, --untag or --clear-tags",
    );
  }
  using open = await openSessions(ctx, flags);
  const { store, paths, scope } = open;
  const session = resolveSession(store, { ref: operands[0]! }, { ...scope, strict: true });
  const changed = changeSession(store, paths, session, ({ tags }) => ({
    ...(flags.name === undefined ? {} : { name: flags.name || null }),
    ...(flags.description === undefined ? {} : { description: flags.description || null }),
    ...(retags ? { tags: changedTags(tags, flags) } : {}),
  }));
  if (!flags.json) {
    await ctx.stdout.write(`Updated session: ${changed.sessionId}\n`);
    return 0;
  }
  const { sessionInfo } = await import("../../session_info.ts");
  const { sessionState } = await import("../../../sessions/session_status.ts");
  const info = sessionInfo(changed, sessionState(store, changed, ctx.now()));
  const { jsonText } = await import("../../json_text.ts");
  await ctx.stdout.write(jsonText(ctx, JSON.stringify(info)) + "\n");
  return 0;
}
