/** `zag input`: sends a message to a session. */
import { defineCommand, type FlagValues, listFlag, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import {
  agentFlags,
  type GlobalFlags,
  notifyFlags,
  outputFlag,
  parseDollars,
  parseTokens,
  scopeFlags,
  targetFlags,
} from "../flags.ts";

const flags = {
  session: valueFlag({
    placeholder: "id",
    brief: "The session: its id, the agent's own, the beginning of one, or its name",
  }),
  ...targetFlags,
  stream: switchFlag({
    brief: "Each line of stdin is a message; they are sent as they come, and answered live",
  }),
  raw: switchFlag({
    brief: "From within a session: send the message alone, without who it is from",
  }),
  file: listFlag({
    placeholder: "path",
    brief: agentFlags.file.brief.replace("prompt", "message"),
  }),
  ...outputFlag(["text", "json", "json-pretty", "stream-json"]),
  exitOnFailure: switchFlag({
    brief: "Exit with 1 if the agent reports a failure, or gives no answer",
  }),
  maxCost: valueFlag({
    placeholder: "usd",
    brief: agentFlags.maxCost.brief,
    parse: parseDollars,
  }),
  maxTokens: valueFlag({
    placeholder: "n",
    brief: agentFlags.maxTokens.brief,
    parse: parseTokens,
  }),
  noAutoResume: switchFlag({ brief: agentFlags.noAutoResume.brief }),
  ...notifyFlags,
  close: switchFlag({
    brief: "End a session of spawn --interactive well, when it has answered all that was sent",
  }),
  ...scopeFlags,
  later: valueFlag({
    placeholder: "sender",
    brief: "Send in the background what this session has left",
    hidden: true,
  }),
};

/** The flags of `input` as they arrive. */
export type InputFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const inputCommand = defineCommand({
  name: "input",
  brief: "Send a message to a session and print its answer",
  detail:
    "Without --session, --latest, --active, --ps or --name the newest session of the project is meant, " +
    "with --global the newest of all. The session goes on where it was started, with its model and " +
    "the options it was started with.\n\n" +
    "If an agent is at work in it, the message waits for the end of the turn; messages are sent in the " +
    'order in which they were given. A session of "zag spawn --interactive" takes its messages ' +
    "through a pipe: the command ends at once, and with -o or --exit-on-failure it waits for the " +
    "answer.\n\n" +
    "A message that is the name or the id of a session is refused where no session is chosen: with " +
    "--latest it is sent.\n\n" +
    'With --close the session of "zag spawn --interactive" takes no more messages. It ends when it has ' +
    "answered what was sent before, the message of this command too if there is one, and that is a " +
    "success.\n\n" +
    "What an agent sends arrives in an envelope that says who it is from and how to answer. If the " +
    "receiver waits for the sender, waiting for it would never end: the message is then sent in the " +
    "background, after the receiver's turn.",
  flags,
  operand: {
    name: "message",
    brief: "What to say; - reads it from stdin, as its absence does",
    required: "or-stdin",
    more:
      "Text with spaces in it needs quotes around it; a session is chosen with --name or --session",
  },
  run: (ctx, flags, [given]) =>
    flags.later === undefined ? runInput(ctx, flags, given) : runLater(ctx, flags, given),
});

async function runLater(
  ctx: CliContext,
  flags: InputFlags,
  given: string | undefined,
): Promise<number> {
  const [{ inputLater }, { UsageError }] = await Promise.all([
    import("../late_input.ts"),
    import("../errors.ts"),
  ]);
  if (flags.session === undefined) throw new UsageError("Cannot use --later without --session");
  return await inputLater(
    ctx,
    flags,
    (logged, queued) => runInput(logged, flags, given, queued),
  );
}

async function runInput(
  ctx: CliContext,
  flags: InputFlags,
  given: string | undefined,
  queued?: () => Promise<void>,
): Promise<number> {
  const [
    { givenTarget },
    { openSessions },
    { resolveSession },
    { wayTo },
    { UsageError },
    { readInput, refuseReference },
    { notifyOptions },
  ] = await Promise.all([
    import("../session_target.ts"),
    import("../open_sessions.ts"),
    import("../../sessions/resolve.ts"),
    import("../../orchestration/receivers.ts"),
    import("../errors.ts"),
    import("../send_input.ts"),
    import("../agent_flags.ts"),
  ]);
  if (flags.stream && flags.output === "json-pretty") {
    throw new UsageError(
      "Cannot use --stream together with -o json-pretty: it has many answers",
      "-o json prints each event on a line",
    );
  }
  notifyOptions(flags, ctx.cwd);
  const target = givenTarget(undefined, flags);
  using sessions = await openSessions(ctx, flags);
  const { store, scope } = sessions;
  if (!target && given !== undefined) refuseReference(sessions, given);
  // A name that is known elsewhere only must not mean a session of another project.
  const strict = { ...scope, strict: true };
  const session = resolveSession(store, target ?? { latest: true }, strict);
  const from = ctx.env.get("ZAG_SESSION_ID") || undefined;
  const way = wayTo(store, session, { from, now: ctx.now() });
  if (flags.close && way === "turn") {
    const { CliError } = await import("../errors.ts");
    throw new CliError(
      `Cannot close session "${session.sessionId}": it is none that takes messages until it is closed`,
      1,
      'It ends when its agent does; "zag cancel" ends it at once',
    );
  }
  if ((flags.maxCost ?? flags.maxTokens) !== undefined && way !== "turn") {
    throw new UsageError(
      `Cannot use ${
        flags.maxCost === undefined ? "--max-tokens" : "--max-cost"
      } with session "${session.sessionId}": its own zag looks after it`,
      'Give it to "zag spawn --interactive"',
    );
  }
  if (flags.notify.length > 0 && way !== "turn") {
    throw new UsageError(
      `Cannot use --notify with session "${session.sessionId}": its own zag looks after it`,
      'Give it to "zag spawn --interactive"',
    );
  }
  const close = async () => {
    const { closeInput } = await import("../close_input.ts");
    await closeInput(ctx, flags, sessions, session);
  };
  if (flags.close && given === undefined && !flags.stream) {
    await close();
    return 0;
  }
  const input = { ...await readInput(ctx, flags, sessions, session, given), queued };
  if (way === "turn") return await (await import("../input_turn.ts")).sendByTurn(input);
  const code = await (await import("../input_pipe.ts")).sendByPipe(input);
  if (flags.close) await close();
  return code;
}
