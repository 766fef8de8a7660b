/**
 * Which session is meant: the one place where ids, names, tags and the like become records.
 *
 * @module
 */
import { ZagError } from "../errors.ts";
import { didYouMean } from "../suggest.ts";
import { foldId } from "./fold_id.ts";
import type { SessionRecord } from "./records.ts";
import type { SessionFilter, SessionStore } from "./store.ts";
import { AmbiguousSessionError, SessionNotFoundError } from "./store_errors.ts";

/** How a session is pointed at. */
export type SessionTarget =
  /**
   * Its id, the provider's id, its name, or at least 4 characters with which its id starts; a UUID in
   * any case.
   */
  | { readonly ref: string }
  /** Its name, exactly; of several the newest. */
  | { readonly name: string }
  /** The newest with this tag, in any case. */
  | { readonly tag: string }
  /** The newest. */
  | { readonly latest: true }
  /** The one that is being written to, or was written to last. */
  | { readonly active: true }
  /** Number of a process (of zag or of the agent), or the id of a run or the beginning of one. */
  | { readonly ps: string };

/** Where to look for names, tags, the newest; ids are looked for there first, then everywhere. */
export interface Scope {
  /** A project key; null for sessions outside of any project; undefined for all. */
  readonly project: string | null | undefined;
  /**
   * A name means a session of this scope or none, for whoever changes what it means. Default: a name
   * that is not known here may be that of a session elsewhere.
   */
  readonly strict?: boolean | undefined;
}

/** Nothing goes by what was asked for. */
export class NoSuchSessionError extends ZagError {
  /** Name of the class. */
  override name = "NoSuchSessionError";
}

/**
 * Marks the sessions in which zag had an agent chosen for `auto`. Nobody who asks for the newest
 * means a question that zag asked.
 */
export const SELECTOR_TAG = "zag-selector";

const MIN_PREFIX = 4;
/** So many names are compared with one that does not exist. */
const MOST_NAMES = 5000;

/**
 * The session that is meant.
 *
 * @throws {SessionNotFoundError} when no session goes by this reference
 * @throws {NoSuchSessionError} when the name, tag or process leads to none, or there is none yet
 * @throws {AmbiguousSessionError} when several ids start with the reference
 */
export function resolveSession(
  store: SessionStore,
  target: SessionTarget,
  scope: Scope,
): SessionRecord {
  if ("ref" in target) return byReference(store, target.ref, scope);
  if ("ps" in target) return byProcess(store, target.ps);
  const found = "name" in target
    ? newest(store, scope, { name: target.name })
    : "tag" in target
    ? newest(store, scope, { tag: target.tag })
    : "latest" in target
    ? newest(store, scope, { withoutTag: SELECTOR_TAG })
    : active(store, scope);
  if (found) return found;
  const everywhere = scope.project === undefined;
  const hint = everywhere
    ? 'Start one with "zag exec" or "zag run"'
    : "Look in all projects with --global";
  const where = everywhere ? "" : " in this project";
  if ("name" in target) {
    throw new NoSuchSessionError(
      `Cannot find a session named ${JSON.stringify(target.name)}${where}`,
      { hint: everywhere ? '"zag session list --global" shows the names' : hint },
    );
  }
  if ("tag" in target) throw noneTagged(target.tag, scope);
  throw new NoSuchSessionError(`Cannot find a session: there is none${where} yet`, { hint });
}

/** The sessions that a tag means where several are meant: all that were not tried again, newest first. */
export function taggedSessions(store: SessionStore, tag: string, scope: Scope): SessionRecord[] {
  return store.listSessions({ project: scope.project, tag, notRetried: true });
}

/**
 * Several sessions: those referred to in their order, then those that have one of the tags, newest
 * first; each once. A tag passes over sessions that were tried again; references lead to them, too.
 *
 * @throws as {@linkcode resolveSession}; {@linkcode NoSuchSessionError} too when no session has one
 * of the tags
 */
export function resolveSessions(
  store: SessionStore,
  refs: readonly string[],
  tags: readonly string[],
  scope: Scope,
): SessionRecord[] {
  const found = new Map<string, SessionRecord>();
  for (const ref of refs) {
    const session = byReference(store, ref, scope);
    found.set(session.sessionId, session);
  }
  for (const tag of tags) {
    const tagged = taggedSessions(store, tag, scope);
    if (tagged.length === 0) throw noneTagged(tag, scope);
    for (const session of tagged) {
      if (!found.has(session.sessionId)) found.set(session.sessionId, session);
    }
  }
  return [...found.values()];
}

function noneTagged(tag: string, scope: Scope): NoSuchSessionError {
  const everywhere = scope.project === undefined;
  return new NoSuchSessionError(
    `Cannot find a session tagged ${JSON.stringify(tag)}${everywhere ? "" : " in this project"}`,
    everywhere ? {} : { hint: "Look in all projects with --global" },
  );
}

/**
 * Id of the session or the run that is meant as a parent: exactly, or by what its id starts with.
 *
 * @throws {SessionNotFoundError} when there is neither such a session, nor such a run, nor a child
 * of one whose record is gone
 * @throws {AmbiguousSessionError} when several sessions start with the reference
 */
export function resolveParent(store: SessionStore, reference: string, scope: Scope): string {
  const run = store.getProcess(foldId(reference));
  if (run) return run.id;
  try {
    return byReference(store, reference, scope).sessionId;
  } catch (error) {
    if (!(error instanceof SessionNotFoundError)) throw error;
    if (store.listSessions({ parent: reference, limit: 1 }).length > 0) return reference;
    const found = reference.length < MIN_PREFIX ? undefined : store.findProcess(foldId(reference));
    if (found) return found.id;
    throw error;
  }
}

/** A session of the scope that goes by a text: its id, its name, or the beginning of its id. */
export function knownAs(
  store: SessionStore,
  text: string,
  scope: Scope,
): SessionRecord | undefined {
  const { project } = scope;
  return [
    byId(store, text),
    newest(store, scope, { name: text }),
    ...(text.length < MIN_PREFIX ? [] : startingWith(store, text, project)),
  ].find((session) => session && (project === undefined || session.project === project));
}

function byReference(store: SessionStore, reference: string, scope: Scope): SessionRecord {
  const exact = byId(store, reference) ?? newest(store, scope, { name: reference }) ??
    (scope.strict ? undefined : named(store, reference));
  if (exact !== undefined) return exact;
  if (reference.length < MIN_PREFIX) throw notFound(store, reference);
  let found = scope.project === undefined ? [] : startingWith(store, reference, scope.project);
  if (found.length === 0) found = startingWith(store, reference);
  const [first, second] = found;
  if (first === undefined) throw notFound(store, reference);
  if (second !== undefined) throw new AmbiguousSessionError(reference, found);
  return first;
}

function byId(store: SessionStore, text: string): SessionRecord | undefined {
  for (const id of new Set([text, foldId(text)])) {
    const found = store.getSession(id) ?? store.findByNativeId(id);
    if (found) return found;
  }
  return undefined;
}

function startingWith(
  store: SessionStore,
  text: string,
  project?: string | null,
): SessionRecord[] {
  const found = store.startingWith(text, project);
  const folded = foldId(text);
  return found.length > 0 || folded === text ? found : store.startingWith(folded, project);
}

/** The newest session with this name, of any project. */
function named(store: SessionStore, name: string): SessionRecord | undefined {
  return newest(store, { project: undefined }, { name });
}

function notFound(store: SessionStore, reference: string): SessionNotFoundError {
  return new SessionNotFoundError(
    reference,
    // Only a name that does not count here was not found before.
    named(store, reference)
      ? "A session of another project has this name: give its id, or --global."
      : didYouMean(reference, store.sessionNames(MOST_NAMES)),
  );
}

/** All digits are a process number first: a run's id may begin with any. */
function byProcess(store: SessionStore, reference: string): SessionRecord {
  const run =
    (/^\d{1,10}$/.test(reference) ? store.findProcessByPid(Number(reference)) : undefined) ??
      (reference.length < MIN_PREFIX ? undefined : store.findProcess(foldId(reference)));
  if (!run) {
    throw new NoSuchSessionError(
      `Cannot find a process ${JSON.stringify(reference)} that zag has started`,
      { hint: "Give a process number, or at least 4 characters of the id of a run" },
    );
  }
  const session = run.sessionId === null ? undefined : store.getSession(run.sessionId);
  if (!session) {
    throw new NoSuchSessionError(`Cannot find a session of process ${JSON.stringify(reference)}`);
  }
  return session;
}

function newest(
  store: SessionStore,
  scope: Scope,
  filter: Pick<SessionFilter, "name" | "tag" | "withoutTag">,
): SessionRecord | undefined {
  return store.listSessions({ project: scope.project, ...filter, limit: 1 })[0];
}

/** Whatever ended is older than whatever goes on; so many of the newest are looked at. */
const CANDIDATES = 100;

function active(store: SessionStore, { project }: Scope): SessionRecord | undefined {
  const filter = { project, withoutTag: SELECTOR_TAG, limit: CANDIDATES };
  const running = store.listSessions({ ...filter, unended: true });
  const candidates = running.length > 0 ? running : store.listSessions(filter);
  let found: SessionRecord | undefined;
  let latest = -Infinity;
  for (const session of candidates) {
    const time = session.logPath === null ? undefined : modifiedAt(session.logPath);
    if (time !== undefined && time > latest) {
      latest = time;
      found = session;
    }
  }
  return found ?? candidates[0];
}

function modifiedAt(path: string): number | undefined {
  try {
    return Deno.statSync(path).mtime?.getTime();
  } catch {
    // Moved away or never written: it cannot be the one that is being written to.
    return undefined;
  }
}
