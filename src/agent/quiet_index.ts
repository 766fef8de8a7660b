/** Changes of the index by programs for which a change that fails is no failure of their own. */
import { ensurePrivateDir, type ZagPaths } from "../config/paths.ts";
import { SessionStore } from "../sessions/store.ts";

/**
 * Changes the index.
 *
 * @returns What the change returns; undefined when it could not be made.
 * @throws {Deno.errors.NotCapable} when the index may not be touched
 */
export function changeIndex<T>(
  paths: Pick<ZagPaths, "home" | "database">,
  change: (store: SessionStore) => T,
): T | undefined {
  try {
    ensurePrivateDir(paths.home);
    using store = SessionStore.open(paths.database);
    return change(store);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}
