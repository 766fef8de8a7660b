/**
 * The lines that the mock agent prints on stdout, one JSON object each. The same lines, without
 * those that are only for show, make up its transcript.
 *
 * @module
 */
import type { UsageLimitScope } from "../../events/event.ts";

/** Tokens of a turn. A counter that was not scripted is absent. */
export interface MockUsage {
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens?: number;
  cache_creation_tokens?: number;
}

/** The end of a turn, and of the process unless more input comes. */
export interface TurnEndLine {
  type: "turn_end";
  session_id: string | null;
  success: boolean;
  /** What was said last in the turn. */
  result: string;
  error: string | null;
  /** `end_turn`, `error`, `limit`, `max_turns` or `interrupted`. */
  stop_reason: string;
  usage: MockUsage;
  cost_usd: number;
  /** The waiting that the script asked for, so that it is the same on every machine. */
  duration_ms: number;
  /** Answers of the model: one, and one more for each tool call. */
  num_turns: number;
}

/** Anything that the mock agent prints. */
export type MockLine =
  | { type: "init"; session_id: string; model: string; cwd: string; tools: string[] }
  | { type: "user"; text: string }
  | { type: "delta"; id: string; text: string }
  | { type: "text"; id: string; text: string }
  | { type: "thinking"; id: string; text: string }
  | { type: "tool_call"; id: string; name: string; input: unknown }
  | {
    type: "tool_result";
    id: string;
    success: boolean;
    output: string | null;
    error: string | null;
    data: unknown;
  }
  | { type: "permission"; tool: string; description: string; granted: boolean }
  | { type: "question"; id: string; tool: string; input: unknown }
  | { type: "error"; message: string; details: unknown }
  | { type: "limit"; scope: UsageLimitScope; reset_at?: string; message: string }
  | { type: "interrupted"; id: string; turn: boolean }
  /** What the turn has used so far, as the script says. */
  | { type: "usage"; usage: MockUsage; cost_usd: number }
  | TurnEndLine;

/** Lines of the transcript that are never printed. */
export type TranscriptLine =
  | { type: "session"; version: 1; session_id: string; model: string; cwd: string }
  | { type: "turn"; index: number; entry: number | null; prompt: string };

/** A line that `--stream-input` reads from stdin: a message that makes a turn. */
export interface UserMessageLine {
  type: "user_message";
  /** Text, or a list of `{"type":"text","text":...}` blocks. */
  content: string | { type: "text"; text: string }[];
}

/** A line that `--ask` reads from stdin: whether the tool may be used. */
export interface AnswerLine {
  type: "answer";
  /** That of the question. */
  id: string;
  allow: boolean;
  /** Why not. */
  reason?: string;
}

/** A line that `--stream-input` reads from stdin: stop the turn, keep the session. */
export interface InterruptLine {
  type: "interrupt";
  id: string;
}
