/** Reads files of others, and waits for those who write them. */
import { delay } from "../delay.ts";

/** A lock that nobody renews for so long belongs to nobody. */
const STALE_LOCK_MS = 10_000;
/** So many looks at a lock take at least three seconds; time in which this process stands still is none. */
const MOST_LOOKS = 1500;
const LOCK_LOOK_MS = 2;

/** The bytes of a file; undefined where there is none. */
export async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Whether two files hold the same; neither need be there. */
export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/**
 * Does work while holding the lock that a CLI respects that makes the directory `FILE.lock` before it
 * writes. Where the lock cannot be had in time the work is done all the same.
 */
export async function withDirectoryLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  let held = false;
  for (let looks = 0; !held && looks < MOST_LOOKS; looks++) {
    try {
      await Deno.mkdir(lock);
      held = true;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) break;
      const age = Date.now() - ((await Deno.stat(lock).catch(() => undefined))?.mtime?.getTime() ??
        Date.now());
      if (age > STALE_LOCK_MS) await Deno.remove(lock).catch(() => {});
      else await delay(LOCK_LOOK_MS);
    }
  }
  try {
    return await work();
  } finally {
    if (held) await Deno.remove(lock).catch(() => {});
  }
}
