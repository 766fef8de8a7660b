/** Ends a session that takes messages when it has answered them. */
import { closeSession } from "../orchestration/send_message.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { InputFlags } from "./commands/input.ts";
import type { CliContext } from "./context.ts";
import { listenForInterrupts } from "./interrupts.ts";
import { printMessage } from "./message.ts";
import type { Sessions } from "./open_sessions.ts";

/** Asks for it; the session has heard that when this returns, and goes on for as long as it needs. */
export async function closeInput(
  ctx: CliContext,
  flags: Pick<InputFlags, "quiet" | "debug">,
  sessions: Sessions,
  session: SessionRecord,
): Promise<void> {
  using interrupts = listenForInterrupts();
  await closeSession(sessions, session, {
    signal: interrupts.signal,
    note: (message) => void (flags.quiet || printMessage(ctx, `> ${message}`)),
    debug: (message) => void (flags.debug && printMessage(ctx, `* ${message}`)),
  });
}
