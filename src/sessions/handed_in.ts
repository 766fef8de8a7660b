/**
 * What a run has handed in through `ps kill`.
 *
 * @module
 */
import { lastSegment } from "./log_reader.ts";

/**
 * The result that was handed in during the newest run of a session; undefined when there is none, and
 * when the log cannot be read.
 *
 * @param logPath Absolute path of the session's log; there is no result without one.
 * @param startedAt When the run began that is meant, as its row says: a newest run that began earlier
 * is another one. Absent: the newest run is meant, whenever it began.
 * @throws {Deno.errors.NotCapable} When the log may not be read.
 */
export async function handedIn(
  logPath: string | null | undefined,
  startedAt?: string,
): Promise<string | undefined> {
  if (logPath === null || logPath === undefined) return undefined;
  try {
    const { started, result } = await lastSegment(logPath);
    if (startedAt === undefined) return result;
    const began = started === undefined ? NaN : Date.parse(started.ts);
    return began >= Date.parse(startedAt) ? result : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}
