/** Opens the index of sessions for whoever needs it, in a state that can be relied on. */
import { ensurePrivateDir, zagPaths } from "../config/paths.ts";
import type { EnvReader } from "../host.ts";
import { SessionStore } from "../sessions/store.ts";
import { endStrays } from "./strays.ts";

/** Who is told what happened on the way. */
export interface AccessObserver {
  warning?(message: string): void;
  debug?(message: string): void;
}

/**
 * Opens the store; what a killed zag left behind is ended first.
 *
 * @throws {StoreError} when it cannot be used
 */
export async function openSessionStore(
  env: EnvReader,
  observer: AccessObserver,
): Promise<SessionStore> {
  const paths = zagPaths(env);
  ensurePrivateDir(paths.home);
  const store = SessionStore.open(paths.database);
  try {
    await endStrays(store, paths, (message) => observer.debug?.(message));
    return store;
  } catch (error) {
    store.close();
    throw error;
  }
}
