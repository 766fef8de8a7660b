/** A log that only says that its session is gone, where something else would bring the session back. */
import { LogAppender } from "./log.ts";

/** Whose log it is. */
export interface Deceased {
  readonly sessionId: string;
  readonly provider: string;
  readonly nativeId: string | undefined;
}

/**
 * Puts one `session_deleted` line in the place of a log. A reader sees the whole log or that line.
 *
 * @returns Its length in bytes.
 * @throws {LogWriteError} when it cannot be written; the log is as it was then
 */
export function replaceByTombstone(path: string, session: Deceased): number {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    const log = LogAppender.create({ path: temporary, ...session });
    log.append([{ type: "session_deleted" }]);
    log.close();
    if (log.failure) throw log.failure;
    const { size } = Deno.statSync(temporary);
    Deno.renameSync(temporary, path);
    return size;
  } catch (error) {
    try {
      Deno.removeSync(temporary);
    } catch {
      // It was never made.
    }
    throw error;
  }
}
