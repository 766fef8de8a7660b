/** Where `copilot` keeps a session, and how the lines of that file read as log entries. */
import { join } from "node:path";
import type { Usage } from "../../events/event.ts";
import type { LogKind } from "../../events/log_event.ts";
import { toolKind } from "../../events/tool_kinds.ts";
import { type Json, list, record, str } from "../json.ts";
import { limitLine } from "../limit_lines.ts";
import { parseItem } from "../parsing.ts";
import type {
  Transcript,
  TranscriptParser,
  TranscriptParserOptions,
  TranscriptPlace,
  TranscriptRequest,
} from "../transcript.ts";
import { addUsage } from "../../events/usage.ts";
import { moreUsage, usageLine } from "../usage_lines.ts";
import { copilotLimit } from "./limits.ts";
import { readToolEnd, TOOL_KINDS } from "./tools.ts";
import { usageOfCall, usageOfModels } from "./usage.ts";

/** Copilot's own session files: a folder a session, its events appended while it runs. */
export const copilotTranscript: Transcript = {
  places,
  everywhere: (request) => places({ ...request, sessionId: undefined }),
  parser: (options) => new CopilotTranscriptParser(options),
  totalUsage,
};

function places({ sessionId, home, env }: TranscriptRequest): TranscriptPlace[] {
  const directory = join(env.COPILOT_HOME || join(home, ".copilot"), "session-state");
  return [{ directory, path: [sessionId ?? /^[0-9a-f-]{36}$/, "events.jsonl"] }];
}

/** A run ends with the totals of its session; a session begins with nothing. */
function totalUsage(line: string): Usage | undefined {
  // Most lines are something else, and long.
  if (!/"session\.(start|shutdown)"/.test(line)) return undefined;
  const item = parseItem(line, "", () => {});
  if (item?.type === "session.start") return usageOfModels({});
  if (item?.type !== "session.shutdown") return undefined;
  return usageOfModels(record(item.data)?.modelMetrics);
}

class CopilotTranscriptParser implements TranscriptParser {
  readonly state: TranscriptParser["state"] = {
    answer: undefined,
    finished: false,
    sessionId: undefined,
    cwd: undefined,
    directory: undefined,
    model: undefined,
    time: undefined,
  };
  /** Tokens of the whole session that have been told. */
  #total: Usage | undefined;
  /** Names and inputs of the tool calls that have not ended. */
  readonly #calls = new Map<string, { name: string; input: unknown }>();
  /** The last call of the model ended with an answer and asked for no tool. */
  #answered = false;

  constructor({ usageBefore }: TranscriptParserOptions = {}) {
    this.#total = usageBefore;
  }

  line(text: string, out: (kind: LogKind) => void): void {
    const item = parseItem(text, "The transcript", out);
    if (!item) return;
    const data = record(item.data) ?? {};
    const agent = str(data.parentToolCallId) ?? str(item.agentId);
    this.state.time = str(item.timestamp) ?? this.state.time;
    switch (item.type) {
      case "session.start":
        this.state.sessionId = str(data.sessionId) ?? this.state.sessionId;
        this.state.cwd = str(record(data.context)?.cwd) ?? this.state.cwd;
        this.state.directory = this.state.cwd;
        this.state.model ??= str(data.selectedModel);
        return;
      case "session.usage_record":
        return this.#used(record(data.usage) ?? {}, agent, out);
      case "session.shutdown":
        return this.#usedInAll(data.modelMetrics, out);
      case "user.message":
        return this.#user(data, agent, out);
      case "assistant.turn_start":
        if (agent === undefined) this.state.finished = this.#answered = false;
        return;
      case "assistant.message":
        return this.#assistant(data, agent, out);
      case "assistant.turn_end":
        if (agent === undefined) this.state.finished = this.#answered;
        return;
      case "tool.execution_start":
        return this.#call(data.toolCallId, data.toolName, data.arguments, out);
      case "tool.execution_complete":
        return this.#toolEnd(data, out);
      case "session.error": {
        if (agent === undefined) this.state.finished = false;
        const limit = copilotLimit(item);
        if (limit && agent === undefined) out(limitLine(limit, str(item.id)));
        return status(str(data.message) ?? "Copilot reported an error", data, out);
      }
      case "abort":
        if (agent === undefined) this.state.finished = false;
        return status(`The turn was aborted: ${str(data.reason) ?? "unknown"}`, data, out);
      case "session.info":
      case "session.warning":
        return status(str(data.message) ?? "Copilot has a message without text", data, out);
    }
  }

  /** A call of the model is over. */
  #used(call: Json, agent: string | undefined, out: (kind: LogKind) => void): void {
    const model = str(call.model);
    if (agent === undefined) this.state.model = model ?? this.state.model;
    const usage = usageOfCall(call);
    this.#total = addUsage(this.#total, usage);
    const line = usageLine(usage, model);
    if (line) out(line);
  }

  /** The totals hold what no call was noted for: older versions note none. */
  #usedInAll(modelMetrics: unknown, out: (kind: LogKind) => void): void {
    const total = usageOfModels(modelMetrics);
    if (!total) return;
    const line = usageLine(moreUsage(total, this.#total), this.state.model);
    this.#total = total;
    if (line) out(line);
  }

  #user(data: Json, agent: string | undefined, out: (kind: LogKind) => void): void {
    const content = str(data.content);
    // What the CLI or another agent says in the user's place has a source.
    const typed = data.source === undefined && data.isAutopilotContinuation !== true;
    if (agent !== undefined || !typed || content === undefined) return;
    this.state.finished = false;
    const id = str(data.messageId) ?? null;
    out({ type: "user_message", role: "user", content, message_id: id });
  }

  #assistant(data: Json, agent: string | undefined, out: (kind: LogKind) => void): void {
    const id = str(data.messageId) ?? null;
    const thought = str(data.reasoningText);
    if (thought) out({ type: "reasoning", content: thought, message_id: id });
    const content = str(data.content);
    const requests = list(data.toolRequests);
    if (agent === undefined) {
      this.#answered = requests.length === 0;
      if (content) this.state.answer = content;
    }
    if (content) {
      out({
        type: "assistant_message",
        content,
        message_id: id,
        ...(agent === undefined ? {} : { parent_tool_use_id: agent }),
      });
    }
    for (const entry of requests) {
      const call = record(entry);
      if (call) this.#call(call.toolCallId, call.name, call.arguments, out);
    }
  }

  /** A call is told when it is asked for, and again when it begins. */
  #call(toolCallId: unknown, toolName: unknown, args: unknown, out: (kind: LogKind) => void): void {
    const id = str(toolCallId) ?? "";
    if (this.#calls.has(id)) return;
    const name = str(toolName) ?? "unknown";
    const input = args ?? null;
    this.#calls.set(id, { name, input });
    out({
      type: "tool_call",
      tool_name: name,
      tool_kind: toolKind(name, TOOL_KINDS),
      tool_id: id,
      input,
    });
  }

  #toolEnd(data: Json, out: (kind: LogKind) => void): void {
    const { id, success, text, refused, data: own } = readToolEnd(data);
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (refused) {
      out({
        type: "permission",
        tool_name: call?.name ?? "unknown",
        description: JSON.stringify(call?.input ?? null),
        granted: false,
      });
    }
    out({
      type: "tool_result",
      tool_name: call?.name ?? null,
      ...(call === undefined ? {} : { tool_kind: toolKind(call.name, TOOL_KINDS) }),
      tool_id: id,
      success,
      output: success ? text : null,
      error: success ? null : text,
      data: own,
    });
  }
}

function status(message: string, data: Json, out: (kind: LogKind) => void): void {
  out({ type: "provider_status", message, data });
}
