/** Lets one process at a time import sessions. */
import { ensurePrivateDir, type ZagPaths } from "../config/paths.ts";
import { delay } from "../delay.ts";
import { giveBack } from "../sessions/exclusive.ts";

/** On a file system without locks every process has its way. */
async function tryLock(file: Deno.FsFile): Promise<boolean> {
  try {
    return await file.tryLock(true);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return true;
  }
}

const LOCK_POLL_MS = 100;

/**
 * Waits until no other process imports; a process that is killed gives its lock back.
 *
 * @param waiting Is called once, when another process is at it.
 * @param signal Ends the waiting; what it was aborted with is thrown.
 */
export async function lockImports(
  { home, importLock }: Pick<ZagPaths, "home" | "importLock">,
  waiting: () => void,
  signal: AbortSignal | undefined,
): Promise<Disposable> {
  ensurePrivateDir(home);
  const file = await Deno.open(importLock, { create: true, write: true, mode: 0o600 });
  let told = false;
  try {
    while (!await tryLock(file)) {
      if (!told) waiting();
      told = true;
      await delay(LOCK_POLL_MS, signal);
      signal?.throwIfAborted();
    }
  } catch (error) {
    file.close();
    throw error;
  }
  return {
    [Symbol.dispose]: () => {
      giveBack(file);
      file.close();
    },
  };
}
