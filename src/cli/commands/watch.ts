/** `zag watch`: runs a program when something happens in a session. */
import type { EventLine, WatchedSession } from "../../orchestration/watch_session.ts";
import type { SessionRecord } from "../../sessions/records.ts";
import { defineCommand, type FlagValues, listFlag, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, parseTag, scopeFlags, targetFlags } from "../flags.ts";
import type { Sessions } from "../open_sessions.ts";

const flags = {
  on: listFlag({ placeholder: "type", brief: "Events of this type, such as session_ended" }),
  filter: listFlag({
    placeholder: "key=value",
    brief: "Only events with success=true, success=false, or tool=PART of a tool's name",
  }),
  once: switchFlag({ brief: "End after the first event, with the exit code of the command" }),
  json: switchFlag({ brief: "Print the event as JSON; the command may be left out" }),
  tag: valueFlag({
    placeholder: "tag",
    brief: "All sessions with this tag, also those that start later",
    parse: parseTag,
  }),
  latest: targetFlags.latest,
  ...scopeFlags,
};

/** The flags of `watch` as they arrive. */
export type WatchFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const watchCommand = defineCommand({
  name: "watch",
  brief: "Run a command when something happens in a session",
  detail:
    "Runs the command for each event that is written from now on, one after the other, without a " +
    "shell. In its words {session_id}, {provider}, {event_type}, {seq} and {ts} are replaced; " +
    "ZAG_EVENT holds the event as JSON, and ZAG_EVENT_TYPE, ZAG_EVENT_SESSION_ID, " +
    "ZAG_EVENT_PROVIDER, ZAG_EVENT_SEQ and ZAG_EVENT_TS its parts. A command that fails is a " +
    "warning.\n\n" +
    "Ends when the session has ended, or all of them have. With --once the exit code is 1 if there " +
    "was no event until then; an end that has happened already is an event too then.\n\n" +
    "Example:\n\n" +
    "  zag watch worker --on session_ended --once -- notify-send {session_id}",
  flags,
  operand: {
    name: "session",
    brief: "Its id, the beginning of one, or its name",
    afterDashes: { name: "command", brief: "What to run, with its arguments" },
  },
  run: runWatch,
});

async function runWatch(
  ctx: CliContext,
  flags: WatchFlags,
  operands: readonly string[],
): Promise<number> {
  const [
    { requiredTarget },
    { openSessions },
    { listenForInterrupts },
    { watchSessions },
    { sessionWriter },
    { printMessage },
  ] = await Promise.all([
    import("../session_target.ts"),
    import("../open_sessions.ts"),
    import("../interrupts.ts"),
    import("../../orchestration/watch_session.ts"),
    import("../../agent/session_writer.ts"),
    import("../message.ts"),
  ]);
  const { session, words } = splitWords(operands);
  const { types, matches } = await chosenEvents(flags);
  if (words) await checkCommand(words);
  requiredTarget(session, flags, "a session, --tag or --latest");
  const began = ctx.now();
  using sessions = await openSessions(ctx, flags);
  using interrupts = listenForInterrupts();
  const { signal } = interrupts;
  const { store, paths } = sessions;
  const { look } = await watched(ctx, sessions, flags, session, began);
  const found = look();
  const pastEnds = flags.once && types.has("session_ended");
  let exitCode = 0;
  const stopped = await watchSessions({
    sessions: found,
    ...(flags.tag === undefined ? {} : { later: look }),
    pastEnds,
    signal,
    ready: () => void (flags.quiet || printMessage(ctx, watching(found, types, flags.once))),
    writer: ({ sessionId }, seen) =>
      sessionWriter({
        store,
        paths,
        sessionId,
        now: () => ctx.now(),
        note: (message) => void (flags.debug && printMessage(ctx, `* ${message}`)),
      }, seen),
    async take(from, line) {
      if (!matches(line.event)) return false;
      if (flags.json || words === undefined) await printEvent(ctx, line, signal);
      if (words) exitCode = await runCommand(ctx, words, from, line, flags, signal);
      return flags.once;
    },
  });
  if (!flags.once) return 0;
  if (stopped) return exitCode;
  const { printError } = await import("../errors.ts");
  const what = [...types].join(" or ");
  const why = whyNone(found, pastEnds, flags.filter.length > 0);
  await printError(ctx, `Cannot wait for ${what}: ${why}`);
  return 1;
}

/** Why no event ended a watch that was to end with the first one. */
function whyNone(found: readonly WatchedSession[], pastEnds: boolean, filtered: boolean): string {
  const who = found.length === 1 ? "the session" : "all sessions";
  if (!isOver(found)) {
    const which = filtered ? "that passes --filter " : "";
    return `${who} ended without such an event ${which}since the watch began`;
  }
  const before = `${who} ended before the watch began`;
  if (!pastEnds) return `${before}, and only what happens from now on counts`;
  if (!filtered) return `${before}, and no log says how`;
  return `${before}, in a way that does not pass --filter`;
}

/** Nothing more is to come of any of them. */
function isOver(found: readonly WatchedSession[]): boolean {
  return found.every(({ stand }) => stand === "over");
}

/** The session that is named, and the words of the command; undefined for what is not given. */
function splitWords(
  operands: readonly string[],
): { session: string | undefined; words: readonly string[] | undefined } {
  const dashes = operands.indexOf("--");
  return dashes < 0
    ? { session: operands[0], words: undefined }
    : { session: operands.slice(0, dashes)[0], words: operands.slice(dashes + 1) };
}

async function checkCommand([program]: readonly string[]): Promise<void> {
  if (program) return;
  const { UsageError } = await import("../errors.ts");
  throw new UsageError('Missing command after "--": say what to run');
}

/** What `--on` and `--filter` choose. */
async function chosenEvents({ on, filter }: WatchFlags) {
  const { givenTypes } = await import("../log_types_flag.ts");
  const { eventFilter } = await import("../event_filter.ts");
  const types = givenTypes(on, "--on");
  if (types === undefined) {
    const { UsageError } = await import("../errors.ts");
    const { LOG_TYPES } = await import("../../events/log_types.ts");
    throw new UsageError(
      'Missing flag "--on": say which events are meant',
      `There are ${LOG_TYPES.join(", ")}`,
    );
  }
  const passes = eventFilter(filter);
  const matches = (event: EventLine["event"]) => types.has(event.type) && passes(event);
  return { types, matches };
}

/** How the sessions that are meant are found, again and again. */
async function watched(
  ctx: CliContext,
  { store, paths, scope }: Sessions,
  { tag, latest }: WatchFlags,
  session: string | undefined,
  began: Date,
): Promise<{ look(): WatchedSession[] }> {
  const { resolveSession, resolveSessions, taggedSessions } = await import(
    "../../sessions/resolve.ts"
  );
  const { sessionStates } = await import("../../sessions/session_status.ts");
  const over = new Set(["completed", "failed", "dead"]);
  const toWatch = (records: readonly SessionRecord[]): WatchedSession[] => {
    const states = sessionStates(store, records, ctx.now());
    return records.map(({ sessionId, logPath, project, createdAt }) => ({
      sessionId,
      logPath: logPath ?? paths.sessionLog(project ?? undefined, sessionId),
      stand: Date.parse(createdAt) > began.getTime()
        ? "new"
        : over.has(states.get(sessionId)!.status)
        ? "over"
        : "running",
    }));
  };
  if (tag === undefined) {
    const target = latest ? { latest } as const : { ref: session! };
    const record = resolveSession(store, target, scope);
    return { look: () => toWatch([record]) };
  }
  resolveSessions(store, [], [tag], scope);
  return { look: () => toWatch(taggedSessions(store, tag, scope)) };
}

function watching(
  found: readonly WatchedSession[],
  types: ReadonlySet<string>,
  once: boolean,
): string {
  const running = found.filter(({ stand }) => stand !== "over").length;
  const only = found.length === 1 ? `session ${found[0]!.sessionId}` : undefined;
  if (running === 0 && !once) {
    const who = only === undefined ? "All sessions have" : `${only.replace("s", "S")} has`;
    const hint = types.has("session_ended") ? "; with --once that end counts" : "";
    return `${who} ended already: there is nothing to watch${hint}`;
  }
  const all = `${found.length} sessions, which have all ended,`;
  const who = only ?? (running === 0 ? all : running === 1 ? "1 session" : `${running} sessions`);
  return `> Watching ${who} for ${[...types].join(", ")}; Ctrl-C ends`;
}

async function printEvent(ctx: CliContext, { text }: EventLine, signal: AbortSignal) {
  const { jsonText } = await import("../json_text.ts");
  const { printUntil } = await import("../print_until.ts");
  await printUntil(ctx, jsonText(ctx, text) + "\n", signal);
}

/** Its exit code; 1 when it cannot be started. */
async function runCommand(
  ctx: CliContext,
  words: readonly string[],
  { sessionId }: WatchedSession,
  { event, text }: EventLine,
  flags: WatchFlags,
  signal: AbortSignal,
): Promise<number> {
  const { runEventCommand } = await import("../../orchestration/event_command.ts");
  const { SpawnError } = await import("../../processes/spawn_error.ts");
  const { printError } = await import("../errors.ts");
  const { printMessage } = await import("../message.ts");
  // Waited for: the session may end with this event, and what is not printed by then is lost.
  const warn = async (message: string) => {
    if (!flags.quiet) await printMessage(ctx, `warning: ${message}`);
  };
  try {
    const origin = { sessionId, event, json: text };
    const env = ctx.env.toObject();
    const code = await runEventCommand(origin, { words, env, cwd: ctx.cwd, signal });
    if (code !== 0 && !flags.once) {
      await warn(
        `${JSON.stringify(words[0])} ended with exit code ${code} (${event.type} ${event.seq})`,
      );
    }
    return code;
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    if (flags.once) await printError(ctx, error.message, error.hint);
    else await warn(error.message);
    return 1;
  }
}
