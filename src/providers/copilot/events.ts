/**
 * Reads the JSONL of `copilot --output-format json`. Tokens are not in it: they are in a report that
 * the CLI writes at its end, so the end of the turn is held back until that has been read.
 */
import type { ContentBlock, Event, UsageLimitEvent } from "../../events/event.ts";
import { type Json, list, num, record, str } from "../json.ts";
import { emptyState, endStopped, endTurn, parseItem } from "../parsing.ts";
import type { Parser, ParserOptions, ParserSink, ParserState } from "../parser.ts";
import { copilotLimit } from "./limits.ts";
import { readToolEnd } from "./tools.ts";
import { usageOfModels, usageSince } from "./usage.ts";

/** A parser for one invocation of `copilot`. */
export class CopilotParser implements Parser {
  readonly state: ParserState = emptyState();
  readonly #options: ParserOptions;
  /** Tool calls that have not ended. */
  readonly #calls = new Map<string, { name: string; input: unknown }>();
  /** Ids of sub-agents, and the tool calls that started them. */
  readonly #agents = new Map<string, string>();
  /** What each agent thought last; the CLI tells it with the message and once more. */
  readonly #thoughts = new Map<string | undefined, string>();
  #servers: readonly unknown[] = [];
  #initialised = false;
  /** Time of the first event, in milliseconds. */
  #began: number | undefined;
  #durationMs: number | undefined;
  #lastText: string | undefined;
  #failure: { message: string; limit: UsageLimitEvent | null } | undefined;
  #abortion: string | undefined;
  #ended = false;

  constructor(options: ParserOptions) {
    this.#options = options;
  }

  line(text: string, sink: ParserSink): void {
    const item = parseItem(text, "Copilot's output", (kind) => sink.note(kind));
    if (item) this.#item(item, record(item.data) ?? {}, sink);
  }

  report(text: string): void {
    const { resume, usageBefore } = this.#options;
    let total;
    try {
      total = usageOfModels(record(JSON.parse(text))?.modelMetrics);
    } catch {
      // A CLI that was killed may have left half a file.
    }
    if (!total) return;
    // It counts from the beginning of the session: without that total this part of it is unknown.
    if (resume === undefined) this.state.usage = total;
    else if (usageBefore) this.state.usage = usageSince(usageBefore, total);
  }

  stop(message: string, sink: ParserSink): void {
    this.#initialise(sink);
    endStopped(sink, this.state, 0, message);
  }

  end(sink: ParserSink): void {
    if (!this.#ended) return;
    this.#initialise(sink);
    const limit = this.state.isError ? this.#failure?.limit : undefined;
    if (limit) sink.event(limit);
    endTurn(sink, this.state, {
      stopReason: undefined,
      turnIndex: 0,
      usage: this.state.usage ?? null,
      durationMs: this.#durationMs,
      numTurns: this.state.modelCalls || undefined,
    });
  }

  #item(item: Json, data: Json, sink: ParserSink): void {
    const time = Date.parse(str(item.timestamp) ?? "");
    if (!Number.isNaN(time)) this.#began ??= time;
    const agent = str(item.agentId);
    const parent = str(data.parentToolCallId) ??
      (agent === undefined ? undefined : this.#agents.get(agent) ?? agent);
    switch (item.type) {
      case "session.tools_updated":
        if (parent !== undefined) return;
        this.state.model = str(data.model) ?? this.state.model;
        return this.#initialise(sink);
      case "session.mcp_servers_loaded":
        this.#servers = list(data.servers);
        return;
      case "subagent.started":
        if (agent !== undefined) this.#agents.set(agent, str(data.toolCallId) ?? agent);
        return;
      case "assistant.turn_start":
        this.#thoughts.delete(agent);
        if (parent !== undefined) return;
        this.state.modelCalls++;
        this.#failure = undefined;
        return;
      case "assistant.message_delta":
        return this.#delta(data, parent, sink);
      case "assistant.message":
        this.#think(str(data.reasoningText), agent, parent, sink);
        return this.#message(data, parent, sink);
      case "assistant.reasoning":
        return this.#think(str(data.content), agent, parent, sink);
      case "tool.execution_start":
        this.#calls.set(str(data.toolCallId) ?? "", {
          name: str(data.toolName) ?? "unknown",
          input: data.arguments ?? null,
        });
        return;
      case "tool.execution_complete":
        return this.#toolEnd(data, parent, sink);
      case "session.error": {
        const message = str(data.message) ?? "Copilot reported an error";
        if (parent === undefined) this.#failure = { message, limit: copilotLimit(item) };
        return this.#emit({ type: "error", message, details: data }, sink);
      }
      case "abort":
        if (parent === undefined) this.#abortion = str(data.reason) ?? "unknown";
        return;
      case "result":
        return this.#result(item, time, sink);
      default:
        return note(item, data, sink);
    }
  }

  /** Announces the session, before anything else is told of it. */
  #initialise(sink: ParserSink): void {
    if (this.#initialised) return;
    this.#initialised = true;
    const { sessionId, resume, cwd } = this.#options;
    this.state.sessionId ??= resume ?? sessionId;
    this.state.model ??= this.#options.model;
    sink.event({
      type: "init",
      model: this.state.model ?? "",
      tools: [],
      working_directory: cwd,
      metadata: { session_id: this.state.sessionId, cwd, mcp_servers: this.#servers },
    });
  }

  #emit(event: Event, sink: ParserSink): void {
    this.#initialise(sink);
    sink.event(event);
  }

  #delta(data: Json, parent: string | undefined, sink: ParserSink): void {
    const text = str(data.deltaContent);
    if (!this.#options.partialMessages || !text) return;
    this.#emit(withParent({ type: "assistant_delta", text }, parent), sink);
  }

  #think(
    content: string | undefined,
    agent: string | undefined,
    parent: string | undefined,
    sink: ParserSink,
  ): void {
    if (!content || this.#thoughts.get(agent) === content) return;
    this.#thoughts.set(agent, content);
    this.#emit(withParent({ type: "reasoning", content }, parent), sink);
  }

  #message(data: Json, parent: string | undefined, sink: ParserSink): void {
    const content: ContentBlock[] = [];
    const text = str(data.content);
    if (text) content.push({ type: "text", text });
    for (const entry of list(data.toolRequests)) {
      const call = record(entry);
      if (!call) continue;
      const id = str(call.toolCallId) ?? "";
      const name = str(call.name) ?? "unknown";
      const input = call.arguments ?? null;
      this.#calls.set(id, { name, input });
      content.push({ type: "tool_use", id, name, input });
    }
    if (parent === undefined) {
      this.#lastText = text || this.#lastText;
      this.state.model = str(data.model) ?? this.state.model;
    }
    if (content.length === 0) return;
    this.#emit(withParent({ type: "assistant_message", content, usage: null }, parent), sink);
  }

  #toolEnd(data: Json, parent: string | undefined, sink: ParserSink): void {
    const { id, success, text, refused, data: own } = readToolEnd(data);
    const call = this.#calls.get(id) ?? { name: "unknown", input: null };
    this.#calls.delete(id);
    if (refused) {
      this.#emit({
        type: "permission_request",
        tool_name: call.name,
        description: JSON.stringify(call.input),
        granted: false,
      }, sink);
    }
    this.#emit(
      withParent({
        type: "tool_execution",
        tool_name: call.name,
        tool_id: id,
        input: call.input,
        result: {
          success,
          output: success ? text : null,
          error: success ? null : text,
          data: own,
        },
      }, parent),
      sink,
    );
  }

  #result(item: Json, time: number, sink: ParserSink): void {
    const state = this.state;
    state.sessionId = str(item.sessionId) ?? state.sessionId;
    if (!this.#ended) state.results++;
    this.#ended = true;
    state.result = this.#lastText;
    // The exit code of a turn that was cut off can be 0.
    state.errorMessage = this.#abortion !== undefined
      ? `The turn was aborted: ${this.#abortion}`
      : this.#failure?.message ??
        (item.exitCode === 0 ? undefined : `Copilot ended with exit code ${item.exitCode}`);
    state.isError = state.errorMessage !== undefined;
    // The durations that the CLI states count from the beginning of the session.
    const ms = time - (this.#began ?? NaN);
    this.#durationMs = ms >= 0 ? ms : undefined;
    const usage = record(item.usage);
    const requests = num(usage?.premiumRequests);
    if (requests !== undefined) {
      sink.note({
        type: "provider_status",
        message: `Premium requests of the session so far: ${requests}`,
        data: usage,
      });
    }
  }
}

/** Notes what is no event but helps to understand how things went. */
function note(item: Json, data: Json, sink: ParserSink): void {
  const message = noteOf(item, data);
  if (message !== undefined) sink.note({ type: "provider_status", message, data });
}

function noteOf(item: Json, data: Json): string | undefined {
  switch (item.type) {
    case "model.call_failure": {
      const status = num(data.statusCode);
      const code = status === undefined ? "" : ` with status ${status}`;
      return `A call of the model failed${code}: ${plainReason(data.errorMessage)}`;
    }
    case "assistant.turn_retry":
      return `Retrying: ${str(data.reason) ?? "no reason given"}`;
    case "session.mcp_server_status_changed":
      return data.status === "failed"
        ? `MCP server "${data.serverName}" failed: ${str(data.error) ?? "no reason given"}`
        : undefined;
    case "session.warning":
      return str(data.message);
  }
}

/** The words of an error that came as JSON. */
function plainReason(value: unknown): string {
  const text = str(value) ?? "no reason given";
  try {
    const parsed = JSON.parse(text);
    return str(parsed) ?? str(record(parsed)?.message) ?? text;
  } catch {
    return text;
  }
}

function withParent<E extends Event>(event: E, parent: string | undefined): E {
  return parent === undefined ? event : { ...event, parent_tool_use_id: parent };
}
