/** One zag at a time: for what must not be done twice to a run, nor while it is being closed. */
import { dirname } from "node:path";
import { ensurePrivateDir } from "../config/paths.ts";
import { delay } from "../delay.ts";

/** Whoever holds the lock may wait for processes to end, but not for longer than this. */
const LOCK_PATIENCE_MS = 10_000;
const LOCK_LOOK_MS = 20;

/** How the name of a lock ends; before that it is the run's directory. */
export const LOCK_ENDING = ".lock";

/**
 * Makes other zags that found the same run wait until this one is done with it. Where no lock can be
 * had, because the disk is full or read-only, all of them do the work.
 *
 * @param launchFiles the run's directory; the lock lies beside it
 */
export async function lockRun(launchFiles: string): Promise<Disposable> {
  const path = `${launchFiles}${LOCK_ENDING}`;
  const end = performance.now() + LOCK_PATIENCE_MS;
  do {
    let file: Deno.FsFile;
    try {
      ensurePrivateDir(dirname(path));
      file = Deno.openSync(path, { create: true, write: true, mode: 0o600 });
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      break;
    }
    const taken = await locked(file, end);
    if (taken && isStillAt(path, file)) return held(path, file);
    file.close();
    // Whoever had it has removed it: the lock is on a file that nobody else will find.
    if (!taken) break;
  } while (performance.now() < end);
  return { [Symbol.dispose]: () => {} };
}

/** Removes a lock that was left by a zag that was killed; one that is held stays. */
export function removeIdleLock(path: string): void {
  try {
    using file = Deno.openSync(path, { write: true });
    if (file.tryLockSync(true) && isStillAt(path, file)) Deno.removeSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // It is gone already, or there are no locks.
  }
}

function held(path: string, file: Deno.FsFile): Disposable {
  return {
    [Symbol.dispose]: () => {
      try {
        Deno.removeSync(path);
      } catch {
        // The directory is gone, or can be written to no more.
      }
      file.close();
    },
  };
}

async function locked(file: Deno.FsFile, end: number): Promise<boolean> {
  do {
    try {
      if (file.tryLockSync(true)) return true;
    } catch {
      // The file system has no locks.
      return false;
    }
    await delay(LOCK_LOOK_MS);
  } while (performance.now() < end);
  return false;
}

function isStillAt(path: string, file: Deno.FsFile): boolean {
  try {
    return Deno.statSync(path).ino === file.statSync().ino;
  } catch {
    return false;
  }
}
