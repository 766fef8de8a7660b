/**
 * How the output of a CLI is read while it runs, and how it is written to. Types only.
 *
 * @module
 */
import type { Event, Usage } from "../events/event.ts";
import type { LogKind } from "../events/log_event.ts";

/** What a parser knows about the invocation besides its events. */
export interface ParserState {
  /** The provider's own session id, once seen. */
  sessionId: string | undefined;
  /** The concrete model, once seen. */
  model: string | undefined;
  /** A terminal event was seen, and how many. Without one the outcome is unknown. */
  results: number;
  /** The last terminal event reported failure. */
  isError: boolean;
  errorMessage: string | undefined;
  /** The final text of the last turn. */
  result: string | undefined;
  /** The schema-checked value, where the CLI made one. */
  structured: unknown;
  /** US dollars for the whole invocation. */
  costUsd: number | undefined;
  /** Tokens of the whole invocation. */
  usage: Usage | undefined;
  /** How often the model was called, as far as the CLI tells; for a limit that zag holds. */
  modelCalls: number;
  /** What the turn that goes on has used, where the CLI tells before its end. */
  underway?:
    | { readonly usage: Usage | undefined; readonly costUsd: number | undefined }
    | undefined;
  /** The CLI has stopped because the cap in dollars that it was given is passed. */
  overBudget?: boolean;
}

/** A CLI wants to know whether it may call a tool, and waits. */
export interface ToolQuestion {
  /** The CLI's own id of the question. */
  readonly id: string;
  /**
   * `first`: with the answer `ask` it asks again. `final`: it takes yes or no. `unknown`: it asks about
   * something else, which nobody knows how to answer.
   */
  readonly stage: "first" | "final" | "unknown";
  readonly toolName: string;
  readonly input: unknown;
}

/** What a CLI is told about a question. */
export interface ToolAnswer {
  readonly action: "allow" | "deny" | "ask";
  /** Why, for the agent. */
  readonly reason?: string | undefined;
}

/** Where a parser puts what it read. */
export interface ParserSink {
  event(event: Event): void;
  /** The CLI waits for an answer. Absent: nobody would give one. */
  question?(question: ToolQuestion): void;
  /** A line for the session log that is no event of the unified stream. */
  note(kind: LogKind): void;
}

/** Turns the CLI's output lines into events. Does no I/O and never throws on any input. */
export interface Parser {
  readonly state: Readonly<ParserState>;
  /** Reads one line, without its newline. */
  line(text: string, sink: ParserSink): void;
  /** Reads a whole document of the CLI's own JSON (`-o native-json`). */
  document?(text: string, sink: ParserSink): void;
  /** Reads what the CLI says on stderr, in pieces as they come. */
  stderr?(text: string): void;
  /** Reads the file that `LaunchPlan.report` names, before `end`. */
  report?(text: string): void;
  /** zag ends the agent for a reason of its own: closes the open turn as failed. */
  stop(message: string, sink: ParserSink): void;
  /** The stream is over; emits what was held back. */
  end(sink: ParserSink): void;
}

/** What a parser has to know of the launch. */
export interface ParserOptions {
  readonly partialMessages: boolean;
  /** As in the request: for CLIs that do not repeat what they were told. */
  readonly sessionId: string;
  /** Native id of the session that goes on; undefined for a new one. */
  readonly resume: string | undefined;
  /** Value of the model flag; undefined when none was passed. */
  readonly model: string | undefined;
  /** Working directory of the agent, absolute. */
  readonly cwd: string;
  /** Tokens of the session before this invocation; undefined for a new session, or when unknown. */
  readonly usageBefore: Usage | undefined;
}

/** How messages to a running agent are written to its stdin. */
export interface InputEncoder {
  /** One line, without its newline, that carries a user message. */
  userMessage(text: string): string;
  /** A line that asks the agent to stop the turn but not the session; undefined if it cannot. */
  interrupt(id: string): string | undefined;
  /**
   * Whether the agent understands this object as it is, besides zag's own form.
   *
   * @param guarded Nothing is accepted that could change what the agent may do.
   */
  accepts(message: Readonly<Record<string, unknown>>, guarded?: boolean): boolean;
  /** A line that comes first where a permission policy holds; absent where there is none. */
  guard?(): string;
  /** A line that answers a question about a tool. */
  answer?(question: ToolQuestion, answer: ToolAnswer): string;
}
