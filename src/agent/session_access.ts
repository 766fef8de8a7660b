/** Opens the index of sessions for whoever needs it, in a state that can be relied on. */
import { zagPaths } from "../config/paths.ts";
import type { EnvReader } from "../host.ts";
import { type IndexObserver, openIndex, openIndexToRead } from "../sessions/recovery/open_index.ts";
import type { SessionStore } from "../sessions/store.ts";
import { StoreError, StoreTooNewError } from "../sessions/store_errors.ts";
import { endStrays } from "./strays.ts";

/** Who is told what happened on the way. */
export type AccessObserver = IndexObserver;

/** How the store is opened. */
export interface AccessOptions {
  /**
   * What a killed zag left behind is left alone: for whoever wants to see it, and for whoever may be a
   * part of it. @default false
   */
  readonly keepStrays?: boolean | undefined;
}

/** The store, or nothing where it cannot be used. */
export interface StoreAccess extends Disposable {
  readonly open: SessionStore | undefined;
}

/**
 * Opens the store for a command that reads or changes it; what a killed zag left behind is ended
 * first. A store that was lost or damaged is made again.
 *
 * @throws {StoreError} when it cannot even be read
 */
export async function openSessionStore(
  env: EnvReader,
  observer: AccessObserver,
  { keepStrays = false }: AccessOptions = {},
): Promise<SessionStore> {
  const paths = zagPaths(env);
  const store = await openIndexToRead(paths, observer);
  try {
    if (!keepStrays) await endStrays(store, paths, (message) => observer.debug?.(message), env);
    return store;
  } catch (error) {
    store.close();
    throw error;
  }
}

/**
 * Opens the store for a launch, in the same way. A full disk is a warning then: the answer matters more
 * than the index, which the logs can rebuild.
 *
 * @throws {StoreTooNewError} when a newer zag wrote it
 */
export async function openStore(env: EnvReader, observer: AccessObserver): Promise<StoreAccess> {
  const paths = zagPaths(env);
  let store: SessionStore | undefined;
  try {
    store = await openIndex(paths, observer);
    await endStrays(store, paths, (message) => observer.debug?.(message), env);
    const open = store;
    return { open, [Symbol.dispose]: () => open.close() };
  } catch (error) {
    store?.close();
    if (error instanceof StoreTooNewError || error instanceof Deno.errors.NotCapable) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const hint = error instanceof StoreError && error.hint !== undefined ? `; ${error.hint}` : "";
    observer.warning?.(`this session is not in the index: ${reason}${hint}`);
    return { open: undefined, [Symbol.dispose]: () => {} };
  }
}
