/**
 * Where `gemini` keeps a session, and how the lines of that file read as log entries. The file is a
 * log of updates: a message is written anew when it changes, and a whole list replaces all that came
 * before. What has been told once is not told again.
 */
import { dirname, join } from "node:path";
import type { Usage } from "../../events/event.ts";
import type { LogKind } from "../../events/log_event.ts";
import { toolKind } from "../../events/tool_kinds.ts";
import { type Json, list, num, record, str } from "../json.ts";
import { parseItem } from "../parsing.ts";
import type {
  Transcript,
  TranscriptParser,
  TranscriptPlace,
  TranscriptRequest,
} from "../transcript.ts";
import { MessageUsage } from "../usage_lines.ts";
import { GEMINI_TOOLS } from "./tools.ts";

/** Gemini CLI's own session files: one a session, in a folder for each project. */
export const geminiTranscript: Transcript = {
  places,
  everywhere: (request) => places({ ...request, sessionId: undefined }),
  directoryFile: (path) => join(dirname(dirname(path)), ".project_root"),
  parser: () => new GeminiTranscriptParser(),
  rereads: true,
  fragile: true,
};

function places({ sessionId, home, env }: TranscriptRequest): TranscriptPlace[] {
  const base = env.GEMINI_CLI_HOME || home;
  const id = sessionId?.slice(0, 8).replace(/[^A-Za-z0-9_-]/g, "_");
  const name = id === undefined ? /^session-.*\.jsonl$/ : new RegExp(`^session-.*-${id}\\.jsonl$`);
  return [{ directory: join(base, ".gemini", "tmp"), path: [/^[^.]/, "chats", name] }];
}

/** How a tool call that is over is marked; before that it has other marks. */
const OVER = new Set(["success", "error", "cancelled"]);

class GeminiTranscriptParser implements TranscriptParser {
  readonly state: TranscriptParser["state"] = {
    answer: undefined,
    finished: false,
    sessionId: undefined,
    messages: 0,
    directory: undefined,
    model: undefined,
    time: undefined,
    isPart: false,
  };
  #headerId: string | undefined;
  /** Ids of the messages that a resume would find, in their order. */
  #held = new Set<string>();
  /** What has been told: messages, thoughts, calls and results, each by kind and id. */
  readonly #told = new Set<string>();
  readonly #usage = new MessageUsage();

  line(text: string, out: (kind: LogKind) => void): void {
    const item = parseItem(text, "The transcript", out);
    if (!item && text.trim() === "") return;
    const set = record(item?.$set);
    const { timestamp, startTime } = item ?? {};
    this.state.time = str(timestamp) ?? str(set?.lastUpdated) ?? str(startTime) ?? this.state.time;
    if (set) this.#set(set);
    else if (item?.$rewindTo !== undefined) this.#rewind(str(item.$rewindTo));
    else if (item && str(item.sessionId) !== undefined && str(item.id) === undefined) {
      this.#headerId = str(item.sessionId);
      this.state.isPart = item.kind === "subagent";
      this.#set(item);
    } else {
      // A file without any message is no session: a resume leaves such files behind.
      this.state.sessionId = this.#headerId;
      if (item && str(item.id) !== undefined) this.#message(item, out);
    }
    this.state.messages = this.#held.size;
  }

  /** A list replaces the one before; its messages were told when they were made. */
  #set(set: Json): void {
    if (!Array.isArray(set.messages)) return;
    this.#held.clear();
    for (const entry of set.messages) {
      const message = record(entry);
      if (message) this.#hold(message);
    }
  }

  #rewind(to: string | undefined): void {
    const ids = [...this.#held];
    const index = ids.indexOf(to ?? "");
    this.#held = new Set(ids.slice(0, Math.max(0, index)));
  }

  #hold(message: Json): void {
    const id = str(message.id);
    if (message.type === "user") this.state.directory ??= workspaceIn(textOf(message.content));
    if (id !== undefined && isConversation(message)) this.#held.add(id);
  }

  #message(message: Json, out: (kind: LogKind) => void): void {
    this.#hold(message);
    if (message.type === "user") this.#user(message, out);
    else if (message.type === "gemini") this.#model(message, out);
  }

  #user(message: Json, out: (kind: LogKind) => void): void {
    // What comes next depends on it, be it a prompt or the result of a tool.
    this.state.finished = false;
    const id = str(message.id)!;
    const content = typed(textOf(message.displayContent) || textOf(message.content));
    if (content === undefined || !this.#isNew("user", id)) return;
    this.state.answer = undefined;
    out({ type: "user_message", role: "user", content, message_id: id });
  }

  #model(message: Json, out: (kind: LogKind) => void): void {
    const id = str(message.id)!;
    for (const [index, entry] of list(message.thoughts).entries()) {
      const thought = record(entry);
      const content = str(thought?.description) || str(thought?.subject);
      if (content && this.#isNew("thought", `${id}/${index}`)) {
        out({ type: "reasoning", content, message_id: id });
      }
    }
    // Lists of parts are what the CLI itself put into the conversation.
    const text = str(message.content);
    if (text && this.#isNew("text", id)) {
      this.state.answer = text;
      out({ type: "assistant_message", content: text, message_id: id });
    }
    const calls = list(message.toolCalls);
    // Calls are noted when they are over: a text alone may be the answer, or the word before a call.
    this.state.finished = calls.length > 0 ? false : undefined;
    for (const entry of calls) {
      const call = record(entry);
      if (call) this.#toolCall(call, out);
    }
    this.state.model = str(message.model) ?? this.state.model;
    const usage = usageOf(message.tokens);
    const line = usage && this.#usage.line(id, usage, str(message.model));
    if (line) out(line);
  }

  #toolCall(call: Json, out: (kind: LogKind) => void): void {
    const name = str(call.name) ?? "unknown";
    const toolId = str(call.id) ?? null;
    const tool = {
      tool_name: name,
      tool_kind: toolKind(name, GEMINI_TOOLS),
      tool_id: toolId,
    };
    if (this.#isNew("call", `${toolId}`)) {
      out({ type: "tool_call", ...tool, input: call.args ?? null });
    }
    const status = str(call.status) ?? "";
    if (!OVER.has(status) || !this.#isNew("result", `${toolId}`)) return;
    const success = status === "success";
    const shown = str(call.resultDisplay) ?? responseText(call.result);
    out({
      type: "tool_result",
      ...tool,
      success,
      output: success ? shown : null,
      error: success ? null : shown || status,
      data: record(call.resultDisplay) ?? null,
    });
  }

  #isNew(kind: string, id: string): boolean {
    const key = `${kind} ${id}`;
    if (this.#told.has(key)) return false;
    this.#told.add(key);
    return true;
  }
}

/** Tokens as the CLI keeps them, counted as its own report counts them. */
function usageOf(value: unknown): Usage | undefined {
  const tokens = record(value);
  if (!tokens) return undefined;
  return {
    input_tokens: num(tokens.input) ?? 0,
    output_tokens: num(tokens.output) ?? 0,
    cache_read_tokens: num(tokens.cached) ?? null,
    cache_creation_tokens: null,
    web_search_requests: null,
    web_fetch_requests: null,
  };
}

const WORKSPACE = /^\s*<session_context>[^]*?\n- \*\*Workspace Directories:\*\*\n {2}- ([^\n]+)\n/;

/** The directory of the session, from what the CLI tells the model when it begins. */
function workspaceIn(text: string): string | undefined {
  return WORKSPACE.exec(text)?.[1];
}

/** Whether the CLI goes on with a session for the sake of this message. */
function isConversation(message: Json): boolean {
  if (message.type === "user") {
    return !/^\s*($|[/?]|<(session|hook)_context>)/.test(textOf(message.content));
  }
  return message.type === "gemini" && (
    textOf(message.content).trim() !== "" || list(message.toolCalls).length > 0 ||
    list(message.thoughts).length > 0
  );
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return list(content).map((part) => record(part)?.thought ? "" : str(record(part)?.text) ?? "")
    .join("");
}

/** What a tool answered to the model, without what the CLI puts around it. */
function responseText(result: unknown): string {
  return list(result).map((part) =>
    str(record(record(record(part)?.functionResponse)?.response)?.output) ?? ""
  ).join("\n").trim();
}

const SHELL_COMMAND = /^I ran the following shell command:\n```sh\n([^]*?)\n```\n/;

/** What a person said; undefined for what the CLI tells the model by itself. */
function typed(text: string): string | undefined {
  const said = text.replace(/^<hook_context>[^]*?<\/hook_context>\s*/, "");
  if (said.trim() === "" || /^\s*<(session_context|state_snapshot)>/.test(said)) return undefined;
  const shell = SHELL_COMMAND.exec(said);
  return shell ? `!${shell[1]}` : said;
}
