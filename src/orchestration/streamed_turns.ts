/** Turns for agents that take messages while they run: one launch for the whole session. */
import type { AgentOptions } from "../agent/options.ts";
import type { LaunchOutcome } from "../agent/outcome.ts";
import type { LaunchObserver } from "../agent/launch_request.ts";
import type { SessionEnd } from "../agent/run_record.ts";
import { type AgentOutput, type Event, textOf, type Usage } from "../events/event.ts";
import { toAgentOutput } from "../events/output.ts";
import type { ParserState } from "../providers/provider.ts";
import type { EndRequest } from "../sessions/end_request.ts";
import {
  endByRequest,
  endByRun,
  endBySignal,
  endWhileIdle,
  type Launch,
  type Turns,
  TurnsEnd,
} from "./session_turns.ts";

/** What streamed turns need. */
export interface StreamedTurnsOptions {
  readonly launch: Launch;
  /** What the session was started with. */
  readonly options: AgentOptions;
  readonly provider: string;
  readonly signal: AbortSignal;
  /** What somebody wants of the session who has signalled its agent; undefined when nobody does. */
  asked(): EndRequest | undefined;
  /** Whoever else watches the launch. */
  readonly observer: LaunchObserver;
}

/**
 * An agent may have turns of its own, for example when something is done that it has left running. What
 * ends before it has repeated the message is such a turn, if it says more within this time.
 */
const OWN_TURN_MS = 2000;

/** A turn that has not come to its end. */
interface OpenTurn {
  /** What was sent; undefined as long as that is not known. */
  text: string | undefined;
  /** The agent has come to the message. */
  begun: boolean;
  /** What the agent has said in it; undefined when nobody wants to know. */
  readonly events: Event[] | undefined;
  usage: Usage | null;
  end(output: AgentOutput | undefined): void;
}

/** Feeds an agent with one message after another. */
export class StreamedTurns implements Turns, Disposable {
  readonly #needs: StreamedTurnsOptions;
  readonly #began = performance.now();
  readonly #end = new TurnsEnd();
  readonly #watch: Disposable;
  #launched = false;
  #input!: ReadableStreamDefaultController<Uint8Array>;
  #turn: OpenTurn | undefined;
  /** Until it is clear whether a turn of the agent's own has ended, or that of the message. */
  #doubt: ReturnType<typeof setTimeout> | undefined;
  #logPath: string | undefined;
  /** What the turns before have cost. */
  #costUsd: number | undefined;

  constructor(needs: StreamedTurnsOptions) {
    this.#needs = needs;
    const { signal, options } = needs;
    this.#watch = endWhileIdle(this.#end, signal, options.timeoutMs, () => !this.#launched);
  }

  get over(): Promise<SessionEnd> {
    return this.#end.over;
  }

  async begin(prompt: string | undefined, wantsAnswer: boolean): Promise<AgentOutput | undefined> {
    if (this.#end.reached) return undefined;
    const asks = prompt !== undefined || this.#needs.options.plan !== undefined;
    const answer = asks ? this.#open(undefined, wantsAnswer) : undefined;
    this.#launched = true;
    const input = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#input = controller;
      },
    });
    const { launch, options, signal } = this.#needs;
    launch({
      options,
      prompt,
      resume: undefined,
      streamInput: true,
      showsRepeated: true,
      input,
      spentMs: performance.now() - this.#began,
      rests: () => this.#turn === undefined,
      observer: this.#observer(),
    }).then(
      (outcome) => endOfAgent(outcome, this.#needs.asked()),
      (error): SessionEnd =>
        signal.aborted
          ? endBySignal(signal.reason)
          : { outcome: "failure", error: error instanceof Error ? error.message : String(error) },
    )
      .then((end) => {
        this.#end.reach(end);
        this.#turn?.end(undefined);
      });
    return await answer;
  }

  async turn(text: string, wantsAnswer: boolean): Promise<AgentOutput | undefined> {
    if (this.#end.reached) return undefined;
    const answer = this.#open(text, wantsAnswer);
    const message = { type: "user_message", content: text };
    this.#input.enqueue(new TextEncoder().encode(JSON.stringify(message) + "\n"));
    return await answer;
  }

  #open(text: string | undefined, wantsAnswer: boolean): Promise<AgentOutput | undefined> {
    const { promise, resolve } = Promise.withResolvers<AgentOutput | undefined>();
    const events = wantsAnswer ? [] : undefined;
    this.#turn = { text, begun: false, events, usage: null, end: resolve };
    return promise;
  }

  #observer(): LaunchObserver {
    const { observer } = this.#needs;
    return {
      ...observer,
      starting: (settled, logPath) => {
        this.#logPath = logPath;
        if (this.#turn) this.#turn.text ??= settled.composedPrompt;
        observer.starting?.(settled, logPath);
      },
      events: async (events) => {
        this.#collect(events);
        await observer.events?.(events.filter(({ type }) => type !== "user_message"));
      },
      turnEnded: (state) => this.#ended(state),
    };
  }

  #collect(events: readonly Event[]): void {
    const turn = this.#turn;
    if (!turn) return;
    clearTimeout(this.#doubt);
    for (const event of events) {
      if (event.type === "user_message") {
        if (turn.begun || textOf(event.content).trim() !== turn.text?.trim()) continue;
        turn.begun = true;
        // What came before was not about the message.
        turn.events?.splice(0);
        continue;
      }
      if (event.type !== "assistant_delta") turn.events?.push(event);
      if (event.type === "turn_complete") turn.usage = event.usage;
    }
  }

  #ended(state: Readonly<ParserState>): void {
    if (!this.#turn || this.#turn.begun) return this.#close(state);
    // Not every message is repeated.
    this.#doubt = setTimeout(() => this.#close(state), OWN_TURN_MS);
  }

  #close(state: Readonly<ParserState>): void {
    const turn = this.#turn;
    const costUsd = state.costUsd === undefined ? undefined : state.costUsd - (this.#costUsd ?? 0);
    this.#costUsd = state.costUsd;
    if (!turn) return;
    this.#turn = undefined;
    turn.end(toAgentOutput({
      provider: this.#needs.provider,
      events: turn.events ?? [],
      state: { ...state, usage: turn.usage ?? undefined, costUsd },
      exitCode: null,
      failure: undefined,
      logPath: this.#logPath,
    }));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#doubt);
    this.#watch[Symbol.dispose]();
  }
}

/** An agent that still could have been asked something ends the session when it ends. */
function endOfAgent(outcome: LaunchOutcome, asked: EndRequest | undefined): SessionEnd {
  const end = endByRun(outcome) ?? (asked && { ...endByRequest(asked), exit: outcome.exit });
  if (end) return end;
  const { exit, agentName, failure, settled, stderr } = outcome;
  const how = exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
  const last = stderr.trim().split("\n").slice(-3).join("\n");
  return {
    outcome: "failure",
    error: failure !== undefined && !settled
      ? failure
      : `${agentName} ended although it could still be asked (${how})${last && `: ${last}`}`,
    exit,
    stderr: settled ? undefined : stderr,
  };
}
