/** Keeps the search index up to date while an agent works. Importing this loads nothing else. */

/** Where the sessions' logs are; the session store is one. */
export interface LogSource {
  /** The paths of at most `limit` logs whose session's id is greater, in the order of the ids. */
  logPaths(after: string, limit: number): readonly { sessionId: string; logPath: string }[];
}

/** Settings of {@linkcode startBackgroundIndexing}. */
export interface BackgroundOptions {
  /** The database of the index. */
  readonly index: string;
  /** Must stay usable until the work is stopped. */
  readonly source: LogSource;
  /** How long to wait before anything is done, in milliseconds. @default 1000 */
  readonly delayMs?: number | undefined;
}

/** Work that goes on until it is done or stopped. */
export interface BackgroundIndexing extends Disposable {
  /** Ends it at once. Calling it twice is allowed. */
  stop(): void;
  /** Settles when nothing more will be done; never rejects. For tests: nobody has to wait for it. */
  readonly ended: Promise<void>;
}

/** Longest time without giving others a turn, in milliseconds. */
const SLICE_MS = 4;

/** Pause after each slice, in milliseconds: about a quarter of one core is used. */
const REST_MS = 16;

const PAGE = 200;

/**
 * The work of this process, by index; true when nothing was left to do. Side by side, the slices of
 * many would leave no time for anything else.
 */
const atWork = new Map<string, Promise<boolean>>();

/**
 * Starts to index what is new in all logs, in short slices with pauses. It keeps no process alive,
 * never throws, and leaves the work to whoever is at it already: another process, or another work of
 * this one, after which it goes on if that was stopped too early.
 */
export function startBackgroundIndexing(options: BackgroundOptions): BackgroundIndexing {
  const stopped = Promise.withResolvers<false>();
  let running = true;
  const wait = (ms: number): Promise<boolean> => {
    if (!running) return stopped.promise;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(running), ms);
    Deno.unrefTimer(timer);
    return Promise.race([promise, stopped.promise]).finally(() => clearTimeout(timer));
  };
  const work = async () => {
    if (!await wait(options.delayMs ?? 1000)) return;
    const { indexLogs, WORTH_INDEXING } = await import("./indexer.ts");
    for (let other; (other = atWork.get(options.index)) !== undefined;) {
      if (await Promise.race([other, stopped.promise])) return;
      if (!running) return;
    }
    if (!running) return;
    const indexing = indexLogs({
      index: options.index,
      logs: pagesOf(options.source),
      pace: { sliceMs: SLICE_MS, rest: () => wait(REST_MS) },
      worthBytes: WORTH_INDEXING,
      defersSync: true,
    });
    const done = indexing.then(({ state }) => state === "done", () => false)
      .finally(() => atWork.delete(options.index));
    atWork.set(options.index, done);
    await done;
  };
  const stop = () => {
    running = false;
    stopped.resolve(false);
  };
  // Without an index, searching takes longer, and that is all.
  const ended = work().catch(() => {});
  return { stop, ended, [Symbol.dispose]: stop };
}

function* pagesOf(source: LogSource): Generator<string[]> {
  for (let after = "";;) {
    const page = source.logPaths(after, PAGE);
    if (page.length === 0) return;
    yield page.map(({ logPath }) => logPath);
    after = page.at(-1)!.sessionId;
  }
}
