/** Opens the index of sessions for a launch, which can do without it if it has to. */
import { ensurePrivateDir, zagPaths } from "../config/paths.ts";
import type { EnvReader } from "../host.ts";
import { SessionStore } from "../sessions/store.ts";
import { StoreCorruptError, StoreTooNewError } from "../sessions/store_errors.ts";

/** The store, or nothing where it cannot be used. */
export interface StoreAccess extends Disposable {
  readonly open: SessionStore | undefined;
}

/**
 * Opens the store. A full disk or a damaged file is a warning: the answer matters more than the
 * index, which the logs can rebuild.
 *
 * @throws {StoreTooNewError} when a newer zag wrote it.
 */
export function openStore(env: EnvReader, warn: (message: string) => void): StoreAccess {
  const paths = zagPaths(env);
  try {
    ensurePrivateDir(paths.home);
    const store = SessionStore.open(paths.database);
    return { open: store, [Symbol.dispose]: () => store.close() };
  } catch (error) {
    if (error instanceof StoreTooNewError || error instanceof Deno.errors.NotCapable) throw error;
    const hint = error instanceof StoreCorruptError ? `; ${error.hint}` : "";
    warn(
      `this session is not in the index: ${error instanceof Error ? error.message : error}${hint}`,
    );
    return { open: undefined, [Symbol.dispose]: () => {} };
  }
}
