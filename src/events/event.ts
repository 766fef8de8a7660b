/**
 * The unified vocabulary: what any agent says in the course of one invocation, whoever the
 * provider is. These are wire types: their snake_case field names are the JSON that
 * `zag exec -o stream-json` prints, one object a line.
 *
 * Order within an invocation: `init` first; a `tool_execution` after the `assistant_message` that
 * asked for it; every turn ends with one `turn_complete` directly followed by its `result`.
 *
 * @module
 */
import type { SessionEndReason } from "./log_event.ts";

/** Tokens of one invocation or one turn. A counter that the provider does not report is null. */
export interface Usage {
  /** Tokens that the model read. */
  input_tokens: number;
  /** Tokens that the model wrote. */
  output_tokens: number;
  /** Of what was read, tokens that came from a cache. */
  cache_read_tokens: number | null;
  /** Tokens that were put into a cache. */
  cache_creation_tokens: number | null;
  /** Searches that the provider ran for the model. */
  web_search_requests: number | null;
  /** Pages that the provider fetched for the model. */
  web_fetch_requests: number | null;
}

/** A run of text that a person can read. */
export interface TextBlock {
  /** Tells the shapes apart. */
  type: "text";
  /** The text itself. */
  text: string;
}

/** The agent asks for a tool; the outcome follows as a `tool_execution` with the same id. */
export interface ToolUseBlock {
  /** Tells the shapes apart. */
  type: "tool_use";
  /** Names the call; its `tool_execution` has the same one. */
  id: string;
  /** The tool, as its provider calls it. */
  name: string;
  /** What the tool is given. */
  input: unknown;
}

/** One piece of a message. */
export type ContentBlock = TextBlock | ToolUseBlock;

/** How a tool call ended: `output` on success, `error` on failure, `data` as the provider gave it. */
export interface ToolResult {
  /** False when it failed. */
  success: boolean;
  /** What the tool said; null on failure. */
  output: string | null;
  /** What went wrong; null on success. */
  error: string | null;
  /** The provider's own record of the result, or null. */
  data: unknown;
}

/** The agent is up. Always the first event where the provider announces itself. */
export interface InitEvent {
  /** Tells the shapes apart. */
  type: "init";
  /** The concrete model. */
  model: string;
  /** Names of the tools that the agent may call. */
  tools: string[];
  /** Where the agent works, absolute. */
  working_directory: string | null;
  /** Provider details; holds `session_id`, the provider's own id of the session. */
  metadata: Record<string, unknown>;
}

/** A message of the user that the provider echoed. */
export interface UserMessageEvent {
  /** Tells the shapes apart. */
  type: "user_message";
  /** The pieces of the message, in order. */
  content: ContentBlock[];
}

/** A complete piece of what the assistant said or asked for. */
export interface AssistantMessageEvent {
  /** Tells the shapes apart. */
  type: "assistant_message";
  /** The pieces of the message, in order. */
  content: ContentBlock[];
  /** Tokens, where the provider reports them here. */
  usage: Usage | null;
  /** Id of the sub-agent tool call that this message belongs to. */
  parent_tool_use_id?: string;
}

/** A fragment of text on its way; only on request, never logged. The whole message follows. */
export interface AssistantDeltaEvent {
  /** Tells the shapes apart. */
  type: "assistant_delta";
  /** The text itself. */
  text: string;
  /** Id of the sub-agent tool call that this belongs to. */
  parent_tool_use_id?: string;
}

/** What the model thought aloud, where the provider shows it. */
export interface ReasoningEvent {
  /** Tells the shapes apart. */
  type: "reasoning";
  /** The thought. */
  content: string;
  /** Id of the sub-agent tool call that this belongs to. */
  parent_tool_use_id?: string;
}

/** A tool call has ended. */
export interface ToolExecutionEvent {
  /** Tells the shapes apart. */
  type: "tool_execution";
  /** The tool, as its provider calls it. */
  tool_name: string;
  /** Id of the call. */
  tool_id: string;
  /** What the tool is given. */
  input: unknown;
  /** How the call ended. */
  result: ToolResult;
  /** Id of the sub-agent tool call that this belongs to. */
  parent_tool_use_id?: string;
}

/** The turn is over; its `result` is the next event. */
export interface TurnCompleteEvent {
  /** Tells the shapes apart. */
  type: "turn_complete";
  /** Why the model stopped, for example `end_turn`. */
  stop_reason: string | null;
  /** Counts from 0 within one invocation. */
  turn_index: number;
  /** Tokens, where the provider reports them here. */
  usage: Usage | null;
}

/** The outcome of a turn; of the invocation, when it is the last. */
export interface ResultEvent {
  /** Tells the shapes apart. */
  type: "result";
  /** False when it failed. */
  success: boolean;
  /** The final text, or what went wrong. */
  message: string | null;
  /** Milliseconds that the turn took. */
  duration_ms: number | null;
  /** Calls of the model in the turn. */
  num_turns: number | null;
}

/** Something went wrong; whether the turn survived it is for its `result` to say. */
export interface ErrorEvent {
  /** Tells the shapes apart. */
  type: "error";
  /** What went wrong, for a person. */
  message: string;
  /** The provider's own record of the error, or null. */
  details: unknown;
}

/** The agent wanted to use a tool that needs permission. */
export interface PermissionRequestEvent {
  /** Tells the shapes apart. */
  type: "permission_request";
  /** The tool, as its provider calls it. */
  tool_name: string;
  /** What the tool was to do. */
  description: string;
  /** Whether it was allowed. */
  granted: boolean;
}

/** The agent waits until somebody says whether it may use a tool; a `permission_answer` follows. */
export interface PermissionQuestionEvent {
  /** Tells the shapes apart. */
  type: "permission_question";
  /** Names the question, for `zag permit --id`. */
  id: string;
  /** The tool, as its provider calls it. */
  tool_name: string;
  /** What the tool is to do, on one line. */
  description: string;
  /** What the tool would be given. */
  input: unknown;
}

/** A question about a tool has been answered. */
export interface PermissionAnswerEvent {
  /** Tells the shapes apart. */
  type: "permission_answer";
  /** The id of the question. */
  id: string;
  /** The tool, as its provider calls it. */
  tool_name: string;
  /** Whether it may be used. */
  granted: boolean;
  /**
   * Who says so: `permit` (`zag permit`), `command` (that of `--ask-command`), `program` (the one that
   * uses the library), or `end`: nobody, before the agent ended.
   */
  by: "permit" | "command" | "program" | "end";
  /** Why; null when nothing was said. */
  reason: string | null;
}

/** What a usage limit covers. */
export type UsageLimitScope = "session" | "weekly" | "global" | "daily" | "unknown";

/** The provider refused to go on because of a usage or rate limit. */
export interface UsageLimitEvent {
  /** Tells the shapes apart. */
  type: "usage_limit_detected";
  /** Name of the provider. */
  provider: string;
  /** What the limit covers. */
  scope: UsageLimitScope;
  /** RFC 3339, UTC; absent when the provider did not say. */
  reset_at?: string;
  /** The provider's own words. */
  raw?: string;
}

/** Anything an agent says. */
export type Event =
  | InitEvent
  | UserMessageEvent
  | AssistantMessageEvent
  | AssistantDeltaEvent
  | ReasoningEvent
  | ToolExecutionEvent
  | TurnCompleteEvent
  | ResultEvent
  | ErrorEvent
  | PermissionRequestEvent
  | PermissionQuestionEvent
  | PermissionAnswerEvent
  | UsageLimitEvent;

/** The `type` tags of {@linkcode Event}. */
export type EventType = Event["type"];

/** One whole invocation, as `zag exec -o json` prints it. The key order is the printed order. */
export interface AgentOutput {
  /** Name of the provider. */
  agent: string;
  /** The provider's own id of the session; zag's, where the provider has told none. */
  session_id: string;
  /** Everything that the agent said, without fragments. */
  events: Event[];
  /** The final text. */
  result: string | null;
  /** The invocation failed. */
  is_error: boolean;
  /** Exit code of the agent's process. */
  exit_code?: number;
  /** Why it failed. */
  error_message?: string;
  /** US dollars, by the provider's own account. */
  total_cost_usd: number | null;
  /** Tokens, where the provider reports them here. */
  usage: Usage | null;
  /** The concrete model. */
  model?: string;
  /** Name of the provider. */
  provider?: string;
  /** Absolute path of the session log. */
  log_path?: string;
  /** Why it ended, where it was ended or could not go on: by a deadline, a cap, a limit, somebody. */
  end_reason?: SessionEndReason;
  /** The exit code that zag itself ends with then: 124 after a deadline, 125 after a budget. */
  zag_exit_code?: 124 | 125;
}

/** The concatenated text of a message's text blocks. */
export function textOf(content: readonly ContentBlock[]): string {
  const only = content.length === 1 ? content[0] : undefined;
  if (only?.type === "text") return only.text;
  let text = "";
  for (const block of content) if (block.type === "text") text += block.text;
  return text;
}
