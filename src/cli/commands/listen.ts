/** `zag listen`: shows the log of a session while it is written. */
import type { Config } from "../../config/config.ts";
import type { SessionRecord } from "../../sessions/records.ts";
import type { Writer } from "../../sessions/follow/follow_log.ts";
import type { SessionTarget } from "../../sessions/resolve.ts";
import { defineCommand, type FlagValues, listFlag, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, parseWhole, scopeFlags, targetFlags } from "../flags.ts";
import type { Sessions } from "../open_sessions.ts";

const flags = {
  ...targetFlags,
  json: switchFlag({ brief: "Print the lines of the log as they are" }),
  text: switchFlag({ brief: "Print plain text" }),
  richText: switchFlag({ brief: "Print with colours, and with the agent's Markdown laid out" }),
  colors: switchFlag({ brief: "Same as --rich-text" }),
  showThinking: switchFlag({ brief: "Show what the agent thinks" }),
  timestamps: switchFlag({ brief: "Show when each event happened" }),
  filter: listFlag({ placeholder: "type", brief: "Only events of this type" }),
  tail: valueFlag({
    placeholder: "n",
    brief: "Begin with the last n events; 0 shows only what is still to come",
    parse: parseWhole,
  }),
  maxLines: valueFlag({
    placeholder: "n",
    brief: "Show at most n lines of what a tool printed; 0 shows all",
    parse: parseWhole,
  }),
  ...scopeFlags,
};

/** The flags of `listen` as they arrive. */
export type ListenFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const listenCommand = defineCommand({
  name: "listen",
  brief: "Show what a session does, while it does it",
  detail:
    "Prints the session's log from its beginning and follows it until the session has ended; " +
    "one that has not begun yet is waited for. The exit code is 0 however the session ended, and 1 " +
    "if zag was killed while it ran.",
  flags,
  operand: { name: "session", brief: "Its id, the beginning of one, or its name" },
  run: runListen,
});

async function runListen(
  ctx: CliContext,
  flags: ListenFlags,
  operands: readonly string[],
): Promise<number> {
  const [
    { requiredTarget },
    { openSessions },
    { givenTypes },
    { listenView, printEvents },
    { listenForInterrupts },
    { followLog },
    { sessionWriter },
  ] = await Promise.all([
    import("../session_target.ts"),
    import("../open_sessions.ts"),
    import("../log_types_flag.ts"),
    import("../listen_view.ts"),
    import("../interrupts.ts"),
    import("../../sessions/follow/follow_log.ts"),
    import("../../agent/session_writer.ts"),
  ]);
  const types = givenTypes(flags.filter, "--filter");
  const ways = "a session, --latest, --active, --ps or --name";
  const target = requiredTarget(operands[0], flags, ways);
  using sessions = await openSessions(ctx, flags);
  const { store, paths } = sessions;
  const { sessionId, project, logPath } = await findSession(ctx, flags, sessions, target);
  const path = logPath ?? paths.sessionLog(project ?? undefined, sessionId);
  const view = await listenView(ctx, flags, () => readConfig(sessions));
  const shows = (type: string) => types?.has(type) ?? view.shows(type);
  using interrupts = listenForInterrupts();
  const { signal } = interrupts;
  const request = {
    store,
    paths,
    sessionId,
    now: () => ctx.now(),
    note: (message: string) => void (flags.debug && ctx.stderr.write(`* ${message}\n`)),
  };
  let waiting = false;
  const lines = followLog({
    path,
    tail: flags.tail === undefined ? undefined : { count: flags.tail, counts: shows },
    signal,
    async writer(seen) {
      const answer = await sessionWriter(request, seen);
      if (!seen.found && answer === "working" && !waiting && !flags.quiet) {
        waiting = true;
        await ctx.stderr.write(`> Waiting for session ${sessionId} to begin\n`);
      }
      return answer;
    },
  });
  const end = await printEvents(ctx, lines, { path, view, shows, quiet: flags.quiet, signal });
  return await reportEnd(ctx, end, sessionId, store.getSession(sessionId));
}

/** The session that is meant; the newest of all where the project has none. */
async function findSession(
  ctx: CliContext,
  flags: ListenFlags,
  { store, scope }: Sessions,
  target: SessionTarget,
): Promise<SessionRecord> {
  const { NoSuchSessionError, resolveSession } = await import("../../sessions/resolve.ts");
  try {
    return resolveSession(store, target, scope);
  } catch (error) {
    const elsewhere = "latest" in target && scope.project !== undefined &&
      error instanceof NoSuchSessionError;
    if (!elsewhere) throw error;
    const session = resolveSession(store, target, { project: undefined });
    if (!flags.quiet) {
      const { sessionId } = session;
      await ctx.stderr.write(`> This project has no session: this is ${sessionId}\n`);
    }
    return session;
  }
}

async function readConfig({ paths, project }: Sessions): Promise<Config> {
  const { loadConfig } = await import("../../config/config.ts");
  const own = project.key === undefined ? [] : [paths.projectConfig(project.key)];
  return await loadConfig([...own, paths.globalConfig]);
}

/** Says it when a session did not come to its end. */
async function reportEnd(
  ctx: CliContext,
  end: Writer,
  sessionId: string,
  session: SessionRecord | undefined,
): Promise<number> {
  if (end !== "dead" && end !== "deleted") return 0;
  const { printError } = await import("../errors.ts");
  const { withoutControls } = await import("../../events/render/text.ts");
  const reason = end === "deleted"
    ? "it was deleted"
    : withoutControls(session?.error ?? "nothing is known of the process that ran it");
  await printError(ctx, `Cannot follow session "${sessionId}" to its end: ${reason}`);
  return 1;
}
