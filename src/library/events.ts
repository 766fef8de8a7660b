/** The logs of sessions: what is in them, and what is written to them. */
import {
  checkArguments,
  FUNCTION,
  NUMBER,
  parts,
  SIGNAL,
  TEXT,
  TEXTS,
} from "../agent/argument_check.ts";
import { InvalidOptionError } from "../agent/errors.ts";
import type { LogEvent } from "../events/log_event.ts";
import { LOG_TYPES, logTypeOf } from "../events/log_types.ts";
import { findSessions, openRecords, SCOPE_PARTS, type SessionScope } from "./records.ts";

/** Which events of a log are read. */
export interface EventQuery extends SessionScope {
  /** Only events of these types. Default: all. */
  readonly types?: readonly string[] | undefined;
  /** Only events behind the one of this number. */
  readonly afterSeq?: number | undefined;
  /** Only events before the one of this number. */
  readonly beforeSeq?: number | undefined;
  /** Only the last so many of them. */
  readonly last?: number | undefined;
}

/** How a session is followed. */
export interface FollowOptions extends SessionScope {
  /** Only events of these types. Default: all. */
  readonly types?: readonly string[] | undefined;
  /** Begin with the last so many events; 0 for what is still to come. Default: all. */
  readonly tail?: number | undefined;
  /** Ends it, without an error. */
  readonly signal?: AbortSignal | undefined;
}

/** What is followed of many sessions. */
export interface SubscribeOptions extends SessionScope {
  /** Only events of these types. Default: all. */
  readonly types?: readonly string[] | undefined;
  /** Only sessions with this tag, in any case. */
  readonly tag?: string | undefined;
  /** Called once: whatever is written from now on is given. */
  onReady?(): void;
  /** Ends it, without an error. */
  readonly signal?: AbortSignal | undefined;
}

/** An event of one of many sessions. */
export interface SessionEvent {
  /** zag's own id of the session. */
  readonly sessionId: string;
  /** The event. */
  readonly event: LogEvent;
}

const QUERY = parts<EventQuery>({
  ...SCOPE_PARTS,
  types: TEXTS,
  afterSeq: NUMBER,
  beforeSeq: NUMBER,
  last: NUMBER,
});
const FOLLOW = parts<FollowOptions>({ ...SCOPE_PARTS, types: TEXTS, tail: NUMBER, signal: SIGNAL });
const SUBSCRIBE = parts<SubscribeOptions>({
  ...SCOPE_PARTS,
  types: TEXTS,
  tag: TEXT,
  onReady: FUNCTION,
  signal: SIGNAL,
});

/**
 * The events that are in a session's log now, in their order. Lines that cannot be read are left out.
 *
 * @param session Its id, the beginning of one, or its name.
 * @throws {SessionNotFoundError} when there is no such session
 * @throws {ZagError} when its log is gone, or a type does not exist
 */
export async function* readEvents(
  session: string,
  query: EventQuery = {},
): AsyncGenerator<LogEvent, void> {
  checkArguments("readEvents()", [session, "session", TEXT], [query, "query", QUERY]);
  const types = typesOf(query.types);
  const { afterSeq = -1, beforeSeq = Infinity, last } = query;
  const [{ chosenLines }, { LogNotFoundError }] = await Promise.all([
    import("../sessions/follow/last_lines.ts"),
    import("../sessions/log_reader.ts"),
  ]);
  using records = await openRecords(query);
  const [found] = await findSessions(records, [session]);
  const { sessionId, project, logPath, outcome } = found!;
  const path = logPath ?? records.paths.sessionLog(project ?? undefined, sessionId);
  const wants = (type: string, seq: number) =>
    seq > afterSeq && seq < beforeSeq && (types?.has(type) ?? true);
  try {
    for await (const lines of chosenLines(path, { wants, last })) {
      for (const { event } of lines) if (event !== undefined) yield event;
    }
  } catch (error) {
    // A session that has not begun has nothing to tell yet; the log of another one is lost.
    if (!(error instanceof LogNotFoundError) || outcome !== null) throw error;
  }
}

/**
 * The events of a session from its beginning, and then while they are written, until it has ended. One
 * that has not begun yet is waited for. How it ended is told by `determineStatus`.
 *
 * @param session Its id, the beginning of one, or its name.
 * @throws {SessionNotFoundError} when there is no such session
 */
export async function* followSession(
  session: string,
  options: FollowOptions = {},
): AsyncGenerator<LogEvent, void> {
  checkArguments("followSession()", [session, "session", TEXT], [options, "options", FOLLOW]);
  const types = typesOf(options.types);
  const [{ followLog }, { sessionWriter }] = await Promise.all([
    import("../sessions/follow/follow_log.ts"),
    import("../agent/session_writer.ts"),
  ]);
  using records = await openRecords(options);
  const [found] = await findSessions(records, [session]);
  const { sessionId, project, logPath } = found!;
  const { store, paths, host } = records;
  const wants = (type: string) => types?.has(type) ?? true;
  const { tail, signal } = options;
  const request = { store, paths, sessionId, now: () => host.now(), note: () => {} };
  const batches = followLog({
    path: logPath ?? paths.sessionLog(project ?? undefined, sessionId),
    tail: tail === undefined ? undefined : { count: tail, counts: wants },
    signal,
    writer: (seen) => sessionWriter(request, seen),
  });
  for await (const lines of batches) {
    for (const { event } of lines) {
      if (signal?.aborted) return;
      if (event !== undefined && wants(event.type)) yield event;
    }
  }
}

/**
 * What is written to the logs of all sessions from now on, those that start later included. It goes on
 * until the signal ends it, or the loop is left.
 *
 * @throws {ZagError} when a type does not exist
 */
export async function* subscribeEvents(
  options: SubscribeOptions = {},
): AsyncGenerator<SessionEvent, void> {
  checkArguments("subscribeEvents()", [options, "options", SUBSCRIBE]);
  const types = typesOf(options.types);
  const { subscribe } = await import("../orchestration/subscribe.ts");
  using records = await openRecords(options);
  const { store, paths, scope } = records;
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  try {
    const ready = () => options.onReady?.();
    for await (const batch of subscribe({ store, paths, scope, tag: options.tag, signal, ready })) {
      for (const { sessionId, event } of batch) {
        if (signal.aborted) return;
        if (types?.has(event.type) ?? true) yield { sessionId, event };
      }
    }
  } finally {
    stop.abort();
  }
}

function typesOf(names: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return names && new Set(names.map((name) => {
    const type = logTypeOf(name);
    if (type !== undefined) return type;
    throw new InvalidOptionError(
      `Unknown type of event ${JSON.stringify(name)}: it must be one of ${LOG_TYPES.join(", ")}`,
    );
  }));
}
