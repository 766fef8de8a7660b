/**
 * Sends one message to many sessions, some at a time.
 *
 * @module
 */
import { composeMessage } from "../agent/envelope.ts";
import { optionsToGoOn } from "../agent/going_on.ts";
import { launch } from "../agent/launch.ts";
import type { LaunchOutcome } from "../agent/outcome.ts";
import { whereToGoOn } from "../agent/place.ts";
import type { ZagPaths } from "../config/paths.ts";
import { ZagError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { type Scope, SELECTOR_TAG } from "../sessions/resolve.ts";
import { sessionStates } from "../sessions/session_status.ts";
import type { SessionStore } from "../sessions/store.ts";
import { SessionRunningError } from "../sessions/store_errors.ts";
import { senderTo, wayTo } from "./receivers.ts";
import { sendLater } from "./send_later.ts";
import { sendMessage } from "./send_message.ts";
import { takeTurn, TurnCycleError } from "./take_turn.ts";
import { Ticket } from "./turn_queue.ts";

/** So many agents are at work at the same time. */
const AT_ONCE = 8;
/** A session that ended before that is not meant unless its tag is given. */
const RECENT_MS = 24 * 60 * 60 * 1000;

/** What sending needs of the world. */
export interface BroadcastAccess {
  readonly store: SessionStore;
  readonly paths: ZagPaths;
  readonly host: Host;
  /** Where a session goes on whose worktree is gone, absolute. */
  readonly workspace: string;
  /** Ends what was started here, and the waiting. */
  readonly signal: AbortSignal;
  warning(message: string): void;
  debug(message: string): void;
}

/** Who gets a message. */
export interface Receivers {
  /** Newest first. */
  readonly sessions: readonly SessionRecord[];
  /** Somebody works with them at a terminal. */
  readonly atTerminals: readonly SessionRecord[];
  /** How many ended too long ago, or were not started by zag. */
  readonly leftOut: number;
  /** The sender is one of those that were looked at. */
  readonly sender: boolean;
}

/** Which sessions are looked at. */
export interface ReceiverFilter {
  readonly scope: Scope;
  /** Those with a tag that was asked for; undefined for all sessions of the last 24 hours. */
  readonly tagged: readonly SessionRecord[] | undefined;
  /** Id of the session whose agent sends; undefined for a person. */
  readonly from: string | undefined;
  readonly now: Date;
}

/** What became of the message for one session. */
export interface Delivery {
  readonly session: SessionRecord;
  /** Why it did not arrive, or was not answered; undefined when all is well. */
  readonly error: string | undefined;
  /** It has arrived, and the agent failed. */
  readonly arrived: boolean;
}

/** The sessions that are meant and can go on, or are at work. */
export function receivers(
  store: SessionStore,
  { scope, tagged, from, now }: ReceiverFilter,
): Receivers {
  const all = (tagged ?? store.listSessions({ project: scope.project }))
    .filter((session) => !session.tags.includes(SELECTOR_TAG));
  const states = sessionStates(store, all, now);
  const sessions: SessionRecord[] = [];
  const atTerminals: SessionRecord[] = [];
  let leftOut = 0;
  for (const session of all) {
    if (session.sessionId === from) continue;
    const { status, run } = states.get(session.sessionId)!;
    const works = status === "running" || status === "idle";
    if (works && run?.command === "run") atTerminals.push(session);
    else if (!works && session.providerSessionId === null) continue;
    else if (!tagged && !works && !isRecent(session, now)) leftOut++;
    else sessions.push(session);
  }
  const sender = all.some(({ sessionId }) => sessionId === from);
  return { sessions, atTerminals, leftOut, sender };
}

function isRecent(session: SessionRecord, now: Date): boolean {
  if (session.command === "import") return false;
  const last = Date.parse(session.endedAt ?? session.startedAt ?? session.createdAt);
  return !(now.getTime() - last > RECENT_MS);
}

/**
 * Sends the message to all sessions: through the pipe of those that have one, and by going on with the
 * others, whose answers stand in their logs. It has its place in all queues before anything is sent.
 * What goes wrong with one of them leaves the others alone.
 *
 * @param raw No agent's envelope.
 * @returns What became of it, as it becomes known; nothing of those that an abort has kept it from.
 */
export async function* broadcast(
  access: BroadcastAccess,
  sessions: readonly SessionRecord[],
  text: string,
  raw: boolean,
): AsyncGenerator<Delivery, void, undefined> {
  const places = new Places(AT_ONCE);
  const known: Delivery[] = [];
  let wake = () => {};
  let open = 0;
  const deliveries: Promise<void>[] = [];
  const errands: Errand[] = [];
  for (const session of sessions) errands.push(await prepare(access, session, text, raw));
  try {
    for (const errand of errands) {
      open++;
      deliveries.push(
        deliver(access, errand, places).then((delivery) => {
          open--;
          if (delivery) known.push(delivery);
          wake();
        }),
      );
    }
    while (open > 0 || known.length > 0) {
      for (let next = known.shift(); next; next = known.shift()) yield next;
      if (open > 0) await new Promise<void>((resolve) => wake = resolve);
    }
  } finally {
    await Promise.all(deliveries);
  }
}

/** One message on its way. */
interface Errand {
  readonly session: SessionRecord;
  readonly from: string | undefined;
  readonly message: string;
  /** Its place in the queue; undefined where there is none, as for a pipe. */
  readonly ticket?: Ticket;
  /** Why the session gets no messages. */
  readonly error?: unknown;
}

/** Decides which way the message goes, and takes its place. */
async function prepare(
  { store, paths, host }: BroadcastAccess,
  session: SessionRecord,
  text: string,
  raw: boolean,
): Promise<Errand> {
  const from = host.env.get("ZAG_SESSION_ID") || undefined;
  const sender = raw ? undefined : senderTo(store, session, host.env);
  const errand = { session, from, message: composeMessage({ text, sender }) };
  try {
    if (wayTo(store, session, { from, now: host.now() }) === "pipe") return errand;
    return { ...errand, ticket: await Ticket.take(paths, session.sessionId, from) };
  } catch (error) {
    return { ...errand, error };
  }
}

async function deliver(
  access: BroadcastAccess,
  errand: Errand,
  places: Places,
): Promise<Delivery | undefined> {
  const { session } = errand;
  try {
    if (errand.error !== undefined) throw errand.error;
    const error = errand.ticket
      ? await sendByTurn(access, errand, errand.ticket, places)
      : await sendByPipe(access, errand);
    return { session, error, arrived: true };
  } catch (error) {
    if (access.signal.aborted && error === access.signal.reason) return undefined;
    return { session, error: whyNot(session, error), arrived: false };
  }
}

/** Without what is said of each of them. */
function whyNot({ sessionId }: SessionRecord, error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  const hint = error instanceof ZagError && error.hint !== undefined ? `; ${error.hint}` : "";
  const start = `Cannot send to session "${sessionId}": `;
  return (said.startsWith(start) ? said.slice(start.length) : said) + hint;
}

async function sendByPipe(
  access: BroadcastAccess,
  { session, message }: Errand,
): Promise<undefined> {
  const { signal, debug } = access;
  await sendMessage(access, session, message, { awaitAnswer: false, signal, debug });
}

/** Returns why the agent failed. */
async function sendByTurn(
  access: BroadcastAccess,
  errand: Errand,
  ticket: Ticket,
  places: Places,
): Promise<string | undefined> {
  const outcome = await goOnInTurn(access, errand, ticket, () => places.take(access.signal));
  return outcome && failureOf(outcome);
}

/** A message for a session that goes on with it. */
export interface TurnMessage {
  readonly session: SessionRecord;
  /** Id of the session whose agent sends; undefined for a person. */
  readonly from: string | undefined;
  /** As the receiver gets it. */
  readonly message: string;
  /** The events of the answer are wanted, too. */
  readonly collectEvents?: boolean;
}

/**
 * Waits for the turn of a message, and goes on with the session.
 *
 * @param begin Waits until the agent may start.
 * @returns undefined when the session waits for the sender: it gets the message after its turn.
 * @throws the reason of an abort, or why the session cannot go on
 */
export async function goOnInTurn(
  access: BroadcastAccess,
  { session, from, message, collectEvents = false }: TurnMessage,
  ticket: Ticket,
  begin: () => Promise<Disposable>,
): Promise<LaunchOutcome | undefined> {
  const { store, paths, host, signal, debug } = access;
  const turns = { store, paths, now: () => host.now() };
  try {
    using turn = await takeTurn(turns, session, { from, ticket, signal, debug });
    for (;;) {
      try {
        using _place = await begin();
        return await goOn(access, session, message, collectEvents);
      } catch (error) {
        if (!(error instanceof SessionRunningError)) throw error;
      }
      await turn.again(signal);
    }
  } catch (error) {
    if (!(error instanceof TurnCycleError)) throw error;
    await sendLater(host, { to: session.sessionId, from, text: message });
    return undefined;
  }
}

/** So many may be at work at the same time; whoever waits longest comes next. */
class Places {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async take(signal: AbortSignal): Promise<Disposable> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const place = { [Symbol.dispose]: () => this.#giveBack() };
    if (!signal.aborted) return place;
    // Whoever comes next learns the same.
    place[Symbol.dispose]();
    throw signal.reason;
  }

  #giveBack(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}

async function goOn(
  { store, host, workspace, signal, warning, debug }: BroadcastAccess,
  known: SessionRecord,
  prompt: string,
  collectEvents: boolean,
): Promise<LaunchOutcome> {
  const { sessionId } = known;
  const session = store.getSession(sessionId) ?? known;
  const cwd = await whereToGoOn(session, workspace);
  const { options, warnings } = await optionsToGoOn(session, host.env);
  const warn = (message: string) => warning(`session ${sessionId}: ${message}`);
  warnings.forEach(warn);
  return await launch({
    command: "exec",
    options,
    prompt,
    resume: { id: sessionId },
    streamInput: false,
    collectEvents,
    signal,
    observer: { warning: warn, debug: (message) => debug(`session ${sessionId}: ${message}`) },
    host: {
      env: host.env,
      cwd,
      ...(host.entry === undefined ? {} : { entry: host.entry }),
      now: () => host.now(),
    },
  });
}

function failureOf({ success, failure, endedBy }: LaunchOutcome): string | undefined {
  if (success) return undefined;
  return failure ?? (endedBy?.kind === "aborted" ? "interrupted" : "nobody knows why");
}
