/** `zag background`: looks after a session that `zag spawn` has started. */
import type { CliContext } from "../context.ts";
import { defineCommand } from "../command.ts";

/** The hidden command. */
export const backgroundCommand = defineCommand({
  name: "background",
  brief: "Look after a session in the background; zag spawn starts this",
  hidden: true,
  flags: {},
  operand: { name: "session", brief: "Its id", required: true, then: { name: "run", brief: "Id" } },
  run: (ctx, _flags, [session, run]) => runBackground(ctx, session!, run),
});

async function runBackground(
  ctx: CliContext,
  sessionId: string,
  processId: string | undefined,
): Promise<number> {
  const [
    { spawnLogContext },
    { zagPaths },
    { reportError, UsageError },
    { ZagError },
    { EndRequested },
  ] = await Promise.all([
    import("../spawn_log.ts"),
    import("../../config/paths.ts"),
    import("../errors.ts"),
    import("../../errors.ts"),
    import("../../agent/interrupt.ts"),
  ]);
  if (processId === undefined) {
    throw new UsageError('Cannot run "background" by hand: "zag spawn" starts it');
  }
  using logged = spawnLogContext(ctx, zagPaths(ctx.env).spawnLog(sessionId));
  try {
    return await lookAfter(logged.ctx, sessionId, processId);
  } catch (error) {
    // What nobody has expected is easier to find with its stack.
    const debug = !(error instanceof ZagError || error instanceof EndRequested);
    return await reportError(error, logged.ctx, { debug, quiet: true });
  }
}

async function lookAfter(ctx: CliContext, sessionId: string, processId: string): Promise<number> {
  const [
    { openSessionStore },
    { runInBackground },
    { listenForInterrupts },
    { printMessage },
    { AnswerView },
  ] = await Promise.all([
    import("../../agent/session_access.ts"),
    import("../../orchestration/background_session.ts"),
    import("../interrupts.ts"),
    import("../message.ts"),
    import("../../events/render/answer_view.ts"),
  ]);
  const view = new AnswerView({
    indicators: false,
    shared: false,
    sanitize: false,
    warns: true,
    verbose: undefined,
  });
  const say = (text: string) => void printMessage(ctx, text);
  const show = async (segments: ReturnType<typeof view.render>) => {
    for (const { text } of segments) await ctx.stdout.write(text);
  };
  using interrupts = listenForInterrupts();
  using store = await openSessionStore(ctx.env, {
    warning: (message) => say(`warning: ${message}`),
  });
  await runInBackground(
    {
      store,
      host: ctx,
      signal: interrupts.signal,
      observer: {
        warning: (message) => say(`warning: ${message}`),
        status: (message) => say(`> ${message}`),
        events: (events) => show(view.render(events)),
      },
    },
    sessionId,
    processId,
  );
  await show(view.end());
  return 0;
}
