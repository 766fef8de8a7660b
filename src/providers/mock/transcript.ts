/** Where the mock agent keeps a session, and how the lines of that file read as log entries. */
import { join } from "node:path";
import type { LogKind } from "../../events/log_event.ts";
import { toolKind } from "../../events/tool_kinds.ts";
import { type Json, num, str } from "../json.ts";
import { limitLine } from "../limit_lines.ts";
import { parseItem } from "../parsing.ts";
import type {
  Transcript,
  TranscriptParser,
  TranscriptPlace,
  TranscriptRequest,
} from "../transcript.ts";
import { usageLine } from "../usage_lines.ts";
import { limitOf, usageOf } from "./events.ts";

/** The session files of the mock agent, in the directory where it keeps its state. */
export const mockTranscript: Transcript = {
  places({ sessionId, stateDir }: TranscriptRequest): TranscriptPlace[] {
    const name = sessionId === undefined ? /\.jsonl$/ : sessionFile(sessionId);
    return [{ directory: stateDir, path: [name] }];
  },
  parser: () => new MockTranscriptParser(),
};

/** The file of a session. */
export function sessionPath(directory: string, sessionId: string): string {
  return join(directory, sessionFile(sessionId));
}

/** An id may hold anything, so it is encoded. */
function sessionFile(sessionId: string): string {
  return `${encodeURIComponent(sessionId)}.jsonl`;
}

class MockTranscriptParser implements TranscriptParser {
  readonly state: TranscriptParser["state"] = {
    answer: undefined,
    finished: false,
    sessionId: undefined,
    directory: undefined,
    model: undefined,
  };
  readonly #names = new Map<string, string>();

  line(text: string, out: (kind: LogKind) => void): void {
    const item = parseItem(text, "The transcript", out);
    if (item) this.#item(item, out);
  }

  #item(item: Json, out: (kind: LogKind) => void): void {
    const id = str(item.id) ?? null;
    const content = str(item.text) ?? "";
    switch (item.type) {
      case "session":
        this.state.sessionId = str(item.session_id);
        this.state.directory = str(item.cwd);
        this.state.model = str(item.model);
        return;
      case "turn":
        this.state.finished = false;
        return out({
          type: "user_message",
          role: "user",
          content: str(item.prompt) ?? "",
          message_id: null,
        });
      case "text":
        this.state.answer = content;
        return out({ type: "assistant_message", content, message_id: id });
      case "thinking":
        return out({ type: "reasoning", content, message_id: id });
      case "tool_call": {
        const name = str(item.name) ?? "unknown";
        if (id !== null) this.#names.set(id, name);
        return out({
          type: "tool_call",
          tool_name: name,
          tool_kind: toolKind(name),
          tool_id: id,
          input: item.input ?? null,
        });
      }
      case "tool_result":
        return this.#toolResult(item, id, out);
      case "permission":
        return out({
          type: "permission",
          tool_name: str(item.tool) ?? "unknown",
          description: str(item.description) ?? "",
          granted: item.granted === true,
        });
      case "error":
        return out({
          type: "provider_status",
          message: str(item.message) ?? "unknown error",
          data: item.details ?? null,
        });
      case "limit":
        out({ type: "provider_status", message: str(item.message) ?? "", data: item });
        return out(limitLine(limitOf(item), undefined));
      case "turn_end":
        this.state.finished = item.success === true;
        return this.#used(item, out);
    }
  }

  #used(turn: Json, out: (kind: LogKind) => void): void {
    const usage = usageOf(turn.usage);
    const line = usage && usageLine(usage, this.state.model, num(turn.cost_usd));
    if (line) out(line);
  }

  #toolResult(item: Json, id: string | null, out: (kind: LogKind) => void): void {
    const name = id === null ? undefined : this.#names.get(id);
    if (id !== null) this.#names.delete(id);
    out({
      type: "tool_result",
      tool_name: name ?? null,
      ...(name === undefined ? {} : { tool_kind: toolKind(name) }),
      tool_id: id,
      success: item.success !== false,
      output: str(item.output) ?? null,
      error: str(item.error) ?? null,
      data: item.data ?? null,
    });
  }
}
