/** `zag session list`: what is recorded, newest first. */
import type { SessionFilter } from "../../../sessions/store.ts";
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { type GlobalFlags, parseCount, scopeFlags } from "../../flags.ts";

const flags = {
  ...scopeFlags,
  provider: valueFlag({ short: "p", placeholder: "name", brief: "Only sessions of this provider" }),
  name: valueFlag({ placeholder: "text", brief: "Only sessions whose name contains this" }),
  tag: valueFlag({ placeholder: "tag", brief: "Only sessions with this tag" }),
  parent: valueFlag({
    placeholder: "id",
    brief: "Only sessions that the agent of this session or process has started",
  }),
  limit: valueFlag({
    short: "n",
    placeholder: "n",
    brief: "At most so many, the newest",
    parse: parseCount,
  }),
  usage: switchFlag({ brief: "Show tokens and cost" }),
  json: switchFlag({ brief: "Print an array of objects" }),
};

type ListFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const listCommand = defineCommand({
  name: "list",
  brief: "List recorded sessions, newest first",
  detail: "Sessions of the project are listed, or of all projects with --global. Where the " +
    "terminal is narrow, ids are cut to as much as is needed to name a session. Sessions in which " +
    'zag had a provider chosen ("auto") are left out; --tag zag-selector lists them.',
  readsOnly: true,
  flags,
  run: runList,
});

async function runList(ctx: CliContext, flags: ListFlags): Promise<number> {
  const [{ openSessions }, { sessionStates }, { SELECTOR_TAG, resolveParent }] = await Promise.all([
    import("../../open_sessions.ts"),
    import("../../../sessions/session_status.ts"),
    import("../../../sessions/resolve.ts"),
  ]);
  const { storedProviderName } = await import("../../provider_name.ts");
  const provider = flags.provider === undefined
    ? undefined
    : await storedProviderName(flags.provider);
  using open = await openSessions(ctx, flags);
  const { store, scope } = open;
  const filter: SessionFilter = {
    project: scope.project,
    provider,
    nameContains: flags.name,
    tag: flags.tag,
    parent: flags.parent === undefined ? undefined : resolveParent(store, flags.parent, scope),
    withoutTag: flags.tag?.toLowerCase() === SELECTOR_TAG ? undefined : SELECTOR_TAG,
    limit: flags.limit,
  };
  const sessions = store.listSessions(filter);
  const states = sessionStates(store, sessions, ctx.now(), open.paths);
  if (flags.json) {
    const { sessionInfo, usageInfo } = await import("../../session_info.ts");
    const infos = sessions.map((session) => ({
      ...sessionInfo(session, states.get(session.sessionId)!),
      ...(flags.usage ? { usage: usageInfo(session) } : {}),
    }));
    const { jsonText } = await import("../../json_text.ts");
    await ctx.stdout.write(jsonText(ctx, JSON.stringify(infos)) + "\n");
    return 0;
  }
  if (sessions.length === 0) {
    await ctx.stdout.write("No sessions found.\n");
    return 0;
  }
  const { sessionTable } = await import("../../session_table.ts");
  await ctx.stdout.write(sessionTable(sessions, states, {
    width: ctx.stdout.isTerminal ? ctx.stdout.columns : undefined,
    color: ctx.color("stdout"),
    usage: flags.usage,
    workspace: flags.global,
    userHome: ctx.stdout.isTerminal ? open.paths.userHome : undefined,
    shorten: (id) => store.shortestPrefix(id, 8),
  }));
  return 0;
}
