/** `zag broadcast`: sends one message to many sessions. */
import { defineCommand, type FlagValues, listFlag, switchFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, outputFlag, scopeFlags } from "../flags.ts";

const flags = {
  tag: listFlag({ placeholder: "tag", brief: "All sessions with this tag" }),
  raw: switchFlag({
    brief: "From within a session: send the message alone, without who it is from",
  }),
  ...outputFlag(["text", "json", "json-pretty"]),
  ...scopeFlags,
};

type BroadcastFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const broadcastCommand = defineCommand({
  name: "broadcast",
  brief: "Send a message to many sessions",
  detail:
    "Without --tag the sessions of the project are meant that are at work or have ended in the last " +
    "24 hours, with --tag those that have one of the tags, whenever they ended. The session that the " +
    "command is started in gets nothing, nor do those in which somebody works at a terminal.\n\n" +
    'Each message goes the way of "zag input": through the pipe of a session that has one; all ' +
    "others go on with it, eight at a time, those at work after their turn. The command ends when all " +
    'of them have answered; "zag collect" prints the answers. The exit code is 1 if one of them failed, ' +
    "or if no session has one of the tags.",
  flags,
  operand: {
    name: "message",
    brief: "What to say; - reads it from stdin, as its absence does",
    required: "or-stdin",
  },
  run: runBroadcast,
});

async function runBroadcast(
  ctx: CliContext,
  flags: BroadcastFlags,
  operands: readonly string[],
): Promise<number> {
  const [
    { openSessions },
    { listenForInterrupts },
    { broadcast, receivers },
    { BroadcastView },
    { readMessage },
    { printMessage },
    { findSessions },
  ] = await Promise.all([
    import("../open_sessions.ts"),
    import("../interrupts.ts"),
    import("../../orchestration/broadcast.ts"),
    import("../broadcast_view.ts"),
    import("../message_input.ts"),
    import("../message.ts"),
    import("../find_sessions.ts"),
  ]);
  const say = (text: string) => void (flags.quiet || printMessage(ctx, text));
  const debug = (text: string) => void (flags.debug && printMessage(ctx, `* ${text}`));
  using open = await openSessions(ctx, flags);
  const { store, paths, scope } = open;
  const from = ctx.env.get("ZAG_SESSION_ID") || undefined;
  const named = flags.tag.length === 0 ? undefined : await findSessions(ctx, open, [], flags.tag);
  const missing = named?.missing ?? 0;
  if (named?.found.length === 0) return 1;
  const found = receivers(store, { scope, tagged: named?.found, from, now: ctx.now() });
  const message = await readMessage(ctx, operands[0], "broadcast");
  for (const { sessionId } of found.atTerminals) {
    say(`> Session ${sessionId} is left out: somebody works with it at a terminal`);
  }
  if (found.leftOut > 0) {
    const [count, verb] = found.leftOut === 1 ? ["1 session", "is"] : [
      `${found.leftOut} sessions`,
      "are",
    ];
    say(
      `> ${count} ${verb} left out: ended more than 24 hours ago, or imported; ` +
        "--tag reaches them",
    );
  }
  if (found.sessions.length === 0) await refuse(flags, found.sender);
  using interrupts = listenForInterrupts();
  const view = new BroadcastView(ctx, flags, found.sessions);
  const access = {
    store,
    paths,
    host: ctx,
    workspace: open.project.workspace,
    signal: interrupts.signal,
    warning: (text: string) => say(`warning: ${text}`),
    debug,
  };
  {
    using _progress = view;
    for await (const delivery of broadcast(access, found.sessions, message, flags.raw)) {
      await view.add(delivery);
    }
  }
  await view.end();
  interrupts.signal.throwIfAborted();
  return view.failed + missing > 0 ? 1 : 0;
}

async function refuse({ tag, global }: BroadcastFlags, sender: boolean): Promise<never> {
  const { CliError } = await import("../errors.ts");
  const where = global ? "" : " in this project";
  const which = tag.length === 0 ? "" : ` tagged ${JSON.stringify(tag.join(", "))}`;
  const other = sender ? " besides the one that this command was started in" : "";
  throw new CliError(
    `Cannot broadcast: there is no session${which}${where}${other} that can be sent to`,
    1,
    global
      ? '"zag session list --global" shows all sessions'
      : "Look in all projects with --global",
  );
}
