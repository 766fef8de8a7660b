/**
 * Which sessions can be sent messages, and how.
 *
 * @module
 */
import type { Sender } from "../agent/envelope.ts";
import { ZagError } from "../errors.ts";
import type { EnvReader } from "../host.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { SELECTOR_TAG } from "../sessions/resolve.ts";
import { sessionState } from "../sessions/session_status.ts";
import type { SessionStore } from "../sessions/store.ts";
import { takesMessages } from "./send_message.ts";

/** A session takes no messages. */
export class NoReceiverError extends ZagError {
  /** Name of the class. */
  override name = "NoReceiverError";
}

/** How a session gets a message: through its pipe at once, or by going on with it when it can. */
export type Way = "pipe" | "turn";

/** What is known about who sends, and when. */
export interface SendContext {
  /** Id of the session whose agent sends; undefined for a person. */
  readonly from: string | undefined;
  /** The time. */
  readonly now: Date;
}

/**
 * How the session gets a message.
 *
 * @throws {NoReceiverError} when it gets none
 */
export function wayTo(
  store: SessionStore,
  session: SessionRecord,
  { from, now }: SendContext,
): Way {
  const { sessionId } = session;
  const refuse = (why: string, hint: string) => {
    throw new NoReceiverError(`Cannot send to session "${sessionId}": ${why}`, { hint });
  };
  if (sessionId === from) {
    refuse(
      "it is the one that this command was started in, and would wait for itself",
      "Name another one",
    );
  }
  if (session.tags.includes(SELECTOR_TAG)) {
    refuse("it is a question of zag's own", '"zag session list" shows those that can be sent to');
  }
  if (takesMessages(store, session)) return "pipe";
  const { status, run } = sessionState(store, session, now);
  if (run?.status === "running" && run.command === "run") {
    refuse(
      "somebody works with it at a terminal",
      `"zag listen ${sessionId}" shows what it does; when it has ended, it can be sent to`,
    );
  }
  if (session.interactive && status === "dead") {
    refuse(
      "its zag was killed, and nobody reads its messages",
      `Go on with it by "zag exec --resume ${sessionId}", or start another one with ` +
        '"zag spawn --interactive"',
    );
  }
  return "turn";
}

/** Who sends, for the receiver; undefined for a person. */
export function senderTo(
  store: SessionStore,
  receiver: SessionRecord,
  env: EnvReader,
): Sender | undefined {
  const sessionId = env.get("ZAG_SESSION_ID");
  if (!sessionId) return undefined;
  const session = store.getSession(sessionId);
  const name = session ? session.name || undefined : env.get("ZAG_SESSION_NAME") || undefined;
  const { project } = receiver;
  const found = name === undefined ? undefined : store.latestSession({ project, name });
  return {
    sessionId,
    name,
    provider: session?.provider || env.get("ZAG_PROVIDER") || "unknown",
    model: session?.model || env.get("ZAG_MODEL") || "unknown",
    // The receiver answers from its own project, where another session may have this name.
    nameLeadsBack: found?.sessionId === sessionId,
  };
}
