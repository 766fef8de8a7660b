/**
 * Reads the NDJSON of `codex exec --json`. Whatever has an unexpected shape is passed over piece by
 * piece: newer versions add types and fields all the time.
 */
import type { Usage } from "../../events/event.ts";
import { addUsage } from "../../events/usage.ts";
import { type Json, record, str } from "../json.ts";
import { emptyState, endStopped, endTurn, parseItem } from "../parsing.ts";
import type { Parser, ParserOptions, ParserSink, ParserState } from "../parser.ts";
import { codexLimit } from "./limits.ts";
import { readToolItem, type ToolItem } from "./tools.ts";
import { moreUsage } from "../usage_lines.ts";
import { readUsage } from "./usage.ts";

/** How the header on stderr names the session where stdout is plain text. */
const SESSION = /^session id: ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/m;
const HEADER_LENGTH = 16 * 1024;

/** What Codex says when it is about to try again by itself. */
const RETRY = /^(Reconnecting\.\.\.|Falling back from WebSockets)/;

/** A parser for one invocation of `codex exec`. */
export class CodexParser implements Parser {
  readonly state: ParserState = emptyState();
  readonly #cwd: string;
  readonly #now: () => Date;
  /** Ids of the calls that were announced and have not ended. */
  readonly #open = new Set<string>();
  /** Tokens of the whole session, as of the last turn that told. */
  #total: Usage | undefined;
  #header = "";
  #initialised = false;
  #turn = 0;
  #lastText: string | undefined;
  #lastError: string | undefined;

  /** @param now Tells the day of a limit that names a time alone. */
  constructor(
    options: Pick<ParserOptions, "model" | "cwd" | "usageBefore">,
    now: () => Date = () => new Date(),
  ) {
    this.#cwd = options.cwd;
    this.#total = options.usageBefore;
    this.#now = now;
    this.state.model = options.model;
  }

  line(text: string, sink: ParserSink): void {
    const event = parseItem(text, "Codex's output", (kind) => sink.note(kind));
    if (!event) return;
    const item = record(event.item) ?? {};
    switch (event.type) {
      case "thread.started":
        return this.#started(event, sink);
      case "item.started":
        return this.#itemStarted(item, sink);
      case "item.completed":
        return this.#itemCompleted(item, sink);
      case "turn.completed":
        return this.#completed(event, sink);
      case "turn.failed":
        return this.#failed(event, sink);
      case "error":
        return this.#error(event, sink);
    }
  }

  stderr(text: string): void {
    if (this.state.sessionId !== undefined || this.#header.length > HEADER_LENGTH) return;
    this.#header += text;
    this.state.sessionId = SESSION.exec(this.#header)?.[1];
  }

  stop(message: string, sink: ParserSink): void {
    endStopped(sink, this.state, this.#turn++, message);
  }

  end(_sink: ParserSink): void {}

  #started(event: Json, sink: ParserSink): void {
    const id = str(event.thread_id);
    if (id !== undefined) this.state.sessionId = id;
    if (this.#initialised) return;
    this.#initialised = true;
    sink.event({
      type: "init",
      model: this.state.model ?? "",
      tools: [],
      working_directory: this.#cwd,
      metadata: { session_id: id },
    });
  }

  #itemStarted(item: Json, sink: ParserSink): void {
    // What is searched for is known only when it was found.
    const tool = item.type === "web_search" ? undefined : readToolItem(item);
    if (tool) this.#announce(item, tool, sink);
  }

  #itemCompleted(item: Json, sink: ParserSink): void {
    const text = str(item.text);
    if (item.type === "agent_message" && text !== undefined) {
      this.#lastText = text;
      sink.event({ type: "assistant_message", content: [{ type: "text", text }], usage: null });
    } else if (item.type === "reasoning" && text !== undefined) {
      sink.event({ type: "reasoning", content: text });
    } else if (item.type === "error") {
      // Codex goes on: it is a warning.
      sink.note({ type: "provider_status", message: str(item.message) ?? "Warning", data: item });
    } else {
      const tool = readToolItem(item);
      if (tool) this.#execution(item, tool, sink);
    }
  }

  #announce(item: Json, { name, input }: ToolItem, sink: ParserSink): void {
    const id = str(item.id) ?? "";
    if (this.#open.has(id)) return;
    this.#open.add(id);
    sink.event({
      type: "assistant_message",
      content: [{ type: "tool_use", id, name, input }],
      usage: null,
    });
  }

  #execution(item: Json, tool: ToolItem, sink: ParserSink): void {
    const id = str(item.id) ?? "";
    this.#announce(item, tool, sink);
    this.#open.delete(id);
    const { name, input, result, refused } = tool;
    if (refused) {
      sink.event({
        type: "permission_request",
        tool_name: name,
        description: JSON.stringify(input) ?? "",
        granted: false,
      });
    }
    sink.event({ type: "tool_execution", tool_name: name, tool_id: id, input, result });
  }

  #error(event: Json, sink: ParserSink): void {
    const message = str(event.message) ?? "Unknown error";
    if (RETRY.test(message)) {
      sink.note({ type: "provider_status", message, data: event });
      return;
    }
    this.#lastError = message;
    sink.event({ type: "error", message: readable(message), details: event });
  }

  #completed(event: Json, sink: ParserSink): void {
    const { state } = this;
    const total = readUsage(event.usage);
    const usage = total ? moreUsage(total, this.#total) : null;
    if (usage) state.usage = addUsage(state.usage, usage);
    this.#total = total ?? this.#total;
    state.isError = false;
    state.errorMessage = undefined;
    state.result = this.#lastText;
    this.#end(usage, sink);
  }

  #failed(event: Json, sink: ParserSink): void {
    const { state } = this;
    // Some versions ago it was a text.
    const message = str(record(event.error)?.message) ?? str(event.error) ?? this.#lastError ??
      "Codex ended with an error";
    if (message !== this.#lastError) {
      sink.event({ type: "error", message: readable(message), details: event.error ?? null });
    }
    state.isError = true;
    state.errorMessage = readable(message);
    state.result = undefined;
    const limit = codexLimit(message, this.#now());
    if (limit) sink.event(limit);
    this.#end(null, sink);
  }

  #end(usage: Usage | null, sink: ParserSink): void {
    this.state.results++;
    this.#open.clear();
    this.#lastText = undefined;
    this.#lastError = undefined;
    endTurn(sink, this.state, {
      stopReason: undefined,
      turnIndex: this.#turn++,
      usage,
      durationMs: undefined,
      numTurns: undefined,
    });
  }
}

/** What an API says as JSON is shown as a sentence. */
function readable(message: string): string {
  if (!message.startsWith("{")) return message;
  try {
    const body = record(JSON.parse(message));
    return str(record(body?.error)?.message) ?? str(body?.message) ?? message;
  } catch {
    return message;
  }
}
