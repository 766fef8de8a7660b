/** The view of waits, loaded with the first one: most sessions never hit a limit. */
import type { LaunchObserver } from "../agent/launch_request.ts";
import type { LaunchOutcome } from "../agent/outcome.ts";
import type { CliContext } from "./context.ts";
import type { LimitView } from "./limit_view.ts";

/** Shows the waits of one session. */
export class LimitsShown implements AsyncDisposable {
  readonly #ctx: CliContext;
  readonly #quiet: boolean;
  #view: Promise<LimitView> | undefined;

  /** @param quiet Say nothing. */
  constructor(ctx: CliContext, quiet: boolean) {
    this.#ctx = ctx;
    this.#quiet = quiet;
  }

  /** What tells of the waits. */
  get observer(): LaunchObserver {
    return {
      waiting: (wait) => {
        this.#view ??= import("./limit_view.ts").then(({ LimitView }) =>
          new LimitView(this.#ctx, this.#quiet)
        );
        this.#tell((view) => view.waiting(wait));
      },
      waited: () => this.#tell((view) => view.waited()),
      spawned: () => this.#tell((view) => view.started()),
    };
  }

  /** Takes a line away that would stand in the way of others, and prints those. */
  async before(print: () => Promise<void>): Promise<void> {
    (await this.#view)?.clear();
    await print();
  }

  /** Says what is to be said of a wait at the end of the session. */
  async end(outcome: LaunchOutcome): Promise<void> {
    await (await this.#view)?.end(outcome);
  }

  /** Takes the line away for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    (await this.#view)?.waited();
  }

  #tell(what: (view: LimitView) => void): void {
    void this.#view?.then(what);
  }
}
