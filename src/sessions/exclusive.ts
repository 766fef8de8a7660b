/** Lets one process at a time do what must not be done twice. */
import { delay } from "../delay.ts";

/** After so long a person wants to know what is waited for. */
const PATIENCE_MS = 1000;

/**
 * Runs the work while this process holds the lock of a file, which is made when it is missing and
 * stays. On a file system without locks the work is done all the same.
 *
 * @param waiting is called once, when the lock has not come within a second
 * @throws whatever the work throws, and what opening the file throws
 */
export async function exclusively<T>(
  path: string,
  waiting: () => void,
  work: () => Promise<T>,
): Promise<T> {
  using file = await Deno.open(path, { write: true, create: true, mode: 0o600 });
  // Only who finds it taken waits: this process may stand still for longer than a second by itself.
  if (!isLocked(file)) await wait(file, waiting);
  try {
    return await work();
  } finally {
    giveBack(file);
  }
}

async function wait(file: Deno.FsFile, waiting: () => void): Promise<void> {
  const timer = setTimeout(waiting, PATIENCE_MS);
  try {
    await file.lock(true);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** How often a lock is looked at that may be waited for no longer, in milliseconds. */
const LOOK_MS = 50;

/** For how long a lock is waited for. */
export interface LockPatience {
  /** Ends the wait at once. */
  readonly signal?: AbortSignal | undefined;
  /** Called once, when the lock has not come within a second. */
  waiting(): void;
  /** Whether to wait any longer; asked many times in a second. */
  goesOn(): boolean;
}

/**
 * The same as {@linkcode exclusively} for what need not be done: whoever has the lock may have been
 * stopped, and a wait for it cannot be called off, so it is looked at again and again.
 *
 * @returns False when the lock did not come; the work was not done then.
 * @throws whatever the work throws, and what opening the file throws
 */
export async function exclusivelyInTime(
  path: string,
  { signal, waiting, goesOn }: LockPatience,
  work: () => Promise<void>,
): Promise<boolean> {
  using file = await Deno.open(path, { write: true, create: true, mode: 0o600 });
  const timer = setTimeout(waiting, PATIENCE_MS);
  try {
    while (!isLocked(file)) {
      if (signal?.aborted || !goesOn()) return false;
      await delay(LOOK_MS, signal);
    }
  } finally {
    clearTimeout(timer);
  }
  try {
    await work();
  } finally {
    giveBack(file);
  }
  return true;
}

/** True as well where there are no locks. */
function isLocked(file: Deno.FsFile): boolean {
  try {
    return file.tryLockSync(true);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return true;
  }
}

/**
 * Gives the lock of a file back. Closing it is not enough: a program that is just being started has
 * the same file open for a moment.
 */
export function giveBack(file: Deno.FsFile): void {
  try {
    file.unlockSync();
  } catch {
    // The file system has no locks.
  }
}
