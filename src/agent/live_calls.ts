/** The calls of this program that are under way, for whoever wants to end them all. */

const calls = new Set<LiveCall>();

/** One of them, until it is disposed. */
export class LiveCall implements Disposable {
  readonly #stop = new AbortController();
  readonly #over = Promise.withResolvers<void>();
  /** Aborts when the caller wants it, and when all are ended. */
  readonly signal: AbortSignal;
  /** Process number of the agent; undefined while there is none. */
  agent: number | undefined;

  /**
   * @param signal The caller's.
   */
  constructor(signal: AbortSignal | undefined) {
    const own = this.#stop.signal;
    this.signal = signal ? AbortSignal.any([signal, own]) : own;
    calls.add(this);
  }

  /** Ends the call; resolves when its agent is gone and its books are closed. */
  async end(reason: unknown): Promise<void> {
    this.#stop.abort(reason);
    await this.#over.promise;
  }

  /** The call has come to its end. */
  [Symbol.dispose](): void {
    calls.delete(this);
    this.#over.resolve();
  }
}

/** Those that are under way now. */
export function liveCalls(): readonly LiveCall[] {
  return [...calls];
}
