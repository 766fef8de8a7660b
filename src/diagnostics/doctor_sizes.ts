/** How much there is in a directory. */
import { join } from "node:path";

/** More files than this are not counted: nobody waits for that. */
const MOST_FILES = 50_000;

/** The entries of a directory; none where there is no such directory. */
export function entriesOf(path: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(path)];
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return [];
  }
}

/** Bytes of all files below a directory; symbolic links are not followed. */
export function bytesUnder(path: string): { bytes: number; isWhole: boolean } {
  let bytes = 0;
  let files = 0;
  const waiting = [path];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const { name, isDirectory } of entriesOf(at)) {
      const each = join(at, name);
      if (isDirectory) waiting.push(each);
      else {
        if (++files > MOST_FILES) return { bytes, isWhole: false };
        bytes += sizeOf(each);
      }
    }
  }
  return { bytes, isWhole: true };
}

/** For example `1.5 MB`; of what was not counted to its end `more than 1.5 MB`. */
export function bytesText(bytes: number, isWhole = true): string {
  const names = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < names.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${isWhole ? "" : "more than "}${value.toFixed(digits)} ${names[unit]}`;
}

function sizeOf(path: string): number {
  try {
    return Deno.lstatSync(path).size;
  } catch {
    // It has gone meanwhile.
    return 0;
  }
}
