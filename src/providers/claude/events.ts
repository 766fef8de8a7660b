/**
 * Reads the NDJSON of `claude -p --output-format stream-json --verbose`. Whatever has an unexpected
 * shape is passed over piece by piece: newer versions add types and fields all the time.
 */
import {
  type ContentBlock,
  type Event,
  textOf,
  type ToolExecutionEvent,
  type Usage,
} from "../../events/event.ts";
import { addUsage } from "../../events/usage.ts";
import { emptyState, endStopped, endTurn, parseItem } from "../parsing.ts";
import type { Parser, ParserOptions, ParserSink, ParserState } from "../parser.ts";
import { type Json, list, num, record, str } from "../json.ts";
import { claudeLimit } from "./limits.ts";
import { readQuestion } from "./permissions.ts";

/** `system/init` fields that have a slot of their own or say nothing about the session. */
const INIT_OMIT = new Set([
  "type",
  "subtype",
  "model",
  "tools",
  "uuid",
  "slash_commands",
  "agents",
  "skills",
  "plugins",
  "memory_paths",
]);

/** A parser for one invocation of `claude`. */
export class ClaudeParser implements Parser {
  readonly state: ParserState = emptyState();
  readonly #partial: boolean;
  /** Tool calls that have no result yet. */
  readonly #calls = new Map<string, { name: string; input: unknown }>();
  #initialised = false;
  #turn = 0;
  #lastText = "";
  #failureTag: string | undefined;

  constructor(options: Pick<ParserOptions, "partialMessages">) {
    this.#partial = options.partialMessages;
  }

  line(text: string, sink: ParserSink): void {
    const item = parseItem(text, "Claude Code's output", (kind) => sink.note(kind));
    if (item) this.#item(item, sink);
  }

  document(text: string, sink: ParserSink): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      sink.note({ type: "parse_warning", message: "Claude Code printed no JSON", raw: text });
      return;
    }
    for (const entry of Array.isArray(value) ? value : [value]) {
      const item = record(entry);
      if (item) this.#item(item, sink);
    }
  }

  stop(message: string, sink: ParserSink): void {
    endStopped(sink, this.state, this.#turn++, message);
  }

  end(_sink: ParserSink): void {}

  #item(item: Json, sink: ParserSink): void {
    const session = str(item.session_id);
    if (session) this.state.sessionId = session;
    switch (item.type) {
      case "assistant":
        return this.#assistant(item, sink);
      case "user":
        return this.#user(item, sink);
      case "stream_event":
        return this.#partialEvent(item, sink);
      case "result":
        return this.#result(item, sink);
      case "system":
        return this.#system(item, sink);
      case "control_request": {
        const question = readQuestion(item);
        if (question) sink.question?.(question);
      }
    }
  }

  #system(item: Json, sink: ParserSink): void {
    if (item.subtype === "init") {
      const model = str(item.model);
      if (model) this.state.model = model;
      // Streaming input repeats it at every turn.
      if (this.#initialised) return;
      this.#initialised = true;
      const metadata: Json = {};
      for (const [key, value] of Object.entries(item)) {
        if (!INIT_OMIT.has(key)) metadata[key] = value;
      }
      sink.event({
        type: "init",
        model: model ?? "",
        tools: list(item.tools).filter((tool): tool is string => typeof tool === "string"),
        working_directory: str(item.cwd) ?? null,
        metadata,
      });
    } else if (item.subtype === "api_retry") {
      const seconds = ((num(item.retry_delay_ms) ?? 0) / 1000).toFixed(1);
      sink.note({
        type: "provider_status",
        message: `Retrying in ${seconds} s (${item.attempt} of ${item.max_retries}): ` +
          `${str(item.error) ?? "error"} ${num(item.error_status) ?? ""}`.trimEnd(),
        data: item,
      });
    } else if (item.subtype === "task_started" || item.subtype === "task_notification") {
      sink.note({
        type: "provider_status",
        message: str(item.summary) ?? str(item.description) ?? `Claude ${item.subtype}`,
        data: item,
      });
    }
  }

  #assistant(item: Json, sink: ParserSink): void {
    const message = record(item.message);
    if (!message) return;
    const parent = str(item.parent_tool_use_id);
    const native = list(message.content);
    const failure = str(item.error);
    if (failure !== undefined && message.model === "<synthetic>") {
      // The CLI dresses API errors up as something the assistant said.
      this.#failureTag = failure;
      const text = native.map((block) => str(record(block)?.text) ?? "").join("");
      sink.event({ type: "error", message: text, details: { error: failure } });
      return;
    }
    const content: ContentBlock[] = [];
    for (const entry of native) {
      const block = record(entry);
      if (!block) continue;
      const text = str(block.text);
      if (block.type === "text" && text !== undefined) content.push({ type: "text", text });
      else if (block.type === "tool_use") {
        const id = str(block.id) ?? "";
        const name = str(block.name) ?? "unknown";
        this.#calls.set(id, { name, input: block.input });
        content.push({ type: "tool_use", id, name, input: block.input ?? null });
      } else if (block.type === "thinking" && str(block.thinking)) {
        sink.event(withParent({ type: "reasoning", content: str(block.thinking)! }, parent));
      }
    }
    if (content.length === 0) return;
    const text = textOf(content);
    if (text !== "" && parent === undefined) this.#lastText = text;
    sink.event(withParent({
      type: "assistant_message",
      content,
      // While a message streams its counters hold start values; the turn's `result` has the truth.
      usage: message.stop_reason ? usageOf(message.usage) : null,
    }, parent));
  }

  #user(item: Json, sink: ParserSink): void {
    const native = record(item.message)?.content;
    const blocks: ContentBlock[] = [];
    if (typeof native === "string") blocks.push({ type: "text", text: native });
    for (const entry of list(native)) {
      const block = record(entry);
      if (block?.type === "tool_result") sink.event(this.#toolResult(block, item));
      else if (block?.type === "text" && str(block.text) !== undefined) {
        blocks.push({ type: "text", text: str(block.text)! });
      }
    }
    if (blocks.length > 0) sink.event({ type: "user_message", content: blocks });
  }

  #toolResult(block: Json, item: Json): ToolExecutionEvent {
    const id = str(block.tool_use_id) ?? "";
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    const text = typeof block.content === "string"
      ? block.content
      : list(block.content).map((part) => str(record(part)?.text)).filter((part) =>
        part !== undefined
      ).join("\n");
    const success = block.is_error !== true;
    return withParent({
      type: "tool_execution",
      tool_name: call?.name ?? "unknown",
      tool_id: id,
      input: call?.input ?? null,
      result: {
        success,
        output: success ? text : null,
        error: success ? null : text,
        data: item.tool_use_result ?? null,
      },
    }, str(item.parent_tool_use_id));
  }

  #partialEvent(item: Json, sink: ParserSink): void {
    if (!this.#partial) return;
    const delta = record(record(item.event)?.delta);
    const text = delta?.type === "text_delta" ? str(delta.text) : undefined;
    if (text) {
      sink.event(withParent({ type: "assistant_delta", text }, str(item.parent_tool_use_id)));
    }
  }

  #result(item: Json, sink: ParserSink): void {
    const state = this.state;
    const usage = usageOf(item.usage);
    state.results++;
    state.isError = item.is_error === true;
    state.structured = item.structured_output;
    if (item.subtype === "error_max_budget_usd") state.overBudget = true;
    state.costUsd = num(item.total_cost_usd) ?? state.costUsd;
    if (usage) state.usage = addUsage(state.usage, usage);
    const errors = list(item.errors).filter((error) => typeof error === "string").join("; ");
    let text = str(item.result);
    if (!text && state.structured !== undefined) text = JSON.stringify(state.structured);
    if (!text && !state.isError) text = this.#lastText;
    state.result = text;
    const aborted = str(item.terminal_reason)?.startsWith("aborted") === true;
    state.errorMessage = state.isError
      ? text || (aborted ? "The turn was interrupted" : errors) ||
        `Claude Code ended with ${str(item.subtype) ?? "an error"}`
      : undefined;
    for (const entry of list(item.permission_denials)) {
      const denial = record(entry);
      if (!denial) continue;
      sink.event({
        type: "permission_request",
        tool_name: str(denial.tool_name) ?? "unknown",
        description: JSON.stringify(denial.tool_input ?? null),
        granted: false,
      });
    }
    if (state.isError) {
      const limit = claudeLimit({
        status: num(item.api_error_status),
        tag: this.#failureTag,
        text: state.errorMessage ?? "",
      });
      if (limit) sink.event(limit);
    }
    endTurn(sink, state, {
      stopReason: str(item.stop_reason),
      turnIndex: this.#turn++,
      usage,
      durationMs: num(item.duration_ms),
      numTurns: num(item.num_turns),
    });
    this.#lastText = "";
    this.#failureTag = undefined;
    this.#calls.clear();
  }
}

function withParent<E extends Event>(event: E, parent: string | undefined): E {
  return parent === undefined ? event : { ...event, parent_tool_use_id: parent };
}

/** Tokens as Claude writes them; null where it wrote none. */
export function usageOf(value: unknown): Usage | null {
  const usage = record(value);
  if (!usage) return null;
  const server = record(usage.server_tool_use);
  return {
    input_tokens: num(usage.input_tokens) ?? 0,
    output_tokens: num(usage.output_tokens) ?? 0,
    cache_read_tokens: num(usage.cache_read_input_tokens) ?? 0,
    cache_creation_tokens: num(usage.cache_creation_input_tokens) ?? 0,
    web_search_requests: server ? num(server.web_search_requests) ?? null : null,
    web_fetch_requests: server ? num(server.web_fetch_requests) ?? null : null,
  };
}
