/** How far a call has come, for whoever shows that to a person. */

/** Hears of the progress of a call. Each member is optional, and none of them should throw. */
export interface ProgressHandler {
  /** Something is going on. */
  onStatus?(message: string): void;
  /** Something has come to a good end. */
  onSuccess?(message: string): void;
  /** Something is not as it should be, and the call goes on. */
  onWarning?(message: string): void;
  /** The call has failed; it rejects with the same error. */
  onError?(message: string): void;
  /** Something has begun that takes its time. */
  onSpinnerStart?(message: string): void;
  /** That is over, however it ended. */
  onSpinnerFinish?(): void;
  /** What was decided, and why; only with `debug`. */
  onDebug?(message: string): void;
}

/** The handler that does nothing. */
export class SilentProgress implements ProgressHandler {}

/** What of a call is told. */
export interface ProgressChoices {
  readonly onProgress?: ProgressHandler | undefined;
  readonly verbose?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly debug?: boolean | undefined;
}

/**
 * Runs what somebody else has written.
 *
 * @param failed Hears what it throws, and what a promise that it returns is rejected with.
 */
export function attempt(action: () => unknown, failed: (error: unknown) => void): void {
  try {
    const returned = action();
    const isThenable = typeof returned === "object" && returned !== null && "then" in returned;
    if (isThenable) Promise.resolve(returned).catch(failed);
  } catch (error) {
    failed(error);
  }
}

/**
 * Tells a handler what it is to hear. A handler that throws changes nothing: what it threw is a warning,
 * and where the warning throws, too, it is lost.
 */
export class Progress {
  readonly #handler: ProgressHandler;
  readonly #choices: ProgressChoices;
  #spins = false;

  constructor(choices: ProgressChoices) {
    this.#handler = choices.onProgress ?? {};
    this.#choices = choices;
  }

  /** Begins what takes its time. */
  spin(message: string): void {
    if (this.#choices.quiet) return;
    this.#spins = true;
    this.#tell("onSpinnerStart", message);
  }

  /** Ends it, if it was begun. */
  finish(): void {
    if (!this.#spins) return;
    this.#spins = false;
    this.attempt("onSpinnerFinish", () => this.#handler.onSpinnerFinish?.());
  }

  /** Something is going on. */
  status(message: string): void {
    if (!this.#choices.quiet) this.#tell("onStatus", message);
  }

  /** The agent says something about itself. */
  aside(message: string): void {
    if (this.#choices.verbose) this.status(message);
  }

  success(message: string): void {
    if (!this.#choices.quiet) this.#tell("onSuccess", message);
  }

  warning(message: string): void {
    this.#tell("onWarning", message);
  }

  error(message: string): void {
    this.#tell("onError", message);
  }

  debug(message: string): void {
    if (this.#choices.debug) this.#tell("onDebug", message);
  }

  /** Runs what the caller has given. What it throws, now or later, is a warning, and stops nothing. */
  attempt(name: string, action: () => unknown): void {
    attempt(action, (error) => {
      const reason = error instanceof Error ? error.message : String(error);
      // Where that throws, too, there is nobody left to tell.
      attempt(() => this.#handler.onWarning?.(`${name} has thrown: ${reason}`), () => {});
    });
  }

  #tell(name: Exclude<keyof ProgressHandler, "onSpinnerFinish">, message: string): void {
    this.attempt(name, () => this.#handler[name]?.(message));
  }
}
