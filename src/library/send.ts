/** Messages to sessions. */
import {
  checkArguments,
  FLAG,
  FUNCTION,
  parts,
  SIGNAL,
  TEXT,
  TEXTS,
} from "../agent/argument_check.ts";
import type { CallOptions } from "../agent/builder.ts";
import { ZagError } from "../errors.ts";
import type { AgentOutput } from "../events/event.ts";
import type { SessionRecord } from "../sessions/records.ts";
import {
  findSessions,
  openRecords,
  type Records,
  SCOPE_PARTS,
  type SessionScope,
} from "./records.ts";

/** How a message is sent. */
export interface SendOptions extends SessionScope, CallOptions {
  /** Files that go along, as for a prompt. */
  readonly files?: readonly string[] | undefined;
  /** From within a session: the text alone, without who it is from. Default: false. */
  readonly raw?: boolean | undefined;
  /**
   * Wait for the answer of a session that takes its messages through a pipe, too, unless that waits for
   * the sender. Default: false: there it is enough that the session has the message.
   */
  readonly awaitAnswer?: boolean | undefined;
  /** Hears what does not keep the message from being sent. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** A message that was sent. */
export interface SentInput {
  /** zag's own id of the session that has it. */
  readonly sessionId: string;
  /**
   * `pipe`: the session was started to take messages. `turn`: it went on with the message. `later`: it
   * waits for the sender, and gets the message after its turn.
   */
  readonly way: "pipe" | "turn" | "later";
  /** The answer, also one of a failure; undefined when none was waited for. */
  readonly answer: AgentOutput | undefined;
}

/** Who gets a message. */
export interface BroadcastOptions extends SessionScope, CallOptions {
  /** Sessions with one of these tags. Default: those of the last 24 hours. */
  readonly tags?: readonly string[] | undefined;
  /** From within a session: the text alone, without who it is from. Default: false. */
  readonly raw?: boolean | undefined;
  /** Hears what does not keep a message from being sent. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** What became of a message for one session. */
export interface DeliveredInput {
  /** zag's own id of the session. */
  readonly sessionId: string;
  /** It has arrived, whatever the agent made of it. */
  readonly arrived: boolean;
  /** Why it did not arrive, or why the agent failed; undefined when all is well. */
  readonly error: string | undefined;
}

const CLOSE = parts<SessionScope & CallOptions>({ ...SCOPE_PARTS, signal: SIGNAL });
const SEND = parts<SendOptions>({
  ...SCOPE_PARTS,
  signal: SIGNAL,
  files: TEXTS,
  raw: FLAG,
  awaitAnswer: FLAG,
  onWarning: FUNCTION,
});
const BROADCAST = parts<BroadcastOptions>({
  ...SCOPE_PARTS,
  signal: SIGNAL,
  tags: TEXTS,
  raw: FLAG,
  onWarning: FUNCTION,
});

/**
 * Sends a message to a session. One that was spawned to take messages gets it through its pipe; any
 * other goes on with it, when it is at work after its turn.
 *
 * @param session Its id, the beginning of one, or its name; a name means a session of the project.
 * @throws {SessionNotFoundError} when there is no such session
 * @throws {ZagError} when it takes no messages
 * @throws the reason of an aborted signal
 */
export async function sendInput(
  session: string,
  text: string,
  options: SendOptions = {},
): Promise<SentInput> {
  checkArguments(
    "sendInput()",
    [session, "session", TEXT],
    [text, "text", TEXT],
    [options, "options", SEND],
  );
  const { hearsSetterNames, inLibrary } = await import("../agent/setter_names.ts");
  const onWarning = hearsSetterNames(options.onWarning);
  return await inLibrary(() => send(session, text, { ...options, onWarning }));
}

async function send(session: string, text: string, options: SendOptions): Promise<SentInput> {
  const [{ wayTo, senderTo }, { composeMessage }, { readAttachments }] = await Promise.all([
    import("../orchestration/receivers.ts"),
    import("../agent/envelope.ts"),
    import("../agent/attachments.ts"),
  ]);
  if (text.trim() === "") throw new ZagError("Cannot send an empty message");
  const { files = [], raw = false, awaitAnswer = false } = options;
  using records = await openRecords(options);
  const { store, host } = records;
  const [found] = await findSessions(records, [session], true);
  const { sessionId } = found!;
  const from = host.env.get("ZAG_SESSION_ID") || undefined;
  const way = wayTo(store, found!, { from, now: host.now() });
  const attachments = await readAttachments(files, host.cwd);
  const sender = raw ? undefined : senderTo(store, found!, host.env);
  const message = composeMessage({ text, attachments, sender });
  if (way === "pipe") {
    const answer = await sendByPipe(records, found!, message, from, awaitAnswer, options.signal);
    return { sessionId, way, answer };
  }
  const [{ goOnInTurn }, { Ticket }, { isHeldUpBy }] = await Promise.all([
    import("../orchestration/broadcast.ts"),
    import("../orchestration/turn_queue.ts"),
    import("../sessions/waiting.ts"),
  ]);
  if (from !== undefined && isHeldUpBy(records.paths, sessionId, from)) {
    const { sendLater } = await import("../orchestration/send_later.ts");
    await sendLater(host, { to: sessionId, from, text: message });
    return { sessionId, way: "later", answer: undefined };
  }
  const access = accessTo(records, options);
  const ticket = await Ticket.take(records.paths, sessionId, from);
  const turn = { session: found!, from, message, collectEvents: true };
  const outcome = await goOnInTurn(access, turn, ticket, () => Promise.resolve(NOTHING));
  options.signal?.throwIfAborted();
  return { sessionId, way: outcome ? way : "later", answer: outcome?.output };
}

/** Undefined also where the receiver waits for the sender: its answer would never come. */
async function sendByPipe(
  records: Records,
  session: SessionRecord,
  message: string,
  from: string | undefined,
  awaitAnswer: boolean,
  signal: AbortSignal | undefined,
): Promise<AgentOutput | undefined> {
  const [{ sendMessage }, { announceWaiting, untilHeldUpBy }] = await Promise.all([
    import("../orchestration/send_message.ts"),
    import("../sessions/waiting.ts"),
  ]);
  const { sessionId } = session;
  using _waiting = awaitAnswer ? announceWaiting(records.paths, from, [sessionId]) : undefined;
  const over = new AbortController();
  const heldUp = new AbortController();
  const given = signal ? [signal] : [];
  let looking: Promise<void> | undefined;
  const taken = () => {
    if (!awaitAnswer || from === undefined) return;
    const ending = AbortSignal.any([...given, over.signal]);
    looking = untilHeldUpBy(records.paths, sessionId, from, { signal: ending, debug: () => {} })
      .then((found) => void (found && heldUp.abort()));
  };
  try {
    const ends = AbortSignal.any([...given, heldUp.signal]);
    return (await sendMessage(records, session, message, { awaitAnswer, signal: ends, taken }))
      .answer;
  } catch (error) {
    if (signal?.aborted || !heldUp.signal.aborted || error !== heldUp.signal.reason) throw error;
    return undefined;
  } finally {
    over.abort();
    await looking;
  }
}

/**
 * Ends a session well that was spawned to take messages: when it has answered all that was sent before.
 *
 * @param session Its id, the beginning of one, or its name; a name means a session of the project.
 * @throws {SessionNotFoundError} when there is no such session
 * @throws {ZagError} when it is none that takes messages, or its zag is gone
 */
export async function closeInput(
  session: string,
  options: SessionScope & CallOptions = {},
): Promise<void> {
  checkArguments("closeInput()", [session, "session", TEXT], [options, "options", CLOSE]);
  const { inLibrary } = await import("../agent/setter_names.ts");
  await inLibrary(() => close(session, options));
}

async function close(session: string, options: SessionScope & CallOptions): Promise<void> {
  const { closeSession, takesMessages } = await import("../orchestration/send_message.ts");
  using records = await openRecords(options);
  const [found] = await findSessions(records, [session], true);
  if (!takesMessages(records.store, found!)) {
    throw new ZagError(
      `Cannot close session "${
        found!.sessionId
      }": it is none that takes messages until it is closed`,
      { hint: "It ends when its agent does; cancelSessions() ends it at once" },
    );
  }
  await closeSession(records, found!, { signal: options.signal });
}

const NOTHING: Disposable = { [Symbol.dispose]: () => {} };

/**
 * Sends one message to many sessions, eight at a time. What goes wrong with one of them leaves the others
 * alone; sessions in which somebody works at a terminal are left out.
 *
 * @returns What became of it, in the order in which it became known.
 * @throws {ZagError} when there is no session to send to
 * @throws the reason of an aborted signal
 */
export async function sendBroadcast(
  text: string,
  options: BroadcastOptions = {},
): Promise<DeliveredInput[]> {
  checkArguments("sendBroadcast()", [text, "text", TEXT], [options, "options", BROADCAST]);
  const { hearsSetterNames, inLibrary } = await import("../agent/setter_names.ts");
  const onWarning = hearsSetterNames(options.onWarning);
  return await inLibrary(() => sendToMany(text, { ...options, onWarning }));
}

async function sendToMany(text: string, options: BroadcastOptions): Promise<DeliveredInput[]> {
  const [{ broadcast, receivers }, { resolveSessions }] = await Promise.all([
    import("../orchestration/broadcast.ts"),
    import("../sessions/resolve.ts"),
  ]);
  if (text.trim() === "") throw new ZagError("Cannot send an empty message");
  const { tags, raw = false, signal } = options;
  signal?.throwIfAborted();
  using records = await openRecords(options);
  const { store, scope, host } = records;
  const { sessions } = receivers(store, {
    scope,
    tagged: tags?.length ? resolveSessions(store, [], tags, scope) : undefined,
    from: host.env.get("ZAG_SESSION_ID") || undefined,
    now: host.now(),
  });
  if (sessions.length === 0) {
    throw new ZagError("Cannot broadcast: there is no session that can be sent to", {
      hint: "Look in all projects with { global: true }",
    });
  }
  const deliveries: DeliveredInput[] = [];
  for await (const delivery of broadcast(accessTo(records, options), sessions, text, raw)) {
    const { session: { sessionId }, arrived, error } = delivery;
    deliveries.push({ sessionId, arrived, error });
  }
  signal?.throwIfAborted();
  return deliveries;
}

function accessTo(
  { store, paths, host, project: { workspace } }: Records,
  { signal = new AbortController().signal, onWarning }: Pick<SendOptions, "signal" | "onWarning">,
) {
  const warning = (message: string) => onWarning?.(message);
  return { store, paths, host, workspace, signal, warning, debug: () => {} };
}
