/**
 * The end of the work in a worktree. One that is as it was made goes before others hear of the end of
 * its session: whoever waits for that finds it gone, or there to stay.
 */
import type { ZagPaths } from "../config/paths.ts";
import { delay } from "../delay.ts";
import type { EnvReader } from "../host.ts";
import { lives } from "../sessions/session_status.ts";
import type { SessionStore } from "../sessions/store.ts";
import { ticketsIn } from "../sessions/waiting.ts";
import {
  finishOf,
  Git,
  inspectWorktree,
  readRecord,
  removeWorktree,
  type WorktreeRecord,
  type WorktreeState,
} from "../workspace/mod.ts";
import { Interrupt } from "./interrupt.ts";

/** What has become of a worktree. */
export type LeftWorktree =
  | { readonly became: "removed" }
  /** Somebody else has removed it. */
  | { readonly became: "gone" }
  | {
    readonly became: "kept";
    /** What it holds. */
    readonly state: WorktreeState;
  }
  | {
    /** It stays, whatever it holds. */
    readonly became: "needed";
    /** What for, in words. */
    readonly why: string;
  };

/** Git can hang, and the end of the session has to be told all the same. */
const PATIENCE_MS = 30_000;
/** The same where somebody wants the session to end, and waits for that. */
const HURRY_MS = 2000;

/**
 * Removes a worktree if it is as it was made.
 *
 * @param neededFor What it has to stay for, in words; undefined when it has not. Is asked last of all.
 * @throws {WorktreeError} when it is to go and cannot be removed
 */
export async function leaveWorktree(
  record: WorktreeRecord,
  { env, neededFor = () => undefined }: {
    readonly env: EnvReader;
    neededFor?(): string | undefined;
  },
): Promise<LeftWorktree> {
  const why = neededFor();
  if (why !== undefined) return { became: "needed", why };
  // It was removed by hand, and another session has got one of the same name.
  if ((readRecord(record.path) ?? record).createdAt !== record.createdAt) return { became: "gone" };
  const git = await Git.find(env, "/");
  const state = await inspectWorktree(git, record);
  const finish = finishOf(state, false);
  if (finish === "keep") return { became: "kept", state };
  const unless = () => neededFor() !== undefined;
  const { removed } = await removeWorktree(record, { git, unless });
  if (removed) return { became: finish === "gone" ? "gone" : "removed" };
  const since = neededFor();
  if (since !== undefined) return { became: "needed", why: since };
  return { became: "kept", state: await inspectWorktree(git, record) };
}

/** Whose work in a worktree ends. */
export interface Leaver {
  readonly sessionId: string;
  /** Its run. */
  readonly processId: string;
  readonly paths: Pick<ZagPaths, "queue">;
  readonly env: EnvReader;
}

/** The end of a session's work in its worktree, which comes once. */
export class WorktreeEnd {
  readonly #record: WorktreeRecord;
  readonly #leaver: Leaver;
  #left: Promise<LeftWorktree> | undefined;

  /** Nothing is done before it is asked for. */
  constructor(record: WorktreeRecord, leaver: Leaver) {
    this.#record = record;
    this.#leaver = leaver;
  }

  /** Somebody has asked what becomes of the worktree. */
  get begun(): boolean {
    return this.#left !== undefined;
  }

  /**
   * Removes the worktree if it is as it was made and nobody needs it. Only the first call does anything.
   *
   * @param store Tells who works in it; undefined where nobody can tell.
   * @throws {WorktreeError} when it is to go and cannot be removed
   */
  settle(store: SessionStore | undefined): Promise<LeftWorktree> {
    this.#left ??= leaveWorktree(this.#record, {
      env: this.#leaver.env,
      neededFor: () => neededFor(this.#record, this.#leaver, store),
    });
    return this.#left;
  }

  /**
   * Settles the worktree before the end of its session is told. That does not wait for a git that
   * hangs.
   *
   * @param signal Somebody wants the session to end.
   * @returns Disposing it waits until the worktree is settled; `store` has to be open so long. Never
   * rejects, nor does disposing.
   */
  async settleFirst(
    store: SessionStore | undefined,
    signal: AbortSignal | undefined,
  ): Promise<AsyncDisposable> {
    // Whoever tells of it asks for it once more.
    const settled = this.settle(store).then(() => {}, () => {});
    const over = new AbortController();
    try {
      await Promise.race([
        settled,
        delay(PATIENCE_MS, over.signal),
        inHurry(signal, over.signal),
      ]);
    } finally {
      over.abort();
    }
    return { [Symbol.asyncDispose]: () => settled };
  }
}

/** Resolves when whoever wants the session to end has waited long enough; not before it is over, else. */
async function inHurry(signal: AbortSignal | undefined, over: AbortSignal): Promise<void> {
  if (!signal) return await aborted(over);
  await Promise.race([aborted(signal), aborted(over)]);
  const { reason } = signal;
  const urgent = reason instanceof Interrupt ? reason.urgent : undefined;
  await delay(HURRY_MS, urgent ? AbortSignal.any([over, urgent]) : over);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
}

/** Somebody works in the worktree, or is about to. */
function neededFor(
  { path }: WorktreeRecord,
  { sessionId, processId, paths }: Leaver,
  store: SessionStore | undefined,
): string | undefined {
  const other = store && otherAtWork(store, processId, path);
  if (other !== undefined) return `session ${other} is at work in it`;
  const [first, ...rest] = ticketsIn(paths.queue(sessionId));
  // The first one may be that of the turn that ends here.
  const waits = first !== undefined && (first.pid !== Deno.pid || rest.length > 0);
  return waits ? "a message waits for its session" : undefined;
}

/** Id of the session of another run whose agent works in the worktree. */
function otherAtWork(store: SessionStore, processId: string, path: string): string | undefined {
  try {
    return store.runningProcesses().find((run) =>
      run.id !== processId && run.sessionId !== null &&
      `${run.root}/`.startsWith(`${path}/`) && lives(run)
    )?.sessionId ?? undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}
