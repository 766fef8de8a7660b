/** In whose logs a search looks. */
import type { Project } from "../config/project.ts";
import { foldId } from "../sessions/fold_id.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { Scope } from "../sessions/resolve.ts";
import type { SessionStore } from "../sessions/store.ts";

/** The records that are looked at. */
export interface SearchedRecords {
  readonly store: SessionStore;
  readonly project: Pick<Project, "key" | "workspace">;
  readonly scope: Scope;
}

/** Conditions that sessions have to satisfy. */
export interface SessionConditions {
  readonly provider?: string | undefined;
  readonly tag?: string | undefined;
  /** What its id, or the provider's, begins with. */
  readonly session?: string | undefined;
  /** A directory was named: the sessions of it and of those below it are meant. */
  readonly root?: string | undefined;
}

/** The sessions of the scope that satisfy the conditions, oldest first. */
export function sessionsToSearch(
  { store, project, scope }: SearchedRecords,
  { provider, tag, session: prefix, root }: SessionConditions,
): SessionRecord[] {
  const everything = scope.project === undefined;
  // Outside of a project, and below a root, it is the place that counts.
  const byPlace = !everything && (project.key === undefined || root !== undefined);
  const listed = store.listSessions({
    project: byPlace ? undefined : scope.project,
    provider,
    tag,
  });
  const below = project.workspace.replace(/[/\\]+$/, "");
  const inPlace = ({ workspacePath, project: key }: SessionRecord) =>
    workspacePath === project.workspace || workspacePath.startsWith(below + "/") ||
    workspacePath.startsWith(below + "\\") || (project.key !== undefined && key === project.key);
  return listed.filter((session) =>
    (!byPlace || inPlace(session)) && (prefix === undefined || startsWith(session, prefix))
  ).reverse();
}

function startsWith({ sessionId, providerSessionId }: SessionRecord, prefix: string): boolean {
  return [prefix, foldId(prefix)].some((start) =>
    sessionId.startsWith(start) || (providerSessionId?.startsWith(start) ?? false)
  );
}
