/** The recorded sessions. */
import { checkArguments, kind, NUMBER, parts, TEXT, TEXTS } from "../agent/argument_check.ts";
import { checkText } from "../agent/refuse_call.ts";
import { foldId } from "../sessions/fold_id.ts";
import { wrongName, wrongTag } from "../sessions/found_by.ts";
import type { SessionCommand, SessionRecord } from "../sessions/records.ts";
import type { SessionStatus } from "../sessions/session_status.ts";
import { findSessions, openRecords, type Records, SCOPE, type SessionScope } from "./records.ts";

/** Which sessions are listed; all conditions hold. */
export interface SessionQuery {
  /** Name of the provider. */
  readonly provider?: string | undefined;
  /** The whole name. */
  readonly name?: string | undefined;
  /** Part of the name, in any case. */
  readonly nameContains?: string | undefined;
  /** One of the tags, in any case. */
  readonly tag?: string | undefined;
  /** Id of the session or of the run whose agent has started it. */
  readonly parent?: string | undefined;
  /** The command that has started it. */
  readonly command?: SessionCommand | undefined;
  /** At most so many, the newest. Default: all. */
  readonly limit?: number | undefined;
}

/** What is changed about a session; what is absent stays. */
export interface SessionChange {
  /** A new name; null takes it away. */
  readonly name?: string | null | undefined;
  /** A new description; null takes it away. */
  readonly description?: string | null | undefined;
  /** The tags from now on. */
  readonly tags?: readonly string[] | undefined;
}

const TEXT_OR_NULL = kind("text, or null", (value) => typeof value === "string" || value === null);
const CHANGE = parts<SessionChange>({
  name: TEXT_OR_NULL,
  description: TEXT_OR_NULL,
  tags: TEXTS,
});
const QUERY = parts<SessionQuery>({
  provider: TEXT,
  name: TEXT,
  nameContains: TEXT,
  tag: TEXT,
  parent: TEXT,
  command: TEXT,
  limit: NUMBER,
});

interface Rooms {
  readonly resolve: typeof import("../sessions/resolve.ts");
  readonly change: typeof import("../sessions/change_session.ts");
  readonly status: typeof import("../sessions/session_status.ts");
}

/**
 * The sessions of a project, or of all.
 *
 * @example
 * ```ts ignore
 * using store = await SessionStore.open();
 * for (const { sessionId, name } of store.list({ tag: "nightly" })) console.log(sessionId, name);
 * ```
 */
export class SessionStore implements Disposable {
  readonly #records: Records;
  readonly #rooms: Rooms;

  private constructor(records: Records, rooms: Rooms) {
    this.#records = records;
    this.#rooms = rooms;
  }

  /**
   * Opens the index of sessions. What a killed zag has left behind is ended first.
   *
   * @throws {ZagError} when the index cannot be used
   */
  static async open(scope: SessionScope = {}): Promise<SessionStore> {
    checkArguments("SessionStore.open()", [scope, "scope", SCOPE]);
    const [resolve, change, status] = await Promise.all([
      import("../sessions/resolve.ts"),
      import("../sessions/change_session.ts"),
      import("../sessions/session_status.ts"),
    ]);
    return new SessionStore(await openRecords(scope), { resolve, change, status });
  }

  /** The sessions that satisfy all conditions, newest first; questions of zag's own by their tag only. */
  list(query: SessionQuery = {}): SessionRecord[] {
    checkArguments("list()", [query, "query", QUERY]);
    const { provider, tag } = query;
    const { SELECTOR_TAG } = this.#rooms.resolve;
    const { store, scope } = this.#records;
    return store.listSessions({
      ...query,
      project: scope.project,
      ...(provider === undefined ? {} : { provider: provider.toLowerCase() }),
      ...(tag?.toLowerCase() === SELECTOR_TAG ? {} : { withoutTag: SELECTOR_TAG }),
    });
  }

  /** The session with exactly this id, a UUID in any case, of whatever project; undefined when there is none. */
  get(id: string): SessionRecord | undefined {
    checkArguments("get()", [id, "id", TEXT]);
    return this.#records.store.getSession(id) ?? this.#records.store.getSession(foldId(id));
  }

  /**
   * The session that is meant.
   *
   * @param reference Its id, the provider's id, its name, or at least 4 characters with which its id
   * begins.
   * @throws {SessionNotFoundError} when there is none
   * @throws {AmbiguousSessionError} when several ids begin like that
   */
  resolve(reference: string): SessionRecord {
    return this.#resolve(reference, false);
  }

  /** What a session does, in one word. The reference is as for {@linkcode resolve}. */
  status(reference: string): SessionStatus {
    const { store, host, paths } = this.#records;
    const session = this.resolve(reference);
    return this.#rooms.status.sessionState(store, session, host.now(), paths).status;
  }

  /**
   * Changes how a session can be found. A name means a session of this project only.
   *
   * @returns The session as it is now.
   * @throws {SessionNotFoundError} when there is none
   * @throws {ZagError} when it cannot be written
   */
  update(reference: string, change: SessionChange): SessionRecord {
    const { store, paths } = this.#records;
    checkArguments("update()", [change, "change", CHANGE]);
    const { name, description, tags } = change;
    if (name) checkText("name", name, wrongName);
    for (const tag of tags ?? []) checkText("tag", tag, wrongTag);
    return this.#rooms.change.changeSession(store, paths, this.#resolve(reference, true), {
      ...(name === undefined ? {} : { name: name || null }),
      ...(description === undefined ? {} : { description: description || null }),
      ...(tags === undefined ? {} : { tags: [...tags] }),
    });
  }

  /**
   * Forgets a session; its log stays, and what it has cost stays counted.
   *
   * @throws {SessionNotFoundError} when there is none
   * @throws {SessionRunningError} when an agent is at work in it
   */
  delete(reference: string): void {
    const { store, paths } = this.#records;
    this.#rooms.change.deleteSession(store, paths, this.#resolve(reference, true));
  }

  /** Closes the index. */
  close(): void {
    this.#records[Symbol.dispose]();
  }

  /** The same as {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #resolve(ref: string, strict: boolean): SessionRecord {
    TEXT(ref, "reference");
    const { store, scope } = this.#records;
    return this.#rooms.resolve.resolveSession(store, { ref }, { ...scope, strict });
  }
}

/**
 * What a session does: `running`; `idle` (no sign of life for 30 seconds); `completed`; `failed`; `dead`
 * (its zag was killed); or `unknown`.
 *
 * @param session Its id, the beginning of one, or its name.
 * @throws {SessionNotFoundError} when there is none
 */
export async function determineStatus(
  session: string,
  scope: SessionScope = {},
): Promise<SessionStatus> {
  checkArguments("determineStatus()", [session, "session", TEXT], [scope, "scope", SCOPE]);
  const { sessionState } = await import("../sessions/session_status.ts");
  using records = await openRecords(scope);
  const [found] = await findSessions(records, [session]);
  return sessionState(records.store, found!, records.host.now()).status;
}
