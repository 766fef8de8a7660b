/** Removes the files of runs whose zag was killed between closing their books and tidying up. */
import { join } from "node:path";
import type { ZagPaths } from "../config/paths.ts";
import { isAlive } from "../processes/process_table.ts";
import type { SessionStore } from "../sessions/store.ts";
import { LOCK_ENDING, removeIdleLock } from "./run_lock.ts";

/**
 * Looks at every directory of a run: prompts and configurations in it are nobody else's business. What
 * has no record is left to `zag gc`, since whoever made it may be about to record it.
 */
export function sweepLaunches(store: SessionStore, { launches }: Pick<ZagPaths, "launches">): void {
  for (const name of namesIn(launches)) {
    const path = join(launches, name);
    if (name.endsWith(LOCK_ENDING)) removeIdleLock(path);
    else if (isLeft(store, name)) remove(path);
  }
}

/** Whether a run is over, and so is the zag that was to tidy up behind it. */
function isLeft(store: SessionStore, id: string): boolean {
  const run = store.getProcess(id);
  if (run === undefined || run.status === "running") return false;
  const { ownerPid: pid, ownerStart: startTime } = run;
  return pid !== null && startTime !== null && !isAlive({ pid, startTime });
}

function remove(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // Another zag was quicker, or nothing can be removed there.
  }
}

function namesIn(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return [];
  }
}
