/** Launches that work in the same worktree or sandbox, one after the other. */
import type { SessionStore } from "../sessions/store.ts";
import type { Isolation } from "./isolate.ts";
import type { LaunchRequest } from "./launch_request.ts";
import { StillWaiting } from "./still_waiting.ts";

/**
 * Has all launches of a session work in the same place, which is left when the last one is over. A
 * session that waits on without this process keeps its place.
 *
 * @param work Makes the launches, each with what this gives it.
 */
export async function inOnePlace<T>(
  request: LaunchRequest,
  work: (request: LaunchRequest) => Promise<T>,
): Promise<T> {
  let place: Isolation | undefined;
  const endIsolation = (isolation: Isolation) => {
    place = isolation;
    return Promise.resolve();
  };
  const settlePlace = async (store: SessionStore) =>
    place?.kind === "worktree"
      ? await place.end.settleFirst(store, request.signal)
      // Those were launches of whoever called.
      : await request.settlePlace?.(store);
  try {
    return await work({ ...request, endIsolation, settlePlace });
  } catch (error) {
    if (error instanceof StillWaiting) place = undefined;
    throw error;
  } finally {
    if (place) await (await import("./isolate.ts")).endIsolation(place, request);
  }
}
