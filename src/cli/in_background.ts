/** A command without any terminal that looks after a session: what it has to say goes into a file. */
import type { AccessOptions } from "../agent/session_access.ts";
import type { BackgroundAccess } from "../orchestration/background_session.ts";
import type { CliContext } from "./context.ts";

/**
 * Looks after a session in the background, and reports what keeps it from that.
 *
 * @param work What is to be done; what its agent says is written down.
 * @returns The exit code.
 */
export async function inBackground(
  ctx: CliContext,
  sessionId: string,
  work: (access: BackgroundAccess) => Promise<void>,
  options: AccessOptions = {},
): Promise<number> {
  const [
    { spawnLogContext },
    { zagPaths },
    { reportError },
    { ZagError },
    { EndRequested },
  ] = await Promise.all([
    import("./spawn_log.ts"),
    import("../config/paths.ts"),
    import("./errors.ts"),
    import("../errors.ts"),
    import("../agent/interrupt.ts"),
  ]);
  using logged = spawnLogContext(ctx, zagPaths(ctx.env).spawnLog(sessionId));
  try {
    await lookAfter(logged.ctx, work, options);
    return 0;
  } catch (error) {
    // What nobody has expected is easier to find with its stack.
    const debug = !(error instanceof ZagError || error instanceof EndRequested);
    return await reportError(error, logged.ctx, { debug, quiet: true });
  }
}

async function lookAfter(
  ctx: CliContext,
  work: (access: BackgroundAccess) => Promise<void>,
  options: AccessOptions,
): Promise<void> {
  const [
    { openSessionStore },
    { listenForInterrupts },
    { printMessage },
    { AnswerView },
    { waitText },
  ] = await Promise.all([
    import("../agent/session_access.ts"),
    import("./interrupts.ts"),
    import("./message.ts"),
    import("../events/render/answer_view.ts"),
    import("./limit_view.ts"),
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
  }, options);
  await work({
    store,
    host: ctx,
    signal: interrupts.signal,
    observer: {
      warning: (message) => say(`warning: ${message}`),
      status: (message) => say(`> ${message}`),
      waiting: (wait) => say(waitText(wait, ctx.now())),
      events: (events) => show(view.render(events)),
    },
  });
  await show(view.end());
}
