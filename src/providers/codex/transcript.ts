/**
 * Where `codex` keeps a session, and how the lines of that file read as log entries. It holds what
 * was said twice: as items, clean and typed, and as what the model was sent and answered. The
 * second is read only for calls of tools that have no item, for example one that was refused.
 */
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
import { moreUsage, usageLine } from "../usage_lines.ts";
import { codexLimit } from "./limits.ts";
import { readRolloutItem } from "./rollout_items.ts";
import { TOOL_KINDS } from "./tools.ts";
import { readUsage } from "./usage.ts";

/** Codex's own session files: one a session, by the day on which it began. */
export const codexTranscript: Transcript = {
  places,
  everywhere: (request) => places({ ...request, sessionId: undefined }),
  parser: (options) => new CodexTranscriptParser(options),
  isMarked(mark, transcript) {
    const ids = mark.matchAll(/"client_user_message_id":"([\w-]{8,})"/g);
    return [...ids].some(([, id]) => transcript.includes(`"${id}"`));
  },
  totalUsage,
};

function places({ sessionId, home, env }: TranscriptRequest): TranscriptPlace[] {
  const directory = join(env.CODEX_HOME || join(home, ".codex"), "sessions");
  const id = sessionId?.replace(/[^A-Za-z0-9-]/g, "\\$&") ?? "";
  const name = new RegExp(`^rollout-.*${id}\\.jsonl$`);
  return [{ directory, path: [/^\d{4}$/, /^\d\d$/, /^\d\d$/, name] }];
}

/** The tokens of the whole session, from a line that states them. */
function totalUsage(line: string): Usage | undefined {
  if (!line.includes('"token_count"')) return undefined;
  try {
    const payload = record(record(JSON.parse(line))?.payload);
    return payload?.type === "token_count"
      ? readUsage(record(payload.info)?.total_token_usage)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The tool in which newer models run a script that calls the other tools. */
const SCRIPT = "exec";

/** A call as the model made it, of which the outcome is not known yet. */
interface OpenCall {
  name: string;
  input: unknown;
  /** An item has told the same. */
  told: boolean;
}

class CodexTranscriptParser implements TranscriptParser {
  readonly state: TranscriptParser["state"] = {
    answer: undefined,
    finished: false,
    sessionId: undefined,
    cwd: undefined,
    directory: undefined,
    model: undefined,
    time: undefined,
    isPart: false,
  };
  /** Tokens of the whole session that have been told. */
  #total: Usage | undefined;
  readonly #calls = new Map<string, OpenCall>();
  /** Calls that have been logged and whose command may still be running. */
  readonly #logged = new Set<string>();

  constructor({ usageBefore }: TranscriptParserOptions = {}) {
    this.#total = usageBefore;
  }

  line(text: string, out: (kind: LogKind) => void): void {
    const line = parseItem(text, "The transcript", out);
    const payload = record(line?.payload);
    if (!line || !payload) return;
    this.state.time = str(line.timestamp) ?? this.state.time;
    if (line.type === "session_meta") this.#meta(payload);
    else if (line.type === "turn_context") {
      this.state.model = str(payload.model) ?? this.state.model;
    } else if (line.type === "event_msg") this.#event(payload, out);
    else if (line.type === "response_item") this.#response(payload, out);
  }

  end(out: (kind: LogKind) => void): void {
    for (const [id, { name, input, told }] of this.#calls) if (!told) out(callOf(id, name, input));
    this.#calls.clear();
  }

  #meta(payload: Json): void {
    // A session that was forked repeats the beginning of the other one.
    if (this.state.sessionId !== undefined) return;
    this.state.sessionId = str(payload.id);
    // Sub-agents and `codex exec` have files of their own in the same place.
    if (payload.source === "cli") this.state.cwd = str(payload.cwd);
    this.state.directory = str(payload.cwd);
    this.state.isPart = record(payload.source)?.subagent !== undefined;
  }

  /** A total is stated again whenever anything beside it changes. */
  #used(total: Usage | undefined, out: (kind: LogKind) => void): void {
    if (!total) return;
    const line = usageLine(moreUsage(total, this.#total), this.state.model);
    this.#total = total;
    if (line) out(line);
  }

  #event(payload: Json, out: (kind: LogKind) => void): void {
    const message = str(payload.message);
    switch (payload.type) {
      case "item_completed":
        return this.#item(record(payload.item) ?? {}, out);
      case "token_count":
        return this.#used(readUsage(record(payload.info)?.total_token_usage), out);
      case "task_started":
        this.state.finished = false;
        return;
      case "task_complete": {
        const error = str(record(payload.error)?.message);
        this.state.finished = error === undefined;
        if (error === undefined) return;
        out({ type: "provider_status", message: error, data: payload });
        const limit = codexLimit(error, new Date(this.state.time ?? Date.now()));
        if (limit) out(limitLine(limit, str(payload.turn_id)));
        return;
      }
      case "turn_aborted":
        this.state.finished = false;
        out({
          type: "provider_status",
          message: `The turn was aborted: ${payload.reason}`,
          data: payload,
        });
        return;
      // Older versions wrote no items.
      case "user_message":
        return message === undefined ? undefined : this.#user(message, null, out);
      case "agent_message":
        this.state.finished = true;
        return message === undefined ? undefined : this.#agent(message, null, out);
      case "agent_reasoning":
        return thought(str(payload.text), null, out);
    }
  }

  #item(item: Json, out: (kind: LogKind) => void): void {
    const id = str(item.id) ?? null;
    switch (item.type) {
      case "UserMessage":
        return this.#user(textOf(item.content), id, out);
      case "AgentMessage":
        return this.#agent(textOf(item.content), id, out);
      case "Reasoning":
        return thought(list(item.summary_text).join("\n"), id, out);
    }
    if (item.source === "user_shell") return this.#user(`!${list(item.command).at(-1)}`, id, out);
    const tool = readRolloutItem(item);
    if (!tool || id === null) return;
    const call = this.#calls.get(id);
    if (call) call.told = true;
    else {
      // The model calls most tools from within scripts; their items say all that matters.
      for (const open of this.#calls.values()) if (open.name === SCRIPT) open.told = true;
    }
    if (!this.#logged.delete(id)) out(callOf(id, tool.name, tool.input));
    out({
      type: "tool_result",
      tool_name: tool.name,
      tool_kind: toolKind(tool.name, TOOL_KINDS),
      tool_id: id,
      ...tool.result,
    });
  }

  #user(content: string, id: string | null, out: (kind: LogKind) => void): void {
    this.state.finished = false;
    out({ type: "user_message", role: "user", content, message_id: id });
  }

  #agent(content: string, id: string | null, out: (kind: LogKind) => void): void {
    this.state.answer = content;
    out({ type: "assistant_message", content, message_id: id });
  }

  #response(payload: Json, out: (kind: LogKind) => void): void {
    const id = str(payload.call_id);
    if (id === undefined) return;
    switch (payload.type) {
      case "function_call":
      case "custom_tool_call":
        this.state.finished = false;
        this.#calls.set(id, {
          name: str(payload.name) ?? "unknown",
          input: payload.input ?? parsed(payload.arguments),
          told: false,
        });
        return;
      case "function_call_output":
      case "custom_tool_call_output": {
        const call = this.#calls.get(id);
        this.#calls.delete(id);
        if (!call || call.told) return;
        this.#logged.add(id);
        out(callOf(id, call.name, call.input));
        out({
          type: "tool_result",
          tool_name: call.name,
          tool_kind: toolKind(call.name, TOOL_KINDS),
          tool_id: id,
          success: null,
          output: str(payload.output) ?? textOf(payload.output),
          error: null,
          data: null,
        });
      }
    }
  }
}

function callOf(id: string, name: string, input: unknown): LogKind {
  return {
    type: "tool_call",
    tool_name: name,
    tool_kind: toolKind(name, TOOL_KINDS),
    tool_id: id,
    input,
  };
}

function thought(
  content: string | undefined,
  id: string | null,
  out: (kind: LogKind) => void,
): void {
  if (content) out({ type: "reasoning", content, message_id: id });
}

function textOf(content: unknown): string {
  return list(content).map((part) => str(record(part)?.text)).filter((text) => text !== undefined)
    .join("\n");
}

/** Arguments are JSON in a string. */
function parsed(text: unknown): unknown {
  try {
    return JSON.parse(str(text) ?? "null");
  } catch {
    return text;
  }
}
