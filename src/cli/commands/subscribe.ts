/** `zag subscribe`: one stream of what happens in all sessions. */
import type { SubscribedEvent } from "../../orchestration/subscribe.ts";
import { defineCommand, type FlagValues, listFlag, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, parseTag, scopeFlags } from "../flags.ts";

const flags = {
  tag: valueFlag({ placeholder: "tag", brief: "Only sessions with this tag", parse: parseTag }),
  filter: listFlag({ placeholder: "type", brief: "Only events of this type" }),
  json: switchFlag({ brief: "Print JSON at a terminal too" }),
  ...scopeFlags,
};

/** The flags of `subscribe` as they arrive. */
export type SubscribeFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const subscribeCommand = defineCommand({
  name: "subscribe",
  brief: "Print what happens in all sessions, while it happens",
  detail:
    "Prints the events that are written from now on to the logs of the project's sessions, or of " +
    "all projects with --global: as JSON, one a line, and at a terminal as short text. Sessions " +
    "that start later are followed too. It goes on until it is interrupted.",
  readsOnly: true,
  flags,
  run: runSubscribe,
});

async function runSubscribe(ctx: CliContext, flags: SubscribeFlags): Promise<number> {
  const [
    { openSessions },
    { givenTypes },
    { listenForInterrupts },
    { subscribe },
    { printMessage },
    { printUntil },
  ] = await Promise.all([
    import("../open_sessions.ts"),
    import("../log_types_flag.ts"),
    import("../interrupts.ts"),
    import("../../orchestration/subscribe.ts"),
    import("../message.ts"),
    import("../print_until.ts"),
  ]);
  const types = givenTypes(flags.filter, "--filter");
  using sessions = await openSessions(ctx, flags);
  using interrupts = listenForInterrupts();
  const { signal } = interrupts;
  const { store, paths, scope } = sessions;
  const show = await shownAs(ctx, flags);
  const where = flags.global ? "all projects" : "this project";
  const batches = subscribe({
    store,
    paths,
    scope,
    tag: flags.tag,
    signal,
    ready: () =>
      void (flags.quiet || printMessage(ctx, `> Following the sessions of ${where}; Ctrl-C ends`)),
    polling: (reason) =>
      void (flags.debug &&
        printMessage(ctx, `* Cannot watch the logs, so they are read: ${reason}`)),
  });
  for await (const batch of batches) {
    const wanted = batch.filter(({ event }) => types?.has(event.type) ?? true);
    const text = wanted.map(show).join("");
    if (text !== "") await printUntil(ctx, text, signal);
  }
  signal.throwIfAborted();
  return 0;
}

/** How an event is printed, with its newline. */
async function shownAs(
  ctx: CliContext,
  flags: SubscribeFlags,
): Promise<(given: SubscribedEvent) => string> {
  if (flags.json || !ctx.stdout.isTerminal) {
    const { jsonText } = await import("../json_text.ts");
    return ({ text }) => jsonText(ctx, text) + "\n";
  }
  const { eventText } = await import("../event_line.ts");
  const { strftime } = await import("../../events/render/strftime.ts");
  const { plainText } = await import("../../events/render/plain_text.ts");
  const { oneLine } = await import("../../events/render/text.ts");
  const timeOf = (ts: string) => {
    const date = new Date(ts);
    return Number.isNaN(date.getTime())
      ? oneLine(plainText(String(ts)), 19)
      : strftime(date, "%H:%M:%S");
  };
  return ({ sessionId, event }) =>
    `[${sessionId.slice(0, 8)}] ${timeOf(event.ts)} ${eventText(event)}\n`;
}
