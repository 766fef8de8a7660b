/** A message that an agent has left to a zag in the background. */
import { openSessionStore } from "../agent/session_access.ts";
import { zagPaths } from "../config/paths.ts";
import { tellNotSent } from "../orchestration/send_later.ts";
import type { InputFlags } from "./commands/input.ts";
import type { CliContext } from "./context.ts";
import { describeError, reportError } from "./errors.ts";
import { spawnLogContext } from "./spawn_log.ts";

/**
 * Sends it, without a terminal: all that is printed goes into a log. Why it could not be sent is told
 * to the session.
 *
 * @param send Sends the message and returns the exit code; to be told when it has its place in the queue.
 */
export async function inputLater(
  ctx: CliContext,
  flags: InputFlags,
  send: (ctx: CliContext, queued: () => Promise<void>) => Promise<number>,
): Promise<number> {
  const to = flags.session!;
  const paths = zagPaths(ctx.env);
  using logged = spawnLogContext(ctx, paths.spawnLog(to));
  try {
    // Whoever waits for the byte may be gone; the message is sent all the same.
    return await send(logged.ctx, () => ctx.stdout.write("\n").catch(() => {}));
  } catch (error) {
    const code = await reportError(error, logged.ctx, { debug: true, quiet: false });
    const { message, hint } = describeError(error);
    const why = [message, hint].filter(Boolean).join("; ");
    using store = await openSessionStore(ctx.env, {});
    tellNotSent(store, paths, { to, from: flags.later || undefined }, why);
    return code;
  }
}
