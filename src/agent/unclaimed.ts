/**
 * Runs in the background whose zag has ended before it took over: nobody knows more of them than what
 * that zag has said on its way out.
 *
 * @module
 */
import { join } from "node:path";
import { plainText } from "../events/render/plain_text.ts";
import { isFile } from "../is_file.ts";

/** The file in which a run in the background finds what it is to do; it removes it when it begins. */
export function requestPath(launchFiles: string): string {
  return join(launchFiles, "request.json");
}

/** Nobody has begun with a run in the background. */
export function isUnclaimed(launchFiles: string): boolean {
  return isFile(requestPath(launchFiles));
}

/** So much of what was said goes into the books, in UTF-16 units. */
const MOST = 1000;

/**
 * What a zag that has not begun has said: the beginning of its log, on one line; undefined when it was
 * silent.
 */
export function lastWords(spawnLog: string): string | undefined {
  try {
    const text = plainText(Deno.readTextFileSync(spawnLog)).replace(/\s+/g, " ").trim();
    return text === "" ? undefined : text.slice(0, MOST);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}
