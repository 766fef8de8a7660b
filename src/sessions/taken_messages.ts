/**
 * Messages that a session has taken and not answered yet. They lie among the files of its run, so that
 * whoever tidies up behind a zag that was killed can say which ones they were.
 *
 * @module
 */
import { join } from "node:path";
import type { LogKind } from "../events/log_event.ts";

/** So many characters of a message stand in a line that is about it. */
const EXCERPT = 500;
/** That many characters have at most so many bytes of UTF-8. */
const EXCERPT_BYTES = 4 * EXCERPT;

/**
 * The directory in which they lie; their names are in the order in which they were taken.
 *
 * @param launchFiles The private directory of the run.
 */
export function takenMessages(launchFiles: string): string {
  return join(launchFiles, "queue");
}

/**
 * Log entries for the messages that were not answered, in their order.
 *
 * @param launchFiles The private directory of the run.
 * @param why Why they never will be.
 */
export function unanswered(launchFiles: string, why: string): LogKind[] {
  const directory = takenMessages(launchFiles);
  let names: string[];
  try {
    names = [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // Nothing was taken.
    return [];
  }
  return names.map((name) => ({
    type: "user_event",
    level: "warn",
    message: `Not answered, because ${why}: ${beginning(join(directory, name))}`,
  }));
}

function beginning(path: string): string {
  try {
    using file = Deno.openSync(path);
    const bytes = new Uint8Array(EXCERPT_BYTES);
    let size = 0;
    while (size < bytes.length) {
      const count = file.readSync(bytes.subarray(size)) ?? 0;
      if (count === 0) break;
      size += count;
    }
    const text = new TextDecoder().decode(bytes.subarray(0, size), { stream: true });
    const isWhole = size < bytes.length && text.length <= EXCERPT;
    return isWhole ? text : `${text.slice(0, EXCERPT)}...`;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return "(a message that cannot be read)";
  }
}
