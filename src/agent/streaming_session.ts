/** A conversation with an agent: messages go in, events come out, until one side ends it. */
import { delay } from "../delay.ts";
import { ZagError } from "../errors.ts";
import type { Event } from "../events/event.ts";
import type { Duration } from "./agent_options.ts";
import { checkArguments, DURATION, parts, TEXT } from "./argument_check.ts";
import type { AgentCall, Called } from "./call_agent.ts";
import { AgentProcessError, InvalidOptionError } from "./errors.ts";
import { EventBuffer } from "./event_buffer.ts";
import { Interrupt } from "./interrupt.ts";
import { milliseconds } from "./length_of_time.ts";
import { MessageQueue } from "./message_queue.ts";

/**
 * A conversation with an agent.
 *
 * Every turn ends with `turn_complete`, directly followed by `result`; then the session waits for the
 * next message. What a message does that is sent during a turn depends on the provider:
 * `streaming_input.semantics` of its capabilities says it, and with none of them is it lost.
 *
 * The agent is read no faster than its events are taken: what was read at once waits here, and an
 * agent that says more waits itself. So a program that sends and never reads sees no progress, unless
 * it calls {@linkcode wait}, {@linkcode close} or {@linkcode terminate}.
 *
 * @example
 * ```ts
 * import { AgentBuilder } from "@zag/cli/agent";
 *
 * await using session = await new AgentBuilder({ provider: "mock" }).execStreaming("hello");
 * for await (const event of session.turn()) console.log(event.type);
 * await session.sendUserMessage("and again");
 * for await (const event of session.turn()) console.log(event.type);
 * ```
 */
export interface StreamingSession extends AsyncIterable<Event>, AsyncDisposable {
  /**
   * Process id of the agent that is at work; undefined when there is none, as between the turns of an
   * agent that is started anew for each.
   */
  readonly pid: number | undefined;
  /** The session has not ended, or not all of its events have been taken or dropped. */
  readonly isRunning: boolean;
  /**
   * The provider's own id of the session, once the agent has said it; rejected when the session ends
   * before. The session can go on by it later: `resumeWithPrompt()`.
   */
  readonly sessionId: Promise<string>;
  /**
   * Sends one line of JSON: zag's own form, or that of the agent's CLI where this takes messages while it
   * runs. The line is in the queue at once; where 1 MiB waits there, this resolves when there is room
   * again, so whoever awaits it sends no faster than the agent reads. A line that is no message ends the
   * session with an `InputMessageError`.
   *
   * @param line Without a line break.
   * @throws {ZagError} when the input is closed, or the session has ended.
   */
  send(line: string): Promise<void>;
  /**
   * Sends what a person says, as {@linkcode send} does.
   *
   * @throws {InvalidOptionError} when that is nothing.
   * @throws {ZagError} when the input is closed, or the session has ended.
   */
  sendUserMessage(text: string): Promise<void>;
  /**
   * The next event; null at the end. Events have one reader at a time, be it this, {@linkcode turn} or
   * the iteration of the session.
   *
   * @throws {ZagError} when somebody else reads them.
   * @throws what the session has failed with, after its last event; as `exec()` does
   */
  nextEvent(): Promise<Event | null>;
  /**
   * The events of a turn, up to and including its `result`; called again, those of the next turn, which
   * may have to be asked for. Leaving the loop early leaves the rest to whoever reads next.
   *
   * @throws as {@linkcode nextEvent} does
   */
  turn(): AsyncIterable<Event>;
  /** Says that no message will follow: the session ends when those that were sent are answered. */
  closeInput(): Promise<void>;
  /**
   * Closes the input and waits for the end of the session. Events that nobody reads are dropped; do not
   * call it inside of a loop that reads them.
   *
   * @throws what the session has failed with, as `exec()` does; ending it with {@linkcode terminate}
   * or {@linkcode close} is no failure
   */
  wait(): Promise<void>;
  /** Ends the agent and everything that it has started, and with it the session, at once. */
  terminate(): void;
  /**
   * Ends the session. The input is closed; an agent that has not ended after half of the time, though at
   * least after 50 ms, is asked to by a signal, and when all of the time is over it is killed. Events
   * that were not taken are dropped.
   *
   * @param options `timeout` is 5 seconds without it.
   * @throws {InvalidOptionError} when the time is none; whatever the session has failed with is what
   * {@linkcode wait} throws.
   */
  close(options?: { timeout?: Duration }): Promise<void>;
}

/** Starts a call with more than is known of it so far. */
type Start = (change: Partial<AgentCall>) => Promise<Called>;

const CLOSE_MS = 5000;
const LEAST_CLOSE_MS = 50;

/**
 * Begins a conversation; resolves when the agent runs, or when only the first message is missing.
 *
 * @throws what the call is rejected with before
 */
export async function openStreamingSession(
  start: Start,
  signal: AbortSignal | undefined,
): Promise<StreamingSession> {
  const session = new Session(start, signal);
  await session.started;
  return session;
}

const CLOSE = parts<{ timeout?: Duration }>({ timeout: DURATION });

class Session implements StreamingSession {
  readonly sessionId: Promise<string>;
  /** Fulfilled when the agent runs, or messages are waited for; rejected when it cannot be started. */
  readonly started: Promise<void>;
  readonly #messages = new MessageQueue();
  readonly #events = new EventBuffer();
  readonly #stop = new AbortController();
  readonly #kill = new AbortController();
  readonly #id = Promise.withResolvers<string>();
  /** Fulfilled when everything is over; never rejected. */
  readonly #over: Promise<void>;
  /** Why the session has failed. */
  #failure: { readonly error: unknown } | undefined;
  #isOver = false;
  #inputClosed = false;
  #isRead = false;
  #pid: number | undefined;
  /** The agent ends with its turn. */
  #endsWithTurn = false;
  /** Something was said to the agent. */
  #isAsked = false;

  constructor(start: Start, signal: AbortSignal | undefined) {
    this.sessionId = this.#id.promise;
    this.sessionId.catch(() => {});
    const started = Promise.withResolvers<void>();
    this.started = started.promise;
    this.#messages.asked.then(started.resolve);
    const call = start({
      signal: signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal,
      input: this.#messages.input,
      observer: {
        starting: ({ provider, composedPrompt }) => {
          this.#endsWithTurn = provider.capabilities.streamInput === false;
          this.#isAsked ||= composedPrompt !== undefined;
        },
        spawned: (pid) => {
          this.#pid = pid;
          started.resolve();
        },
        events: (events) => this.#take(events),
      },
    });
    this.#over = call.then(() => {}, (error) => this.#fail(error)).then(() => {
      this.#isOver = true;
      this.#pid = undefined;
      this.#events.end(this.#failure);
      this.#messages.end();
      this.#id.reject(
        this.#failure?.error ?? new ZagError("The session ended before it had an id"),
      );
      if (this.#failure) started.reject(this.#failure.error);
      started.resolve();
    });
  }

  get pid(): number | undefined {
    return this.#pid;
  }

  get isRunning(): boolean {
    return !this.#isOver;
  }

  async send(line: string): Promise<void> {
    checkArguments("send()", [line, "line", TEXT]);
    if (/[\r\n]/.test(line)) {
      throw new InvalidOptionError("Cannot send a message of several lines: it must be one");
    }
    if (this.#isOver) throw this.#ended();
    if (this.#inputClosed) throw new ZagError("Cannot send a message: the input is closed");
    this.#isAsked = true;
    await this.#messages.add(line).catch(() => {
      throw this.#ended();
    });
  }

  async sendUserMessage(text: string): Promise<void> {
    checkArguments("sendUserMessage()", [text, "text", TEXT]);
    if (text.trim() === "") throw new InvalidOptionError("Cannot send an empty message");
    await this.send(JSON.stringify({ type: "user_message", content: text }));
  }

  async nextEvent(): Promise<Event | null> {
    using _reading = this.#read();
    return await this.#events.next();
  }

  async *turn(): AsyncGenerator<Event, void> {
    using _reading = this.#read();
    let completed = false;
    for (;;) {
      const event = await this.#events.next();
      if (event === null) return;
      yield event;
      if (completed && event.type === "result") return;
      completed ||= event.type === "turn_complete";
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void> {
    using _reading = this.#read();
    for (;;) {
      const event = await this.#events.next();
      if (event === null) return;
      yield event;
    }
  }

  closeInput(): Promise<void> {
    this.#inputClosed = true;
    this.#messages.close();
    return Promise.resolve();
  }

  async wait(): Promise<void> {
    await this.closeInput();
    this.#events.dropUnread(() => !this.#isRead);
    await this.#over;
    if (this.#failure) throw this.#failure.error;
  }

  terminate(): void {
    this.#inputClosed = true;
    this.#stop.abort(new Interrupt("SIGTERM", this.#kill.signal));
  }

  async close(options: { timeout?: Duration } = {}): Promise<void> {
    checkArguments("close()", [options, "options", CLOSE]);
    const { timeout = CLOSE_MS } = options;
    const half = Math.max(LEAST_CLOSE_MS, milliseconds(timeout, "timeout") / 2);
    await this.closeInput();
    this.#events.dropUnread(() => true);
    if (await this.#endsWithin(half)) return;
    this.terminate();
    if (await this.#endsWithin(half)) return;
    this.#kill.abort();
    await this.#over;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #endsWithin(ms: number): Promise<boolean> {
    const waited = new AbortController();
    await Promise.race([this.#over, delay(ms, waited.signal)]);
    waited.abort();
    return this.#isOver;
  }

  async #take(events: readonly Event[]): Promise<void> {
    for (const event of events) {
      if (event.type === "init" && typeof event.metadata.session_id === "string") {
        this.#id.resolve(event.metadata.session_id);
      }
      if (event.type === "result" && this.#endsWithTurn) this.#pid = undefined;
    }
    await this.#events.put(events);
  }

  /** What this session was ended with by its own methods is no failure. */
  #fail(error: unknown): void {
    if (this.#stop.signal.aborted && error === this.#stop.signal.reason) return;
    // Who is asked nothing answers nothing.
    if (!this.#isAsked && error instanceof AgentProcessError && error.exitCode === 0) return;
    this.#failure = { error };
  }

  /** Becomes the one who reads the events. */
  #read(): Disposable {
    if (this.#isRead) {
      throw new ZagError("Cannot read the events: they are being read already", {
        hint: "one reader at a time: leave the loop that reads them, or await nextEvent()",
      });
    }
    this.#isRead = true;
    return {
      [Symbol.dispose]: () => {
        this.#isRead = false;
        this.#events.dropAgain();
      },
    };
  }

  #ended(): ZagError {
    const { error } = this.#failure ?? {};
    const why = error instanceof Error ? `: ${error.message}` : "";
    return new ZagError(`Cannot send a message: the session has ended${why}`, { cause: error });
  }
}
