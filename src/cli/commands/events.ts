/** `zag events`: lists the events of a session's log. */
import type { LogLine } from "../../sessions/log_reader.ts";
import { defineCommand, type FlagValues, listFlag, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, parseCount, parseWhole, scopeFlags, targetFlags } from "../flags.ts";

const flags = {
  type: listFlag({ placeholder: "type", brief: "Only events of this type" }),
  afterSeq: valueFlag({
    placeholder: "n",
    brief: "Only events behind the one of this number",
    parse: parseWhole,
  }),
  beforeSeq: valueFlag({
    placeholder: "n",
    brief: "Only events before the one of this number",
    parse: parseWhole,
  }),
  last: valueFlag({
    placeholder: "n",
    brief: "Only the last n of them",
    parse: parseCount,
  }),
  count: switchFlag({ brief: "Print how many there are, and nothing else" }),
  json: switchFlag({ brief: "Print the events as JSON, one a line" }),
  ...targetFlags,
  ...scopeFlags,
};

type EventsFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const eventsCommand = defineCommand({
  name: "events",
  brief: "List what happened in a session",
  detail: "Prints what is in the session's log now; to follow it, use listen.",
  readsOnly: true,
  flags,
  operand: { name: "session", brief: "Its id, the beginning of one, or its name" },
  run: runEvents,
});

async function runEvents(
  ctx: CliContext,
  flags: EventsFlags,
  operands: readonly string[],
): Promise<number> {
  const [
    { requiredTarget },
    { openSessions },
    { givenTypes },
    { resolveSession },
    { LogNotFoundError },
    { chosenLines },
  ] = await Promise.all([
    import("../session_target.ts"),
    import("../open_sessions.ts"),
    import("../log_types_flag.ts"),
    import("../../sessions/resolve.ts"),
    import("../../sessions/log_reader.ts"),
    import("../../sessions/follow/last_lines.ts"),
    import("../event_line.ts"),
  ]);
  const types = givenTypes(flags.type, "--type");
  const ways = "a session, --latest, --active, --ps or --name";
  const target = requiredTarget(operands[0], flags, ways);
  using sessions = await openSessions(ctx, flags);
  const { store, paths, scope } = sessions;
  const session = resolveSession(store, target, scope);
  const { sessionId, project } = session;
  const path = session.logPath ?? paths.sessionLog(project ?? undefined, sessionId);
  const { afterSeq = -1, beforeSeq = Infinity } = flags;
  const wants = (type: string, seq: number) =>
    seq > afterSeq && seq < beforeSeq && (types === undefined || types.has(type));
  try {
    return await print(ctx, flags, chosenLines(path, { wants, last: flags.last }));
  } catch (error) {
    // A session that has not begun has nothing to show yet; the log of another one is lost.
    if (!(error instanceof LogNotFoundError)) throw error;
    // One that is recorded without a log was started by a program that wanted none.
    if (session.logPath === null && session.startedAt !== null) {
      const { noLogError } = await import("../../sessions/no_log.ts");
      throw noLogError("show the events of", sessionId);
    }
    if (session.outcome !== null) throw error;
    return await print(ctx, flags, ReadableStream.from<LogLine[]>([]));
  }
}

async function print(
  ctx: CliContext,
  flags: EventsFlags,
  batches: AsyncIterable<LogLine[]>,
): Promise<number> {
  const { eventLine } = await import("../event_line.ts");
  const { jsonText } = await import("../json_text.ts");
  let count = 0;
  let unreadable = 0;
  for await (const lines of batches) {
    let text = "";
    for (const line of lines) {
      if (line.event === undefined) unreadable++;
      else {
        count++;
        if (!flags.count) {
          text += flags.json ? jsonText(ctx, line.text) + "\n" : eventLine(line.event);
        }
      }
    }
    if (text !== "") await ctx.stdout.write(text);
  }
  if (flags.count) await ctx.stdout.write(`${count}\n`);
  else if (count === 0 && !flags.json) await ctx.stdout.write("No events found.\n");
  if (unreadable > 0 && !flags.quiet) {
    const what = unreadable === 1 ? "1 line" : `${unreadable} lines`;
    await ctx.stderr.write(`warning: ${what} of the log cannot be read\n`);
  }
  return 0;
}
