/**
 * Sends one message to many sessions, some at a time.
 *
 * @module
 */
import { composeMessage } from "../agent/envelope.ts";
import { optionsToGoOn } from "../agent/going_on.ts";
import { launch } from "../agent/launch.ts";
import type { LaunchOutcome } from "../agent/outcome.ts";
import { checkResumable } from "../agent/resume_target.ts";
import type { ZagPaths } from "../config/paths.ts";
import { ZagError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { resolveSessions, type Scope, SELECTOR_TAG } from "../sessions/resolve.ts";
import { sessionStates } from "../sessions/session_status.ts";
import type { SessionStore } from "../sessions/store.ts";
import { SessionRunningError } from "../sessions/store_errors.ts";
import { senderTo, wayTo } from "./receivers.ts";
import { sendLater } from "./send_later.ts";
import { sendMessage } from "./send_message.ts";
import { takeTurn, TurnCycleError } from "./take_turn.ts";

/** So many agents are at work at the same time. */
const AT_ONCE = 8;
/** A session that ended before that is not meant unless its tag is given. */
const RECENT_MS = 24 * 60 * 60 * 1000;

/** What sending needs of the world. */
export interface BroadcastAccess {
  readonly store: SessionStore;
  readonly paths: ZagPaths;
  readonly host: Host;
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
  /** Any of these; none for all sessions of the last 24 hours. */
  readonly tags: readonly string[];
  /** Id of the session whose agent sends; undefined for a person. */
  readonly from: string | undefined;
  readonly now: Date;
}

/** What became of the message for one session. */
export interface Delivery {
  readonly session: SessionRecord;
  /** Why it did not arrive, or was not answered; undefined when all is well. */
  readonly error: string | undefined;
}

/**
 * The sessions that are meant and can go on, or are at work.
 *
 * @throws {NoSuchSessionError} when no session has any of the tags
 */
export function receivers(
  store: SessionStore,
  { scope, tags, from, now }: ReceiverFilter,
): Receivers {
  const all =
    (tags.length > 0
      ? resolveSessions(store, [], tags, scope)
      : store.listSessions({ project: scope.project }))
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
    else if (tags.length === 0 && !works && !isRecent(session, now)) leftOut++;
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
 * others, whose answers stand in their logs. What goes wrong with one of them leaves the others alone.
 *
 * @param raw No agent's envelope.
 * @returns What became of it, as it becomes known.
 */
export async function* broadcast(
  access: BroadcastAccess,
  sessions: readonly SessionRecord[],
  text: string,
  raw: boolean,
): AsyncGenerator<Delivery, void, undefined> {
  const waiting = [...sessions];
  const open = new Map<SessionRecord, Promise<Delivery>>();
  try {
    while (waiting.length > 0 || open.size > 0) {
      while (waiting.length > 0 && open.size < AT_ONCE) {
        const session = waiting.shift()!;
        open.set(session, deliver(access, session, text, raw));
      }
      const delivery = await Promise.race(open.values());
      open.delete(delivery.session);
      yield delivery;
      if (access.signal.aborted) waiting.length = 0;
    }
  } finally {
    await Promise.all(open.values());
  }
}

async function deliver(
  access: BroadcastAccess,
  session: SessionRecord,
  text: string,
  raw: boolean,
): Promise<Delivery> {
  try {
    return { session, error: await send(access, session, text, raw) };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const hint = error instanceof ZagError && error.hint !== undefined ? `; ${error.hint}` : "";
    return { session, error: said + hint };
  }
}

async function send(
  access: BroadcastAccess,
  session: SessionRecord,
  text: string,
  raw: boolean,
): Promise<string | undefined> {
  const { store, host, signal, debug } = access;
  const from = host.env.get("ZAG_SESSION_ID") || undefined;
  const sender = raw ? undefined : senderTo(store, session, host.env);
  const message = composeMessage({ text, sender });
  if (wayTo(store, session, { from, now: host.now() }) === "pipe") {
    await sendMessage(access, session, message, {
      awaitAnswer: false,
      signal,
      debug,
    });
    return undefined;
  }
  const turns = { store, paths: access.paths, now: () => host.now() };
  try {
    using turn = await takeTurn(turns, session, { from, signal, debug });
    for (;;) {
      try {
        return failureOf(await goOn(access, session, message));
      } catch (error) {
        if (!(error instanceof SessionRunningError)) throw error;
        await turn.again(signal);
      }
    }
  } catch (error) {
    if (!(error instanceof TurnCycleError)) throw error;
    await sendLater(host, session.sessionId, message);
    return undefined;
  }
}

async function goOn(
  { store, host, signal, warning, debug }: BroadcastAccess,
  known: SessionRecord,
  prompt: string,
): Promise<LaunchOutcome> {
  const { sessionId } = known;
  const session = store.getSession(sessionId) ?? known;
  await checkResumable(session, session.cwd, true);
  const { options, warnings } = await optionsToGoOn(session, host.env);
  const warn = (message: string) => warning(`session ${sessionId}: ${message}`);
  warnings.forEach(warn);
  return await launch({
    command: "exec",
    options,
    prompt,
    resume: { id: sessionId },
    streamInput: false,
    signal,
    observer: { warning: warn, debug: (message) => debug(`session ${sessionId}: ${message}`) },
    host: {
      env: host.env,
      cwd: session.cwd,
      ...(host.entry === undefined ? {} : { entry: host.entry }),
      now: () => host.now(),
    },
  });
}

function failureOf({ success, failure, endedBy }: LaunchOutcome): string | undefined {
  if (success) return undefined;
  return failure ?? (endedBy?.kind === "aborted" ? "interrupted" : "nobody knows why");
}
