/** A conversation with an agent: messages go in, events come out, until one side ends it. */
import type { Event } from "../events/event.ts";
import type { AgentCall, Called } from "./call_agent.ts";
import type { Duration } from "./agent_options.ts";

/** A conversation with an agent. */
export interface StreamingSession extends AsyncIterable<Event>, AsyncDisposable {
  /** Process id of the agent that is at work; undefined when there is none. */
  readonly pid: number | undefined;
  /** The session has not ended. */
  readonly isRunning: boolean;
  /** The provider's own id of the session, once the agent has said it. */
  readonly sessionId: Promise<string>;
  /** Sends one line of JSON, in zag's form or the agent's own. */
  send(line: string): Promise<void>;
  /** Sends what a person says. */
  sendUserMessage(text: string): Promise<void>;
  /** The next event; null at the end. */
  nextEvent(): Promise<Event | null>;
  /** The events of a turn, up to and including its `result`. */
  turn(): AsyncIterable<Event>;
  /** Says that no message will follow. */
  closeInput(): Promise<void>;
  /** Ends the input and waits for the end of the session. */
  wait(): Promise<void>;
  /** Ends the agent. */
  terminate(): void;
  /** Ends the session: by the end of its input, else by signals. */
  close(options?: { timeout?: Duration }): Promise<void>;
}

/** Begins a conversation. */
export function openStreamingSession(
  _start: (change: Partial<AgentCall>) => Promise<Called>,
  _signal: AbortSignal | undefined,
): Promise<StreamingSession> {
  throw new Error("not yet");
}
