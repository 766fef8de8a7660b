/** Turns for agents that take messages while they run: one launch for the whole session. */
import type { LaunchOutcome } from "../agent/outcome.ts";
import type { LaunchObserver } from "../agent/launch_request.ts";
import type { SessionEnd } from "../agent/run_record.ts";
import { delay } from "../delay.ts";
import { type AgentOutput, type Event, textOf, type Usage } from "../events/event.ts";
import { toAgentOutput } from "../events/output.ts";
import type { ParserState } from "../providers/parser.ts";
import { endByRequest, endByRun, ENDED_WELL, Turns, type TurnsNeeds } from "./session_turns.ts";

/** What streamed turns need. */
export interface StreamedTurnsNeeds extends TurnsNeeds {
  readonly provider: string;
  /** Whoever else watches the launch. */
  readonly observer: LaunchObserver;
}

/** An agent to which nobody says anything any more may take this long to end by itself. */
const CLOSE_MS = 5000;

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

/** A turn has come to its end, and it is not certain that it was that of the message. */
interface Doubt {
  readonly state: Readonly<ParserState>;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Feeds an agent with one message after another. */
export class StreamedTurns extends Turns<StreamedTurnsNeeds> {
  #input!: ReadableStreamDefaultController<Uint8Array>;
  #turn: OpenTurn | undefined;
  #doubt: Doubt | undefined;
  #logPath: string | undefined;
  /** What the turns before have cost. */
  #costUsd: number | undefined;
  #closes = false;
  /** The turn waits for the end of a usage limit. */
  #isLimited = false;

  override async begin(
    prompt: string | undefined,
    wantsEvents: boolean,
  ): Promise<AgentOutput | undefined> {
    if (this.end.reached) return undefined;
    const { options } = this.needs;
    const asks = prompt !== undefined || options.plan !== undefined;
    const answer = asks ? this.#open(undefined, wantsEvents) : undefined;
    this.busy = true;
    const input = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#input = controller;
      },
    });
    this.launch({
      options,
      prompt,
      resume: undefined,
      streamInput: true,
      showsRepeated: true,
      input,
      rests: () => this.#turn === undefined,
      observer: this.#observer(),
    })
      .then((outcome) => this.#endOf(outcome), (error) => this.endByError(error))
      .then((end) => this.#finish(end));
    return await answer;
  }

  override async turn(text: string, wantsEvents: boolean): Promise<AgentOutput | undefined> {
    if (this.end.reached) return undefined;
    const answer = this.#open(text, wantsEvents);
    const message = { type: "user_message", content: text };
    try {
      this.#input.enqueue(new TextEncoder().encode(JSON.stringify(message) + "\n"));
    } catch {
      // Whoever reads the input has given up, although the agent lives.
      this.#finish({ outcome: "failure", error: "The agent takes no more messages" });
    }
    return await answer;
  }

  override async close(): Promise<void> {
    this.#closes = true;
    if (this.busy) {
      try {
        this.#input.close();
      } catch {
        // Nobody reads it any more.
      }
      await Promise.race([this.over, delay(CLOSE_MS)]);
    }
    this.end.reach(ENDED_WELL);
  }

  override [Symbol.dispose](): void {
    this.#clearDoubt();
    super[Symbol.dispose]();
  }

  #finish(end: SessionEnd): void {
    this.end.reach(end);
    this.#turn?.end(undefined);
  }

  /** An agent that still could have been asked something ends the session when it ends. */
  #endOf(outcome: LaunchOutcome): SessionEnd {
    const { exit, agentName, failure, settled, stderr } = outcome;
    const asked = this.needs.asked();
    const end = endByRun(outcome) ?? (asked && { ...endByRequest(asked), exit });
    if (end) return end;
    if (this.#isLimited && !outcome.success) return { outcome: "failure", error: failure, exit };
    if (this.#closes) return { ...ENDED_WELL, exit };
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

  #open(text: string | undefined, wantsEvents: boolean): Promise<AgentOutput | undefined> {
    const { promise, resolve } = Promise.withResolvers<AgentOutput | undefined>();
    const events = wantsEvents ? [] : undefined;
    this.#turn = { text, begun: false, events, usage: null, end: resolve };
    return promise;
  }

  #observer(): LaunchObserver {
    const { observer } = this.needs;
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
      turnEnded: (state, goesOn) => {
        this.#isLimited = goesOn;
        // Its answer comes when the limit is over.
        if (!goesOn) this.#ended(state);
      },
      waited: () => {
        // Another agent goes on, and counts from nothing.
        this.#costUsd = undefined;
        observer.waited?.();
      },
    };
  }

  #collect(events: readonly Event[]): void {
    const turn = this.#turn;
    if (!turn) return;
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
    // What is said after the end of a turn may still belong to it, or lead to the message.
    if (turn.begun) this.#clearDoubt();
    else if (this.#doubt) this.#doubtFor(this.#doubt.state);
  }

  #ended(state: Readonly<ParserState>): void {
    if (!this.#turn || this.#turn.begun) return this.#endTurn(state);
    // Not every message is repeated.
    this.#doubtFor(state);
  }

  /** Takes what has ended for the turn of the message, unless more is said soon. */
  #doubtFor(state: Readonly<ParserState>): void {
    this.#clearDoubt();
    this.#doubt = { state, timer: setTimeout(() => this.#endTurn(state), OWN_TURN_MS) };
  }

  /** There is no doubt any more. */
  #clearDoubt(): void {
    clearTimeout(this.#doubt?.timer);
    this.#doubt = undefined;
  }

  #endTurn(state: Readonly<ParserState>): void {
    this.#clearDoubt();
    const turn = this.#turn;
    const costUsd = state.costUsd === undefined ? undefined : state.costUsd - (this.#costUsd ?? 0);
    this.#costUsd = state.costUsd;
    if (!turn) return;
    this.#turn = undefined;
    turn.end(toAgentOutput({
      provider: this.needs.provider,
      events: turn.events ?? [],
      state: { ...state, usage: turn.usage ?? undefined, costUsd },
      exitCode: null,
      failure: undefined,
      logPath: this.#logPath,
    }));
  }
}
