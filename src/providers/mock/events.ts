/**
 * Reads the NDJSON of the mock agent. A line that cannot be read becomes a note and is passed over;
 * scripts print such lines on purpose.
 */
import type { ContentBlock, Usage, UsageLimitEvent, UsageLimitScope } from "../../events/event.ts";
import { addUsage } from "../../events/usage.ts";
import { type Json, list, num, record, str } from "../json.ts";
import { emptyState, endStopped, endTurn, parseItem } from "../parsing.ts";
import type { Parser, ParserOptions, ParserSink, ParserState } from "../parser.ts";

const SCOPES: readonly string[] = [
  "session",
  "weekly",
  "global",
  "daily",
] satisfies UsageLimitScope[];

/** A parser for one invocation of the mock agent. */
export class MockParser implements Parser {
  readonly state: ParserState = emptyState();
  readonly #partial: boolean;
  /** Tool calls that have no result yet. */
  readonly #calls = new Map<string, { name: string; input: unknown }>();
  #initialised = false;
  #turn = 0;

  constructor(options: Pick<ParserOptions, "partialMessages">) {
    this.#partial = options.partialMessages;
  }

  line(text: string, sink: ParserSink): void {
    const item = parseItem(text, "The mock agent's output", (kind) => sink.note(kind));
    if (item) this.#item(item, text, sink);
  }

  stop(message: string, sink: ParserSink): void {
    endStopped(sink, this.state, this.#turn++, message);
  }

  end(_sink: ParserSink): void {}

  #item(item: Json, raw: string, sink: ParserSink): void {
    switch (item.type) {
      case "init":
        return this.#init(item, sink);
      case "user":
        return sink.event({ type: "user_message", content: textBlocks(item) });
      case "delta":
        if (this.#partial) sink.event({ type: "assistant_delta", text: str(item.text) ?? "" });
        return;
      case "thinking":
        return sink.event({ type: "reasoning", content: str(item.text) ?? "" });
      case "text":
        return sink.event({ type: "assistant_message", content: textBlocks(item), usage: null });
      case "tool_call":
        return this.#toolCall(item, sink);
      case "tool_result":
        return this.#toolResult(item, sink);
      case "permission":
        return sink.event({
          type: "permission_request",
          tool_name: str(item.tool) ?? "unknown",
          description: str(item.description) ?? "",
          granted: item.granted === true,
        });
      case "question": {
        const [id, toolName] = [str(item.id), str(item.tool) ?? "unknown"];
        if (id === undefined) return;
        return sink.question?.({ id, stage: "final", toolName, input: item.input ?? null });
      }
      case "error":
        return sink.event({
          type: "error",
          message: str(item.message) ?? "unknown error",
          details: item.details ?? null,
        });
      case "limit":
        return sink.event(limitOf(item));
      case "interrupted":
        return sink.note({ type: "provider_status", message: "Turn interrupted", data: item });
      case "usage":
        this.state.underway = {
          usage: usageOf(item.usage) ?? undefined,
          costUsd: num(item.cost_usd),
        };
        return;
      case "turn_end":
        return this.#turnEnd(item, sink);
      default:
        sink.note({
          type: "parse_warning",
          message: `Mock agent printed an unknown type "${String(item.type)}"`,
          raw,
        });
    }
  }

  #init(item: Json, sink: ParserSink): void {
    const session = str(item.session_id);
    this.state.sessionId = session ?? this.state.sessionId;
    this.state.model = str(item.model) ?? this.state.model;
    if (this.#initialised) return;
    this.#initialised = true;
    const cwd = str(item.cwd) ?? null;
    sink.event({
      type: "init",
      model: str(item.model) ?? "",
      tools: list(item.tools).filter((tool): tool is string => typeof tool === "string"),
      working_directory: cwd,
      metadata: { session_id: session ?? null, cwd },
    });
  }

  #toolCall(item: Json, sink: ParserSink): void {
    const id = str(item.id) ?? "";
    const name = str(item.name) ?? "unknown";
    const input = item.input ?? null;
    this.#calls.set(id, { name, input });
    sink.event({
      type: "assistant_message",
      content: [{ type: "tool_use", id, name, input }],
      usage: null,
    });
  }

  #toolResult(item: Json, sink: ParserSink): void {
    const id = str(item.id) ?? "";
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    sink.event({
      type: "tool_execution",
      tool_name: call?.name ?? "unknown",
      tool_id: id,
      input: call?.input ?? null,
      result: {
        success: item.success !== false,
        output: str(item.output) ?? null,
        error: str(item.error) ?? null,
        data: item.data ?? null,
      },
    });
  }

  #turnEnd(item: Json, sink: ParserSink): void {
    const state = this.state;
    const usage = usageOf(item.usage);
    const cost = num(item.cost_usd);
    state.sessionId = str(item.session_id) ?? state.sessionId;
    state.results++;
    // Success must be said: an end that cannot be read is no success.
    state.isError = item.success !== true;
    state.errorMessage = state.isError ? str(item.error) ?? "The mock agent failed" : undefined;
    state.result = str(item.result);
    delete state.underway;
    if (cost !== undefined) state.costUsd = (state.costUsd ?? 0) + cost;
    if (usage) state.usage = addUsage(state.usage, usage);
    endTurn(sink, state, {
      stopReason: str(item.stop_reason),
      turnIndex: this.#turn++,
      usage,
      durationMs: num(item.duration_ms),
      numTurns: num(item.num_turns),
    });
    this.#calls.clear();
  }
}

function textBlocks(item: Json): ContentBlock[] {
  return [{ type: "text", text: str(item.text) ?? "" }];
}

/** Tokens of a turn; null where none were counted. */
export function usageOf(value: unknown): Usage | null {
  const usage = record(value);
  if (!usage) return null;
  return {
    input_tokens: num(usage.input_tokens) ?? 0,
    output_tokens: num(usage.output_tokens) ?? 0,
    cache_read_tokens: num(usage.cache_read_tokens) ?? null,
    cache_creation_tokens: num(usage.cache_creation_tokens) ?? null,
    web_search_requests: null,
    web_fetch_requests: null,
  };
}

/** The limit that a line tells of. */
export function limitOf(item: Json): UsageLimitEvent {
  const scope = str(item.scope) ?? "";
  const reset = str(item.reset_at);
  const raw = str(item.message);
  return {
    type: "usage_limit_detected",
    provider: "mock",
    scope: SCOPES.includes(scope) ? scope as UsageLimitScope : "unknown",
    ...(reset === undefined ? {} : { reset_at: reset }),
    ...(raw === undefined ? {} : { raw }),
  };
}
