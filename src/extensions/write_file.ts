/** Writes files of zag and of others whole or not at all. */
import { dirname, resolve } from "node:path";
import { delay } from "../delay.ts";

/** Links that lead to links; a ring of them ends here. */
const MOST_LINKS = 16;
/** A lock that nobody renews for so long belongs to nobody. */
const STALE_LOCK_MS = 10_000;
const LOCK_PATIENCE_MS = 3000;
const LOCK_LOOK_MS = 2;

/** The file that a path means, through symbolic links; it need not be there. */
export async function throughLinks(path: string): Promise<string> {
  let at = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const target = await Deno.readLink(at).catch(() => undefined);
    if (target === undefined) return at;
    at = resolve(dirname(at), target);
  }
  throw new Error("its symbolic links form a ring");
}

/** The bytes of a file; undefined where there is none. */
export async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Replaces a file at once: it holds the old text or the new one, never a part. Its mode and its
 * owner stay; a new file can be read by its owner only.
 *
 * @param isAsRead is asked last of all; where it says no, nothing is replaced
 * @returns whether the file was replaced
 */
export async function replaceFile(
  path: string,
  text: string,
  isAsRead: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<boolean> {
  const info = await Deno.stat(path).catch(() => undefined);
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  const mode = (info?.mode ?? 0o600) & 0o7777;
  try {
    {
      using file = await Deno.open(temporary, { write: true, createNew: true, mode: 0o600 });
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      await file.sync();
    }
    if (info && Deno.build.os !== "windows") {
      const made = await Deno.stat(temporary);
      if (made.uid !== info.uid || made.gid !== info.gid) {
        await Deno.chown(temporary, info.uid, info.gid).catch(() => {});
      }
      await Deno.chmod(temporary, mode);
    }
    if (!await isAsRead()) return false;
    if (info) await Deno.rename(temporary, path);
    else await createAt(temporary, path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  } finally {
    await Deno.remove(temporary).catch(() => {});
  }
}

/** Gives a file its name, unless another one has got it meanwhile. */
async function createAt(temporary: string, path: string): Promise<void> {
  try {
    await Deno.link(temporary, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    // The file system has no hard links.
    await Deno.rename(temporary, path);
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
  const end = performance.now() + LOCK_PATIENCE_MS;
  let held = false;
  while (!held && performance.now() < end) {
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
