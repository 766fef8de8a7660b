/** One whole invocation as a single document, the form of `-o json`. */
import type { ParserState } from "../providers/parser.ts";
import { endReasonFields } from "./end_reason.ts";
import type { AgentOutput, Event } from "./event.ts";
import type { SessionEndReason } from "./log_event.ts";

/** What an {@linkcode AgentOutput} is made from. */
export interface OutputParts {
  provider: string;
  events: Event[];
  state: ParserState;
  /** The session's id where the agent has not told one. */
  sessionId?: string;
  /** Why it was ended, or could not go on. */
  endReason?: SessionEndReason | undefined;
  exitCode: number | null;
  /** Why the invocation failed although no event says so. */
  failure: string | undefined;
  logPath: string | undefined;
}

/** The document; its key order is the printed order. */
export function toAgentOutput(parts: OutputParts): AgentOutput {
  const { state } = parts;
  const error = parts.failure ?? state.errorMessage;
  return {
    agent: parts.provider,
    session_id: state.sessionId || parts.sessionId || "",
    events: parts.events,
    result: state.result ?? null,
    is_error: parts.failure !== undefined || state.isError,
    ...(parts.exitCode === null ? {} : { exit_code: parts.exitCode }),
    ...(error === undefined ? {} : { error_message: error }),
    total_cost_usd: state.costUsd ?? null,
    usage: state.usage ?? null,
    ...(state.model === undefined ? {} : { model: state.model }),
    provider: parts.provider,
    ...(parts.logPath === undefined ? {} : { log_path: parts.logPath }),
    ...endReasonFields(parts.endReason),
  };
}
