/** `zag input`: sends a message to a session. */
import { defineCommand, type FlagValues, listFlag, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { agentFlags, type GlobalFlags, outputFlag, scopeFlags, targetFlags } from "../flags.ts";

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
  ...scopeFlags,
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
    "through a pipe: the command ends at once, and with -o it waits for the answer.\n\n" +
    "What an agent sends arrives in an envelope that says who it is from and how to answer. If the " +
    "receiver waits for the sender, waiting for it would never end: the message is then sent in the " +
    "background, after the receiver's turn.",
  flags,
  operand: {
    name: "message",
    brief: "What to say; - reads it from stdin, as its absence does",
    required: "or-stdin",
  },
  run: runInput,
});

async function runInput(
  ctx: CliContext,
  flags: InputFlags,
  operands: readonly string[],
): Promise<number> {
  const [
    { givenTarget },
    { openSessions },
    { resolveSession },
    { wayTo },
    { UsageError },
  ] = await Promise.all([
    import("../session_target.ts"),
    import("../open_sessions.ts"),
    import("../../sessions/resolve.ts"),
    import("../../orchestration/receivers.ts"),
    import("../errors.ts"),
  ]);
  if (flags.stream && flags.output === "json-pretty") {
    throw new UsageError(
      "Cannot use --stream together with -o json-pretty: it has many answers",
      "-o json prints each event on a line",
    );
  }
  const target = givenTarget(undefined, flags) ?? { latest: true };
  using sessions = await openSessions(ctx, flags);
  const { store, scope } = sessions;
  // A name that is known elsewhere only must not mean a session of another project.
  const session = resolveSession(store, target, { ...scope, strict: true });
  const from = ctx.env.get("ZAG_SESSION_ID") || undefined;
  const way = wayTo(store, session, { from, now: ctx.now() });
  const { sendByPipe, sendByTurn } = await import("../send_input.ts");
  const send = way === "pipe" ? sendByPipe : sendByTurn;
  return await send(ctx, flags, sessions, session, operands[0]);
}
