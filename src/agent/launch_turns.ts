/**
 * A session that takes one message after the other, with an agent whose CLI takes one each time it is
 * started: every message is a launch of its own, in one session with one log and one run. Messages
 * that come during a turn are not read before it is over.
 */
import type { Event } from "../events/event.ts";
import type { Host } from "../host.ts";
import { readEndRequest } from "../sessions/end_request.ts";
import type { SessionStore } from "../sessions/store.ts";
import { SessionNotFoundError } from "../sessions/store_errors.ts";
import { AwakeTime } from "./awake_time.ts";
import { watchForEnd } from "./end_watch.ts";
import { giveUp } from "./give_up.ts";
import { type InputMessage, readMessages } from "./input_stream.ts";
import { inOnePlace } from "./in_one_place.ts";
import { Interrupt } from "./interrupt.ts";
import { keepsSession } from "./kept_session.ts";
import { launch, launchRun } from "./launch.ts";
import { laterOptions } from "./later_options.ts";
import type { LaunchObserver, LaunchRequest } from "./launch_request.ts";
import { ended, type Ending, outcomeWithoutAgent } from "./idle_end.ts";
import { abortedBy, type LaunchOutcome, requestedBy } from "./outcome.ts";
import { privateDirectory } from "./private_directory.ts";
import { lockRun } from "./run_lock.ts";
import type { Settled } from "./settle.ts";
import { together } from "./together.ts";

/** What turns need of the world. */
export interface TurnsAccess {
  readonly host: Host;
  /** Undefined when there is no index; then there is no second turn. */
  readonly store: SessionStore | undefined;
}

/**
 * Runs the first prompt, if there is one, and then each message until the input ends. `--timeout`
 * holds for all turns together. A turn that fails does not end the session; an agent that ends without a
 * result does.
 *
 * @param wanted What was settled for the first turn.
 * @returns The end of the last turn; events, usage, cost and refused tools are those of all of them.
 * @throws {ZagError} when a turn could not be started
 */
export async function launchTurns(
  request: LaunchRequest,
  wanted: Settled,
  access: TurnsAccess,
): Promise<LaunchOutcome> {
  return await inOnePlace(request, async (request) => {
    using turns = new Turns(request, wanted, access);
    return await turns.run();
  });
}

/** What comes after a turn: the next message, or the end, for a reason or because nothing follows. */
type Next = { readonly text: string } | (Ending & { readonly text?: undefined });

class Turns implements Disposable {
  readonly #request: LaunchRequest;
  readonly #wanted: Settled;
  readonly #access: TurnsAccess;
  readonly #messages: AsyncIterator<InputMessage>;
  readonly #events: TurnEvents;
  readonly #observer: LaunchObserver;
  readonly #processId = crypto.randomUUID();
  readonly #time: AwakeTime;
  #directory = "";
  #signal: AbortSignal | undefined;
  /** The agent's CLI keeps the session. */
  #isKept: boolean;

  constructor(request: LaunchRequest, wanted: Settled, access: TurnsAccess) {
    this.#request = request;
    this.#wanted = wanted;
    this.#access = access;
    this.#messages = readMessages(request.input ?? ReadableStream.from([]), undefined);
    const observer = request.observer ?? {};
    this.#events = new TurnEvents(
      observer,
      wanted.options.replayUserMessages === true || request.showsRepeated === true,
    );
    this.#time = new AwakeTime(wanted.options.timeoutMs, request.spentMs);
    this.#observer = {
      ...this.#time.through(withoutRepetition(observer, wanted.warnings)),
      events: (events) => this.#events.show(events),
    };
    this.#signal = request.signal;
    this.#isKept = wanted.resumed !== undefined && !wanted.startsAnew;
  }

  [Symbol.dispose](): void {
    this.#time[Symbol.dispose]();
  }

  async run(): Promise<LaunchOutcome> {
    let settled = this.#wanted;
    if (settled.composedPrompt === undefined) {
      const first = await this.#next();
      if (first.text === undefined) return ended(this.#nothing(), first);
      settled = { ...settled, prompt: first.text, composedPrompt: first.text };
    }
    const { paths } = settled;
    await using directory = await privateDirectory(paths.launchFiles(this.#processId));
    this.#directory = directory.path;
    using ending = watchForEnd(directory.path);
    const { signal } = this.#request;
    this.#signal = signal ? AbortSignal.any([signal, ending.signal]) : ending.signal;
    return await this.#converse(settled);
  }

  async #converse(settled: Settled): Promise<LaunchOutcome> {
    let outcome = this.#nothing();
    try {
      outcome = await this.#first(settled);
      while (goesOn(outcome)) {
        const next = await this.#next();
        if (next.text === undefined) {
          outcome = ended(outcome, next);
          break;
        }
        const last = await this.#later(next.text, outcome);
        outcome = { ...last, ...together(outcome, last) };
      }
    } catch (error) {
      const interrupted = error instanceof Interrupt || this.#signal?.aborted ||
        this.#events.isLost(error);
      const failure = error instanceof Error ? error.message : String(error);
      await this.#close({
        ...outcome,
        outcome: interrupted ? "interrupted" : "failure",
        failure,
        settled: true,
      });
      throw error;
    }
    await this.#close(outcome);
    return outcome;
  }

  async #first(settled: Settled): Promise<LaunchOutcome> {
    this.#events.begin(settled.composedPrompt);
    const run = { processId: this.#processId, directory: this.#directory };
    const request = { ...this.#request, ...this.#each() };
    return this.#ended(await launchRun(request, settled, { ...this.#access, run }));
  }

  async #later(text: string, last: LaunchOutcome): Promise<LaunchOutcome> {
    const { sessionId } = this.#wanted;
    const session = this.#access.store?.getSession(sessionId);
    if (!session) throw new SessionNotFoundError(sessionId);
    const forgotten = !last.resumable ||
      !this.#isKept && !await keepsSession(this.#wanted, session, this.#access.host);
    this.#events.begin(text);
    const { inputs: _i, injected: _j, ...alike } = this.#request;
    const from = { processId: this.#processId, exitCode: last.exit.code, forgotten };
    return this.#ended(
      await launch({
        ...alike,
        ...this.#each(),
        options: laterOptions(this.#wanted, forgotten),
        // What the configuration said at the first turn holds for the session.
        replay: { withoutDefaults: true },
        prompt: text,
        resume: { id: sessionId, from },
        adopted: { processId: this.#processId, directory: this.#directory, session },
      }),
    );
  }

  /** What is the same for every turn. */
  #each(): Partial<LaunchRequest> {
    return {
      streamInput: false,
      // Without an index nobody finds the session again, to go on with it or to end it.
      staysOpen: this.#access.store !== undefined,
      spentMs: this.#time.ms,
      ...(this.#signal && { signal: this.#signal }),
      observer: this.#events.launches === 0
        ? this.#observer
        : { ...this.#observer, starting: undefined },
    };
  }

  #ended(outcome: LaunchOutcome): LaunchOutcome {
    this.#isKept ||= outcome.success;
    const events = outcome.output.events.map((event) => this.#events.numbered(event));
    this.#events.end();
    this.#rest();
    const asked = goesOn(outcome) ? readEndRequest(this.#directory) : undefined;
    const whole = { ...outcome, output: { ...outcome.output, events } };
    return asked ? ended(whole, { endedBy: requestedBy(asked) }) : whole;
  }

  /** The agent of the turn is gone, and whoever looks at the run must not look for it. */
  #rest(): void {
    try {
      this.#access.store?.setProcessAgent(this.#processId, undefined);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      // Whatever keeps the index from being written is said when it is written next.
    }
  }

  /** Waits for the next message, or for what ends the session while no agent is at work. */
  async #next(): Promise<Next> {
    const signal = this.#signal;
    const { timeoutMs } = this.#wanted.options;
    const stopped = Promise.withResolvers<Ending>();
    const aborted = () => stopped.resolve({ endedBy: abortedBy(signal?.reason) });
    const left = timeoutMs && Math.max(1, timeoutMs - this.#time.ms);
    using deadline = left === undefined ? undefined : this.#time.deadline(left, () => {
      stopped.resolve({ endedBy: { kind: "timeout", durationMs: timeoutMs! } });
    });
    deadline?.start();
    signal?.addEventListener("abort", aborted);
    try {
      if (signal?.aborted) aborted();
      const message: Promise<Next> = this.#messages.next().then(
        ({ done, value }) => done ? {} : { text: value.text! },
        (error) => ({ error }),
      );
      return await Promise.race([stopped.promise, message]);
    } finally {
      signal?.removeEventListener("abort", aborted);
    }
  }

  async #close(outcome: LaunchOutcome): Promise<void> {
    const { paths } = this.#wanted;
    // What could not begin may be another one's to close.
    if (this.#access.store?.getProcess(this.#processId)?.status !== "running") return;
    const isUsual = this.#directory === paths.launchFiles(this.#processId);
    using _closing = isUsual ? await lockRun(this.#directory) : undefined;
    await giveUp(this.#request, outcome);
  }

  /** The end of a session to which nobody has said anything. */
  #nothing(): LaunchOutcome {
    const failure = `No message came, so ${this.#wanted.provider.displayName} was not started`;
    const outcome = outcomeWithoutAgent(this.#wanted, this.#processId, failure);
    return { ...outcome, exit: { code: 0, signal: null } };
  }
}

/** The events of all turns as those of one invocation. */
class TurnEvents {
  readonly #observer: LaunchObserver;
  readonly #repeats: boolean;
  /** What was said, until it has been repeated. */
  #said: string | undefined;
  /** Turns of the launches before. */
  #before = 0;
  /** Turns of this launch. */
  #count = 0;
  #lost: { readonly error: unknown } | undefined;
  /** Launches that are over: none before the first agent has ended. */
  launches = 0;

  /**
   * Shows them to the observer.
   *
   * @param repeats With what the person has said.
   */
  constructor(observer: LaunchObserver, repeats: boolean) {
    this.#observer = observer;
    this.#repeats = repeats;
  }

  begin(text: string | undefined): void {
    this.#said = this.#repeats ? text : undefined;
  }

  end(): void {
    this.launches++;
    this.#before += this.#count;
    this.#count = 0;
  }

  async show(events: readonly Event[]): Promise<void> {
    this.#count += events.filter(({ type }) => type === "turn_complete").length;
    const shown = this.#withSaid(events.map((event) => this.numbered(event)));
    try {
      await this.#observer.events?.(shown);
    } catch (error) {
      this.#lost = { error };
      throw error;
    }
  }

  /** Whether this is what the observer threw: nobody looks on any more. */
  isLost(error: unknown): boolean {
    return this.#lost !== undefined && this.#lost.error === error;
  }

  /** To its agent every turn is the first. */
  numbered(event: Event): Event {
    if (event.type !== "turn_complete" || this.#before === 0) return event;
    return { ...event, turn_index: this.#before + event.turn_index };
  }

  #withSaid(events: readonly Event[]): readonly Event[] {
    const text = this.#said;
    if (text === undefined) return events;
    this.#said = undefined;
    const at = events[0]?.type === "init" ? 1 : 0;
    const said: Event = { type: "user_message", content: [{ type: "text", text }] };
    return [...events.slice(0, at), said, ...events.slice(at)];
  }
}

/** Whether the agent can be asked once more. */
function goesOn({ settled, endedBy, submitted }: LaunchOutcome): boolean {
  return settled && endedBy === undefined && submitted === undefined;
}

/** Nobody wants to hear at every message that a flag has no effect. */
function withoutRepetition(
  observer: LaunchObserver,
  warned: readonly string[],
): LaunchObserver {
  const said = new Set(warned);
  return {
    ...observer,
    warning: (message) => {
      if (!said.has(message)) observer.warning?.(message);
      said.add(message);
    },
  };
}
