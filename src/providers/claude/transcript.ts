/** Where `claude` keeps a session, and how the lines of that file read as log entries. */
import { join } from "node:path";
import type { LogKind } from "../../events/log_event.ts";
import { toolKind } from "../../events/tool_kinds.ts";
import { type Json, list, num, record, str } from "../json.ts";
import { limitLine } from "../limit_lines.ts";
import { parseItem } from "../parsing.ts";
import type {
  Transcript,
  TranscriptParser,
  TranscriptPlace,
  TranscriptRequest,
} from "../transcript.ts";
import { MessageUsage } from "../usage_lines.ts";
import { usageOf } from "./events.ts";
import { claudeLimit } from "./limits.ts";

/** Claude's own session files: one a session, appended while it runs. */
export const claudeTranscript: Transcript = {
  places(request: TranscriptRequest): TranscriptPlace[] {
    const { sessionId, cwd } = request;
    const name = sessionId === undefined ? /\.jsonl$/ : `${sessionId}.jsonl`;
    return [{ directory: join(projects(request), folderOf(cwd)), path: [name] }];
  },
  // Older versions kept sub-agents beside the sessions, as `agent-ID.jsonl`.
  everywhere: (
    request,
  ) => [{ directory: projects(request), path: [/^[^.]/, /^[0-9a-f-]{36}\.jsonl$/] }],
  notes: {
    directory: (request) => join(configuration(request), "sessions"),
    sessionId: (text) => str(record(JSON.parse(text))?.sessionId),
  },
  parser: () => new ClaudeTranscriptParser(),
};

function configuration({ home, env }: TranscriptRequest): string {
  return env.CLAUDE_CONFIG_DIR || join(home, ".claude");
}

function projects(request: TranscriptRequest): string {
  return join(configuration(request), "projects");
}

/** Claude's longest name of a folder; beyond that a checksum of the path tells them apart. */
const FOLDER_LENGTH = 200;

function folderOf(cwd: string): string {
  const folder = cwd.replace(/[^A-Za-z0-9]/g, "-");
  if (folder.length <= FOLDER_LENGTH) return folder;
  let sum = 0;
  for (let i = 0; i < cwd.length; i++) sum = (Math.imul(sum, 31) + cwd.charCodeAt(i)) | 0;
  return `${folder.slice(0, FOLDER_LENGTH)}-${Math.abs(sum).toString(36)}`;
}

/** The model of messages that the CLI makes up itself. */
const SYNTHETIC = "<synthetic>";

/** Stands where the model was asked nothing, for example after a command that the CLI carries out. */
const PLACEHOLDER = "No response requested.";

class ClaudeTranscriptParser implements TranscriptParser {
  readonly state: TranscriptParser["state"] = {
    answer: undefined,
    finished: false,
    sessionId: undefined,
    directory: undefined,
    model: undefined,
    time: undefined,
    isPart: false,
  };
  readonly #names = new Map<string, string>();
  readonly #usage = new MessageUsage();

  line(text: string, out: (kind: LogKind) => void): void {
    const item = parseItem(text, "The transcript", out);
    if (!item) return;
    const { state } = this;
    state.sessionId = str(item.sessionId) ?? str(item.session_id) ?? state.sessionId;
    // The CLI notes things about other sessions in files that never become one.
    state.isPart = state.sessionId === undefined && (state.isPart || str(item.type) !== undefined);
    // Later lines may name another one: tools can change it.
    state.directory ??= str(item.cwd);
    state.time = str(item.timestamp) ?? state.time;
    const message = record(item.message);
    if (item.type === "user" && message) this.#user(item, message, out);
    else if (item.type === "assistant" && message) this.#assistant(item, message, out);
  }

  #user(item: Json, message: Json, out: (kind: LogKind) => void): void {
    const id = str(item.uuid) ?? null;
    const said = (text: string) => {
      // What the CLI tells the model by itself: what a command stands for, or a summary.
      if (item.isMeta === true || item.isCompactSummary === true) return;
      // Nor did a person say what a sub-agent is asked; the call that starts it has the words.
      if (item.isSidechain === true) return;
      const content = typed(text);
      if (content === undefined) return;
      this.state.finished = false;
      out({ type: "user_message", role: "user", content, message_id: id });
    };
    if (typeof message.content === "string") return said(message.content);
    for (const entry of list(message.content)) {
      const block = record(entry);
      const text = str(block?.text);
      if (block?.type === "text" && text !== undefined) said(text);
      else if (block?.type === "tool_result") {
        const toolId = str(block.tool_use_id) ?? null;
        const name = toolId === null ? undefined : this.#names.get(toolId);
        if (toolId !== null) this.#names.delete(toolId);
        const output = typeof block.content === "string"
          ? block.content
          : list(block.content).map((part) => str(record(part)?.text) ?? "").join("\n");
        const success = block.is_error !== true;
        out({
          type: "tool_result",
          tool_name: name ?? null,
          ...(name === undefined ? {} : { tool_kind: toolKind(name) }),
          tool_id: toolId,
          success,
          output: success ? output : null,
          error: success ? null : output,
          data: item.toolUseResult ?? null,
        });
      }
    }
  }

  #assistant(item: Json, message: Json, out: (kind: LogKind) => void): void {
    const id = str(message.id) ?? null;
    const agent = item.isSidechain === true ? str(item.agentId) ?? "sidechain" : undefined;
    if (agent === undefined) this.state.finished = message.stop_reason === "end_turn";
    for (const entry of list(message.content)) {
      const block = record(entry);
      if (!block) continue;
      const text = str(block.text) ?? str(block.thinking);
      if (text === PLACEHOLDER && message.model === SYNTHETIC) continue;
      if (block.type === "text" && text !== undefined) {
        if (agent === undefined) this.state.answer = text;
        out({
          type: "assistant_message",
          content: text,
          message_id: id,
          ...(agent === undefined ? {} : { parent_tool_use_id: agent }),
        });
      } else if (block.type === "thinking" && text) {
        out({ type: "reasoning", content: text, message_id: id });
      } else if (block.type === "tool_use") {
        const name = str(block.name) ?? "unknown";
        const toolId = str(block.id) ?? null;
        if (toolId !== null) this.#names.set(toolId, name);
        out({
          type: "tool_call",
          tool_name: name,
          tool_kind: toolKind(name),
          tool_id: toolId,
          input: block.input ?? null,
        });
      }
    }
    if (agent === undefined) noteLimit(item, message, out);
    this.#used(item, message, out);
  }

  /** Each block of a message has a line of its own, and all of them state the message's tokens. */
  #used(item: Json, message: Json, out: (kind: LogKind) => void): void {
    const model = str(message.model);
    // What the CLI says in the model's place, for example that a limit was reached.
    if (model === SYNTHETIC) return;
    if (item.isSidechain !== true) this.state.model = model ?? this.state.model;
    const usage = usageOf(message.usage);
    if (!usage) return;
    const id = str(message.id) ?? str(item.uuid) ?? "";
    const line = this.#usage.line(id, usage, model, num(item.costUSD));
    if (line) out(line);
  }
}

/** A limit is what the CLI says in the model's place, as an error; an answer may hold the same words. */
function noteLimit(item: Json, message: Json, out: (kind: LogKind) => void): void {
  if (message.model !== SYNTHETIC || item.isApiErrorMessage !== true) return;
  const text = list(message.content).map((block) => str(record(block)?.text) ?? "").join("\n");
  const limit = claudeLimit({
    status: num(item.apiErrorStatus),
    tag: str(item.error),
    text,
  });
  if (limit) out(limitLine(limit, str(item.uuid)));
}

const PROMPT_COMMAND =
  /^<command-message>[^]*?<command-name>([^]*?)<\/command-name>(?:\s*<command-args>([^]*?)<\/command-args>)?/;
const SHELL_COMMAND = /^<bash-input>([^]*)<\/bash-input>$/;
const LOCAL_COMMAND = /^<(?:command-name|local-command-\w+|bash-stdout|bash-stderr)>/;

/** What a person typed; undefined for a command that the CLI carries out itself, and its output. */
function typed(text: string): string | undefined {
  const command = PROMPT_COMMAND.exec(text);
  if (command) return `${command[1]} ${command[2] ?? ""}`.trim();
  const shell = SHELL_COMMAND.exec(text);
  if (shell) return `!${shell[1]}`;
  return LOCAL_COMMAND.test(text) ? undefined : text;
}
