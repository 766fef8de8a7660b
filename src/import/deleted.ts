/** Sessions that were deleted: only their logs know, and an import must not bring them back. */
import { basename } from "node:path";
import type { ZagPaths } from "../config/paths.ts";
import { logFiles } from "../sessions/recovery/log_files.ts";
import { readLogRecord } from "../sessions/recovery/log_record.ts";
import type { SessionStore } from "../sessions/store.ts";

/** The deleted sessions, looked up when somebody asks for the first time. */
export class DeletedSessions {
  readonly #store: SessionStore;
  readonly #paths: ZagPaths;
  #ids: Set<string> | undefined;

  constructor(store: SessionStore, paths: ZagPaths) {
    this.#store = store;
    this.#paths = paths;
  }

  /** Whether a session was deleted that zag or the provider calls so. */
  has(provider: string, id: string): boolean {
    return (this.#ids ??= this.#find()).has(`${provider} ${id}`);
  }

  #find(): Set<string> {
    const ids = new Set<string>();
    for (const { path } of logFiles(this.#paths)) {
      // A session with a row was not deleted; most have one, and need no look at their log.
      const name = basename(path).replace(/(\.zag)?\.jsonl$/, "");
      if (this.#store.getSession(name)) continue;
      const record = recordOf(path);
      if (!record?.deleted) continue;
      ids.add(`${record.provider} ${record.sessionId}`);
      const nativeId = record.fields.providerSessionId;
      if (nativeId) ids.add(`${record.provider} ${nativeId}`);
    }
    return ids;
  }
}

function recordOf(path: string) {
  try {
    return readLogRecord(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}
