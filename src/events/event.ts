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

/** Tokens of one invocation or one turn. A counter that the provider does not report is null. */
export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number | null;
  cache_creation_tokens: number | null;
  web_search_requests: number | null;
  web_fetch_requests: number | null;
}

/** A run of text that a person can read. */
export interface TextBlock {
  type: "text";
  text: string;
}

/** The agent asks for a tool; the outcome follows as a `tool_execution` with the same id. */
export interface ToolUseBlock {
  type: "tool_use";
  id: string;
  name: string;
  input: unknown;
}

/** One piece of a message. */
export type ContentBlock = TextBlock | ToolUseBlock;

/** How a tool call ended: `output` on success, `error` on failure, `data` as the provider gave it. */
export interface ToolResult {
  success: boolean;
  output: string | null;
  error: string | null;
  data: unknown;
}

/** The agent is up. Always the first event where the provider announces itself. */
export interface InitEvent {
  type: "init";
  model: string;
  tools: string[];
  working_directory: string | null;
  /** Provider details; holds `session_id`, the provider's own id of the session. */
  metadata: Record<string, unknown>;
}

/** A message of the user that the provider echoed. */
export interface UserMessageEvent {
  type: "user_message";
  content: ContentBlock[];
}

/** A complete piece of what the assistant said or asked for. */
export interface AssistantMessageEvent {
  type: "assistant_message";
  content: ContentBlock[];
  usage: Usage | null;
  /** Id of the sub-agent tool call that this message belongs to. */
  parent_tool_use_id?: string;
}

/** A fragment of text on its way; only on request, never logged. The whole message follows. */
export interface AssistantDeltaEvent {
  type: "assistant_delta";
  text: string;
  parent_tool_use_id?: string;
}

/** What the model thought aloud, where the provider shows it. */
export interface ReasoningEvent {
  type: "reasoning";
  content: string;
  parent_tool_use_id?: string;
}

/** A tool call has ended. */
export interface ToolExecutionEvent {
  type: "tool_execution";
  tool_name: string;
  tool_id: string;
  input: unknown;
  result: ToolResult;
  parent_tool_use_id?: string;
}

/** The turn is over; its `result` is the next event. */
export interface TurnCompleteEvent {
  type: "turn_complete";
  stop_reason: string | null;
  /** Counts from 0 within one invocation. */
  turn_index: number;
  usage: Usage | null;
}

/** The outcome of a turn; of the invocation, when it is the last. */
export interface ResultEvent {
  type: "result";
  success: boolean;
  message: string | null;
  duration_ms: number | null;
  num_turns: number | null;
}

/** Something went wrong; whether the turn survived it is for its `result` to say. */
export interface ErrorEvent {
  type: "error";
  message: string;
  details: unknown;
}

/** The agent wanted to use a tool that needs permission. */
export interface PermissionRequestEvent {
  type: "permission_request";
  tool_name: string;
  description: string;
  granted: boolean;
}

/** What a usage limit covers. */
export type UsageLimitScope = "session" | "weekly" | "global" | "daily" | "unknown";

/** The provider refused to go on because of a usage or rate limit. */
export interface UsageLimitEvent {
  type: "usage_limit_detected";
  provider: string;
  scope: UsageLimitScope;
  /** RFC 3339, UTC; absent when the provider did not say. */
  reset_at?: string;
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
  | UsageLimitEvent;

/** The `type` tags of {@linkcode Event}. */
export type EventType = Event["type"];

/** One whole invocation, as `zag exec -o json` prints it. The key order is the printed order. */
export interface AgentOutput {
  agent: string;
  /** The provider's own id of the session; `""` when it has none. */
  session_id: string;
  events: Event[];
  /** The final text. */
  result: string | null;
  is_error: boolean;
  exit_code?: number;
  error_message?: string;
  /** US dollars, by the provider's own account. */
  total_cost_usd: number | null;
  usage: Usage | null;
  model?: string;
  provider?: string;
  /** Absolute path of the session log. */
  log_path?: string;
}

/** The concatenated text of a message's text blocks. */
export function textOf(content: readonly ContentBlock[]): string {
  const only = content.length === 1 ? content[0] : undefined;
  if (only?.type === "text") return only.text;
  let text = "";
  for (const block of content) if (block.type === "text") text += block.text;
  return text;
}
