/** What `zag input` sends, and how it speaks of it, whichever way the message goes. */
import { readAttachments } from "../agent/attachments.ts";
import { composeMessage } from "../agent/envelope.ts";
import { senderTo } from "../orchestration/receivers.ts";
import { loadProvider } from "../providers/registry.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { knownAs } from "../sessions/resolve.ts";
import type { InputFlags } from "./commands/input.ts";
import type { CliContext } from "./context.ts";
import { printError, quote, UsageError } from "./errors.ts";
import { type Messages, readMessages } from "./message_input.ts";
import { printMessage } from "./message.ts";
import type { Sessions } from "./open_sessions.ts";

/** Messages that are to be sent to a session. */
export interface Input extends Messages {
  readonly ctx: CliContext;
  readonly flags: InputFlags;
  readonly sessions: Sessions;
  readonly session: SessionRecord;
  /** The session, for a person. */
  readonly title: string;
  /** Id of the session whose agent sends; undefined for a person. */
  readonly from: string | undefined;
  /** Makes of a text what the receiver gets; files go with the first one. */
  compose(text: string): string;
  /** Says something to a person who has not asked for silence. */
  note(text: string): Promise<void>;
  debug(message: string): void;
  /** Is told when the message has its place among those who send to the session. */
  readonly queued?: (() => Promise<void>) | undefined;
}

/**
 * Reads what is to be sent; nothing is done with the session before.
 *
 * @param given The operand.
 * @throws {UsageError} when there is nothing to send
 */
export async function readInput(
  ctx: CliContext,
  flags: InputFlags,
  sessions: Sessions,
  session: SessionRecord,
  given: string | undefined,
): Promise<Input> {
  let attachments = await readAttachments(flags.file, ctx.cwd);
  const sender = flags.raw ? undefined : senderTo(sessions.store, session, ctx.env);
  const { sessionId, name } = session;
  const short = sessionId.slice(0, 8);
  const note = async (text: string) => {
    if (!flags.quiet) await printMessage(ctx, text);
  };
  return {
    ...await readMessages(ctx, given, flags.stream),
    ctx,
    flags,
    sessions,
    session,
    title: name ? `${short} "${name}"` : short,
    from: ctx.env.get("ZAG_SESSION_ID") || undefined,
    compose(text) {
      const message = composeMessage({ text, attachments, sender });
      attachments = [];
      return message;
    },
    note,
    debug: (message) => void (flags.debug && printMessage(ctx, `* ${message}`)),
  };
}

/**
 * Refuses a message that is what a session goes by: whoever typed it has most likely meant that session,
 * and the newest one would get a message that makes no sense.
 *
 * @throws {UsageError}
 */
export function refuseReference({ store, scope }: Sessions, given: string): void {
  const session = knownAs(store, given, scope);
  if (!session) return;
  const isName = session.name === given;
  const word = quote(given);
  throw new UsageError(
    `Cannot send ${word} as a message: it is the ${isName ? "name" : "id"} of a session, and no ` +
      "session was chosen",
    `To send to that session: zag input ${isName ? "--name" : "--session"} ${word} MESSAGE. ` +
      `To send the text to the newest session: zag input --latest ${word}`,
  );
}

/** Says where the message goes. */
export async function sayWhere({ session, title, note }: Input): Promise<void> {
  await note(`> Sends to session ${title} (${session.provider})`);
}

/** What a turn came to, as far as its answer does not tell. */
export interface TurnEnd {
  /** Why it failed; undefined when it did not. */
  readonly failure: string | undefined;
  /** Whether there is an answer; undefined where nobody has looked. */
  readonly answered: boolean | undefined;
}

/**
 * Says how a turn ended that did not end well.
 *
 * @returns Whether --exit-on-failure counts it as a failure.
 */
export async function sayTurnEnd(
  { ctx, flags, session, title, note }: Input,
  { failure, answered }: TurnEnd,
): Promise<boolean> {
  if (failure === undefined && answered !== false) return false;
  const agent = (await loadProvider(session.provider))?.displayName ?? session.provider;
  if (failure !== undefined) await printError(ctx, `${agent} reported a failure: ${failure}`);
  else if (flags.exitOnFailure) await printError(ctx, `${agent} gave an empty answer`);
  else await note(`> Session ${title} gave no answer`);
  return true;
}
