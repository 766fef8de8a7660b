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
    "one that is recorded but has not begun yet is waited for, and so is a complete UUID that " +
    "nobody knows yet. The exit code is 0 however the session ended, and 1 if zag was killed while " +
    "it ran.",
  readsOnly: true,
  flags,
  operand: { name: "session", brief: "Its id, the beginning of one, or its name" },
  run: runListen,
});

/** How often the index is asked for a session that nobody knows yet, in milliseconds. */
const LOOK_MS = 1000;

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
    { printMessage },
    { isFile },
  ] = await Promise.all([
    import("../session_target.ts"),
    import("../open_sessions.ts"),
    import("../log_types_flag.ts"),
    import("../listen_view.ts"),
    import("../interrupts.ts"),
    import("../../sessions/follow/follow_log.ts"),
    import("../../agent/session_writer.ts"),
    import("../message.ts"),
    import("../../is_file.ts"),
  ]);
  const types = givenTypes(flags.filter, "--filter");
  const ways = "a session, --latest, --active, --ps or --name";
  const target = requiredTarget(operands[0], flags, ways);
  using sessions = await openSessions(ctx, flags);
  const { store, paths } = sessions;
  using interrupts = listenForInterrupts();
  const { signal } = interrupts;
  let waiting = false;
  const waits = async (id: string) => {
    if (waiting || flags.quiet) return;
    waiting = true;
    await printMessage(ctx, `> Waiting for session ${id} to begin; Ctrl-C ends`);
  };
  const { sessionId, project, logPath, startedAt } = await findSession(sessions, target, {
    waits,
    signal,
  });
  const path = logPath ?? paths.sessionLog(project ?? undefined, sessionId);
  if (logPath === null && startedAt !== null && !isFile(path)) {
    const { noLogError } = await import("../../sessions/no_log.ts");
    throw noLogError("listen to", sessionId);
  }
  const view = await listenView(ctx, flags, () => readConfig(sessions));
  const shows = (type: string) => types?.has(type) ?? view.shows(type);
  const request = {
    store,
    paths,
    sessionId,
    now: () => ctx.now(),
    note: (message: string) => void (flags.debug && printMessage(ctx, `* ${message}`)),
  };
  const lines = followLog({
    path,
    tail: flags.tail === undefined ? undefined : { count: flags.tail, counts: shows },
    signal,
    async writer(seen) {
      const answer = await sessionWriter(request, seen);
      if (!seen.found && answer === "working") await waits(sessionId);
      return answer;
    },
  });
  const end = await printEvents(ctx, lines, { path, view, shows, quiet: flags.quiet, signal });
  return await reportEnd(ctx, end, sessionId, store.getSession(sessionId));
}

/**
 * The session that is meant. One that a complete id stands for may be recorded later: a script starts
 * to listen first, and then the session.
 *
 * @param waits Is told the id of a session that is waited for.
 * @throws the reason of the signal when it fires while nobody has recorded the session
 */
async function findSession(
  { store, scope }: Sessions,
  target: SessionTarget,
  { waits, signal }: { waits(id: string): Promise<void>; signal: AbortSignal },
): Promise<SessionRecord> {
  const { resolveSession } = await import("../../sessions/resolve.ts");
  const { SessionNotFoundError } = await import("../../sessions/store_errors.ts");
  const { foldId } = await import("../../sessions/fold_id.ts");
  const { isUuid } = await import("../names.ts");
  try {
    return resolveSession(store, target, scope);
  } catch (error) {
    const mayCome = error instanceof SessionNotFoundError && "ref" in target && isUuid(target.ref);
    if (!mayCome) throw error;
    await waits(target.ref);
    for (;;) {
      await pause(LOOK_MS, signal);
      signal.throwIfAborted();
      const session = store.getSession(foldId(target.ref));
      if (session) return session;
    }
  }
}

/** Ends early when the signal fires. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}

async function readConfig({ paths, project }: Sessions): Promise<Config> {
  const { loadProjectConfig } = await import("../../config/config.ts");
  return (await loadProjectConfig(paths, project)).config;
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
  const reason = end === "deleted"
    ? "it was deleted"
    : session?.error ?? "nothing is known of the process that ran it";
  await printError(ctx, `Cannot follow session "${sessionId}" to its end: ${reason}`);
  return 1;
}
