/** Waits for somebody who asks this zag to end its agent. */
import { delay } from "../delay.ts";
import { isAlive } from "../processes/process_table.ts";
import { type EndRequest, endRequestPath, readEndRequest } from "../sessions/end_request.ts";
import { FileWatch } from "../sessions/follow/file_watch.ts";
import { EndRequested } from "./interrupt.ts";

/** Whoever asks has printed something at most, and is about to end. */
const ASKER_PATIENCE_MS = 2000;
const ASKER_LOOK_MS = 10;
/** The agent notes what its tool has printed before it is ended. */
const NOTE_MS = 200;

/**
 * Watches the directory of a run.
 *
 * @param read Looks once; another one is for tests.
 * @returns A signal that aborts with {@linkcode EndRequested} when the agent shall be ended.
 */
export function watchForEnd(
  launchFiles: string,
  read: typeof readEndRequest = readEndRequest,
): Disposable & { readonly signal: AbortSignal } {
  const asked = new AbortController();
  const over = new AbortController();
  watch(launchFiles, read, over.signal).then((request) => {
    if (request && !over.signal.aborted) asked.abort(new EndRequested(request));
  }).catch(() => {
    // Where this may not look nobody is heard; the agent is worth more than that.
  });
  return { signal: asked.signal, [Symbol.dispose]: () => over.abort() };
}

async function watch(
  launchFiles: string,
  read: typeof readEndRequest,
  over: AbortSignal,
): Promise<EndRequest | undefined> {
  using file = new FileWatch(endRequestPath(launchFiles));
  while (!over.aborted) {
    const request = read(launchFiles);
    if (request && (request.action === "kill" || request.byOwner)) {
      await untilGone(request, over);
      return request;
    }
    await file.changed(over);
  }
}

/** An agent's tool call that runs `ps kill self` must see its output before the agent is ended. */
async function untilGone({ by }: EndRequest, over: AbortSignal): Promise<void> {
  if (by === undefined) return;
  const end = performance.now() + ASKER_PATIENCE_MS;
  while (!over.aborted && performance.now() < end && isAlive(by)) await delay(ASKER_LOOK_MS);
  await delay(NOTE_MS, over);
}
