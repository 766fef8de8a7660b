/**
 * Reads the NDJSON of `gemini --output-format=stream-json`. Text comes in chunks that say nothing
 * about where a message ends: it ends where something else begins.
 */
import type { Usage } from "../../events/event.ts";
import { addUsage } from "../../events/usage.ts";
import { type Json, num, record, str } from "../json.ts";
import { emptyState, endStopped, endTurn, parseItem } from "../parsing.ts";
import type { Parser, ParserOptions, ParserSink, ParserState } from "../parser.ts";
import { geminiLimit } from "./limits.ts";

/** Without approval these are kept from the model; one that calls them all the same is refused. */
const WITHHELD = new Set(["run_shell_command", "write_file", "replace", "web_fetch"]);

/** After a tool that failed in this way the CLI does not ask the model again. */
const FINAL_FAILURES = new Set(["stop_execution", "no_space_left"]);

/** A parser for one invocation of `gemini`. */
export class GeminiParser implements Parser {
  readonly state: ParserState = emptyState();
  readonly #partial: boolean;
  readonly #cwd: string;
  /** Tool calls that have no result yet. */
  readonly #calls = new Map<string, { name: string; input: unknown }>();
  #turn = 0;
  /** Text that has been said and may go on. */
  #text = "";
  #lastText: string | undefined;
  /** An error that the CLI reported before the turn's result. */
  #failure: string | undefined;
  /** The last thing it complained about without giving up. */
  #warning: string | undefined;
  /** The model will not be asked again. */
  #isOver = false;

  constructor({ partialMessages, cwd }: Pick<ParserOptions, "partialMessages" | "cwd">) {
    this.#partial = partialMessages;
    this.#cwd = cwd;
  }

  line(text: string, sink: ParserSink): void {
    const item = parseItem(text, "Gemini CLI's output", (kind) => sink.note(kind));
    if (!item) return;
    if (item.type === "message" && item.role === "assistant") return this.#chunk(item, sink);
    this.#flush(sink);
    switch (item.type) {
      case "init":
        return this.#init(item, sink);
      case "message":
        // The prompt comes back when it is about to be sent.
        if (item.role === "user" && this.state.modelCalls === 0) this.state.modelCalls = 1;
        return;
      case "tool_use":
        return this.#toolUse(item, sink);
      case "tool_result":
        return this.#toolResult(item, sink);
      case "error":
        return this.#error(item, sink);
      case "result":
        return this.#result(item, sink);
    }
  }

  document(text: string, sink: ParserSink): void {
    let item: Json | undefined;
    try {
      item = record(JSON.parse(text));
    } catch {
      // Told below.
    }
    if (!item) {
      sink.note({ type: "parse_warning", message: "Gemini CLI printed no JSON", raw: text });
      return;
    }
    const models = record(record(item.stats)?.models) ?? {};
    this.#init({ session_id: item.session_id, model: Object.keys(models).at(-1) }, sink);
    this.#text = str(item.response) ?? "";
    this.#flush(sink);
    this.#end(
      {
        status: item.error === undefined ? "success" : "error",
        error: item.error,
        stats: { models },
      },
      sum(Object.values(models).map((model) => documentUsage(record(model)?.tokens))),
      sink,
    );
  }

  stop(message: string, sink: ParserSink): void {
    this.#flush(sink);
    endStopped(sink, this.state, this.#turn++, message);
  }

  end(sink: ParserSink): void {
    this.#flush(sink);
  }

  #init(item: Json, sink: ParserSink): void {
    if (this.state.sessionId !== undefined) return;
    this.state.sessionId = str(item.session_id) ?? "";
    this.state.model = str(item.model);
    sink.event({
      type: "init",
      model: this.state.model ?? "",
      tools: [],
      working_directory: this.#cwd,
      metadata: { session_id: this.state.sessionId, cwd: this.#cwd },
    });
  }

  #chunk(item: Json, sink: ParserSink): void {
    const text = str(item.content) ?? "";
    if (text === "") return;
    this.#text += text;
    if (this.#partial) sink.event({ type: "assistant_delta", text });
  }

  /** What was said so far is a message of its own. */
  #flush(sink: ParserSink): void {
    const text = this.#text;
    if (text === "") return;
    this.#text = "";
    this.#lastText = text;
    sink.event({ type: "assistant_message", content: [{ type: "text", text }], usage: null });
  }

  #toolUse(item: Json, sink: ParserSink): void {
    const id = str(item.tool_id) ?? "";
    const name = str(item.tool_name) ?? "unknown";
    const input = item.parameters ?? null;
    this.#calls.set(id, { name, input });
    sink.event({
      type: "assistant_message",
      content: [{ type: "tool_use", id, name, input }],
      usage: null,
    });
  }

  #toolResult(item: Json, sink: ParserSink): void {
    const id = str(item.tool_id) ?? "";
    const { name, input } = this.#calls.get(id) ?? { name: "unknown", input: null };
    const known = this.#calls.delete(id);
    const error = record(item.error);
    const kind = str(error?.type);
    const success = item.status !== "error";
    if (kind === "policy_violation" || (kind === "tool_not_registered" && WITHHELD.has(name))) {
      sink.event({
        type: "permission_request",
        tool_name: name,
        description: JSON.stringify(input),
        granted: false,
      });
    }
    sink.event({
      type: "tool_execution",
      tool_name: name,
      tool_id: id,
      input,
      result: {
        success,
        output: success ? str(item.output) ?? "" : null,
        error: success ? null : str(error?.message) ?? str(item.output) ?? "",
        data: error ?? null,
      },
    });
    if (FINAL_FAILURES.has(kind ?? "")) this.#isOver = true;
    // With the last result in hand the CLI asks the model again.
    if (known && this.#calls.size === 0 && !this.#isOver) this.state.modelCalls++;
  }

  #error(item: Json, sink: ParserSink): void {
    const message = str(item.message) ?? "Gemini CLI reported an error";
    if (item.severity === "warning") this.#warning = message;
    else this.#failure = message;
    sink.event({ type: "error", message, details: item });
  }

  #result(item: Json, sink: ParserSink): void {
    this.#end(item, streamUsage(record(item.stats)), sink);
  }

  #end(item: Json, usage: Usage | undefined, sink: ParserSink): void {
    const { state } = this;
    const stats = record(item.stats) ?? {};
    const models = Object.keys(record(stats.models) ?? {});
    // The CLI announces `auto` or `pro`, and counts what it really asked.
    if (models.length === 1) state.model = models[0];
    else if (models.length === 0 && record(stats.models)) state.modelCalls = 0;
    state.results++;
    const asked = models.length > 0 || !record(stats.models);
    // It calls a turn a success in which it asked nobody, for example about an input that it lost.
    if (!asked && this.#lastText === undefined) {
      this.#failure ??= this.#warning ?? "Gemini CLI asked no model";
    }
    state.isError = item.status !== "success" || (!asked && this.#lastText === undefined);
    state.result = this.#lastText;
    if (usage) state.usage = addUsage(state.usage, usage);
    state.errorMessage = state.isError ? this.#fail(item, sink) : undefined;
    endTurn(sink, state, {
      stopReason: undefined,
      turnIndex: this.#turn++,
      usage: usage ?? null,
      // Of a failure the CLI does not tell how long it took.
      durationMs: num(stats.duration_ms) || undefined,
      numTurns: state.modelCalls || undefined,
    });
    this.#lastText = undefined;
    this.#failure = undefined;
    this.#warning = undefined;
    this.#isOver = false;
    this.#calls.clear();
  }

  /** Says why the turn failed, unless that has been said, and whether a limit is the reason. */
  #fail(item: Json, sink: ParserSink): string {
    const error = record(item.error);
    const told = str(error?.message);
    // At a limit of its own the CLI does not make the next call.
    if (error?.type === "FatalTurnLimitedError") this.state.modelCalls--;
    const message = told ?? this.#failure ?? "Gemini CLI reported a failure without a reason";
    if (told !== undefined) sink.event({ type: "error", message, details: error });
    const limit = geminiLimit(message, str(item.timestamp));
    if (limit) sink.event(limit);
    return message;
  }
}

function streamUsage(stats: Json | undefined): Usage | undefined {
  return stats && tokens(stats.input_tokens, stats.output_tokens, stats.cached);
}

function documentUsage(value: unknown): Usage | undefined {
  const counts = record(value);
  return counts && tokens(counts.prompt, counts.candidates, counts.cached);
}

function tokens(input: unknown, output: unknown, cached: unknown): Usage {
  return {
    input_tokens: num(input) ?? 0,
    output_tokens: num(output) ?? 0,
    cache_read_tokens: num(cached) ?? null,
    cache_creation_tokens: null,
    web_search_requests: null,
    web_fetch_requests: null,
  };
}

function sum(usages: readonly (Usage | undefined)[]): Usage | undefined {
  return usages.reduce(
    (total, usage) => usage === undefined ? total : addUsage(total, usage),
    undefined,
  );
}
