/** Reads the NDJSON of zag's own Ollama agent. */
import type { Usage } from "../../events/event.ts";
import { type Json, num, record, str } from "../json.ts";
import { emptyState, endStopped, endTurn, parseItem } from "../parsing.ts";
import type { Parser, ParserOptions, ParserSink, ParserState } from "../parser.ts";

/** With it a server that works for many people says that one has had enough for now. */
const TOO_MANY_REQUESTS = 429;

/** A parser for one invocation of the agent. */
export class OllamaParser implements Parser {
  readonly state: ParserState = emptyState();
  readonly #partial: boolean;
  #initialised = false;
  #turn = 0;

  constructor(options: Pick<ParserOptions, "partialMessages">) {
    this.#partial = options.partialMessages;
  }

  line(text: string, sink: ParserSink): void {
    const item = parseItem(text, "The Ollama agent's output", (kind) => sink.note(kind));
    if (item) this.#item(item, sink);
  }

  stop(message: string, sink: ParserSink): void {
    endStopped(sink, this.state, this.#turn++, message);
  }

  end(_sink: ParserSink): void {}

  #item(item: Json, sink: ParserSink): void {
    const text = str(item.text) ?? "";
    const message = str(item.message) ?? "";
    switch (item.type) {
      case "init":
        return this.#init(item, sink);
      case "thinking":
        return sink.event({ type: "reasoning", content: text });
      case "delta":
        if (this.#partial) sink.event({ type: "assistant_delta", text });
        return;
      case "text":
        return sink.event({
          type: "assistant_message",
          content: [{ type: "text", text }],
          usage: null,
        });
      case "status":
        return sink.note({ type: "provider_status", message, data: null });
      case "error":
        return sink.event({
          type: "error",
          message,
          details: item.refusal ?? null,
        });
      case "result":
        return this.#result(item, sink);
    }
  }

  #init(item: Json, sink: ParserSink): void {
    this.state.sessionId = str(item.session_id) ?? this.state.sessionId;
    this.state.model = str(item.model) ?? this.state.model;
    if (this.#initialised) return;
    this.#initialised = true;
    const { type: _, model: __, ...metadata } = item;
    sink.event({
      type: "init",
      model: str(item.model) ?? "",
      tools: [],
      working_directory: str(item.cwd) ?? null,
      metadata,
    });
  }

  #result(item: Json, sink: ParserSink): void {
    const state = this.state;
    const usage = usageOf(item.usage);
    state.sessionId = str(item.session_id) ?? state.sessionId;
    state.results++;
    // Success must be said: an end that cannot be read is no success.
    state.isError = item.success !== true;
    state.errorMessage = state.isError ? str(item.error) ?? "The Ollama agent failed" : undefined;
    state.result = str(item.text);
    if (usage) state.usage = usage;
    const refusal = record(item.refusal);
    if (state.isError && refusal?.status === TOO_MANY_REQUESTS) {
      sink.event({
        type: "usage_limit_detected",
        provider: "ollama",
        scope: "unknown",
        raw: str(refusal.error) ?? "",
      });
    }
    endTurn(sink, state, {
      stopReason: str(item.stop_reason),
      turnIndex: this.#turn++,
      usage,
      durationMs: num(record(item.durations)?.total_ms),
      // A failure can have come before the model was asked.
      numTurns: state.isError ? undefined : 1,
    });
  }
}

function usageOf(value: unknown): Usage | null {
  const usage = record(value);
  if (!usage) return null;
  return {
    input_tokens: num(usage.input_tokens) ?? 0,
    output_tokens: num(usage.output_tokens) ?? 0,
    cache_read_tokens: num(usage.cache_read_tokens) ?? null,
    cache_creation_tokens: null,
    web_search_requests: null,
    web_fetch_requests: null,
  };
}
