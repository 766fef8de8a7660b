/** How the answers to many messages are shown, each when it comes. */
import type { LaunchOptions } from "../agent/launch_options.ts";
import type { LaunchOutcome } from "../agent/outcome.ts";
import type { Event, ResultEvent } from "../events/event.ts";
import type { AnswerView } from "../events/render/answer_view.ts";
import type { CliContext } from "./context.ts";
import { newAnswerView, type OutputView, outputView, type SessionFlags } from "./exec_session.ts";
import { type Input, sayTurnEnd } from "./send_input.ts";

/** Shows the events of one turn. */
interface TurnView {
  show(events: readonly Event[]): Promise<void>;
  /** Whether there was an answer; undefined where that is not known. */
  end(): Promise<boolean | undefined>;
}

/** Shows turn after turn, and says of each that did not end well how it ended. */
export class StreamView implements OutputView {
  readonly observer = { events: (events: readonly Event[]) => this.#show(events) };
  readonly #input: Input;
  readonly #view: TurnView;
  /** A turn counts as a failure. */
  #failed = false;
  /** So did the last one, and that has been said. */
  #lastFailed = false;

  private constructor(input: Input, view: TurnView) {
    this.#input = input;
    this.#view = view;
  }

  /** Makes the view for a format: the text of the answers, or their events. */
  static async open(
    input: Input,
    flags: SessionFlags,
    options: LaunchOptions,
  ): Promise<StreamView> {
    const { ctx } = input;
    if (options.outputFormat === undefined) {
      return new StreamView(input, textView(ctx, await newAnswerView(ctx, flags)));
    }
    const { observer } = await outputView(ctx, flags, options);
    return new StreamView(input, {
      show: async (events) => await observer.events?.(events),
      end: () => Promise.resolve(undefined),
    });
  }

  /** The failure of the last turn has been told before. */
  async end({ settled, endedBy, inputError }: LaunchOutcome): Promise<number | void> {
    await this.#view.end();
    if (!settled || endedBy || inputError !== undefined) return;
    if (!this.#failed && !this.#lastFailed) return;
    return this.#failed && this.#input.flags.exitOnFailure ? 1 : 0;
  }

  async #show(events: readonly Event[]): Promise<void> {
    let turn: Event[] = [];
    for (const event of events) {
      turn.push(event);
      if (event.type !== "result") continue;
      await this.#view.show(turn);
      turn = [];
      await this.#turnEnded(event);
    }
    if (turn.length > 0) await this.#view.show(turn);
  }

  async #turnEnded({ success, message }: ResultEvent): Promise<void> {
    const answered = await this.#view.end();
    const failure = success ? undefined : message ?? "nobody knows why";
    this.#failed = await sayTurnEnd(this.#input, { failure, answered }) || this.#failed;
    this.#lastFailed = failure !== undefined;
  }
}

/** Each answer ends its line, and nothing stands between two of them. */
function textView(ctx: CliContext, make: () => AnswerView): TurnView {
  let view = make();
  let answered = false;
  const print = async (segments: ReturnType<AnswerView["render"]>) => {
    for (const { to, text } of segments) {
      answered ||= to === "stdout" && text.trim() !== "";
      await ctx[to].write(text);
    }
  };
  return {
    show: (events) => print(view.render(events)),
    async end() {
      await print(view.end());
      view = make();
      const had = answered;
      answered = false;
      return had;
    },
  };
}
