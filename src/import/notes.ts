/** What is noted of the files of agents' CLIs, so that none is read or reported twice for nothing. */
import type { SessionRecord } from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";
import type { ImportBooks, SessionFile } from "./import_session.ts";

/** Notes that a session has all that its file holds. */
export function note(store: SessionStore, file: SessionFile, sessionId: string): void {
  store.noteImport({
    source: file.path,
    sessionId,
    size: file.size,
    modifiedAt: file.modifiedAt.toISOString(),
  });
}

/**
 * Notes why nothing in a file can be imported.
 *
 * @returns False when the same was noted of the same file before.
 */
export function noteRefusal(
  { store, dryRun }: ImportBooks,
  file: SessionFile,
  reason: string,
): boolean {
  // No session can have such an id.
  const refusal = `not imported: ${reason}`;
  if (noteOf(store, file)?.sessionId === refusal) return false;
  if (!dryRun) note(store, file, refusal);
  return true;
}

/** Whether a file is as it was when it was last imported. */
export function isNoted(store: SessionStore, file: SessionFile): SessionRecord | undefined {
  const known = noteOf(store, file);
  return known && store.getSession(known.sessionId);
}

function noteOf(store: SessionStore, { path, size, modifiedAt }: SessionFile) {
  const known = store.importedFile(path);
  return known?.size === size && known.modifiedAt === modifiedAt.toISOString() ? known : undefined;
}
