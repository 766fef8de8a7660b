/** What is recorded, as a program sees it that uses the library. */
import { type Check, FLAG, parts, TEXT } from "../agent/argument_check.ts";
import { type ZagPaths, zagPaths } from "../config/paths.ts";
import { type Project, resolveProject } from "../config/project.ts";
import { type Host, realHost } from "../host.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { Scope } from "../sessions/resolve.ts";
import type { SessionStore } from "../sessions/store.ts";

/** Of which project the sessions are that are looked at. */
export interface SessionScope {
  /** Directory that selects the project. Default: the current directory. */
  readonly root?: string | undefined;
  /** All projects; names and tags mean sessions of any then. Default: false. */
  readonly global?: boolean | undefined;
}

/** Of what type each part of a {@linkcode SessionScope} is. */
export const SCOPE_PARTS = { root: TEXT, global: FLAG };

/** A {@linkcode SessionScope}. */
export const SCOPE: Check = parts<SessionScope>(SCOPE_PARTS);

/** The records, open. */
export interface Records extends Disposable {
  readonly host: Host;
  readonly store: SessionStore;
  readonly paths: ZagPaths;
  readonly project: Project;
  readonly scope: Scope;
}

/**
 * Opens the records. What a killed zag left behind is ended first, so that what is read is true.
 *
 * @param keepStrays What was left behind stays.
 * @throws {StoreError} when the index cannot be used
 */
export async function openRecords(
  { root, global = false }: SessionScope,
  keepStrays = false,
): Promise<Records> {
  const host = realHost();
  const { openSessionStore } = await import("../agent/session_access.ts");
  const project = await resolveProject({ root, cwd: host.cwd });
  const store = await openSessionStore(host.env, {}, { keepStrays });
  return {
    host,
    store,
    paths: zagPaths(host.env),
    project,
    scope: { project: global ? undefined : project.key ?? null },
    [Symbol.dispose]: () => store.close(),
  };
}

/**
 * Sessions by what they go by, in the given order, each once.
 *
 * @param strict A name means a session of the scope or none.
 * @throws {SessionNotFoundError} when there is none
 * @throws {AmbiguousSessionError} when several ids start with a reference
 */
export async function findSessions(
  { store, scope }: Records,
  references: readonly string[],
  strict = false,
): Promise<SessionRecord[]> {
  const { resolveSessions } = await import("../sessions/resolve.ts");
  return resolveSessions(store, references, [], { ...scope, strict });
}
