/** Where zag keeps a conversation with Ollama, and how the lines of that file read as log entries. */
import { join } from "node:path";
import type { LogKind } from "../../events/log_event.ts";
import { str } from "../json.ts";
import { parseItem } from "../parsing.ts";
import type {
  Transcript,
  TranscriptParser,
  TranscriptPlace,
  TranscriptRequest,
} from "../transcript.ts";

/** The files of conversations, in the directory where the agent keeps its state. */
export const ollamaTranscript: Transcript = {
  places({ sessionId, stateDir }: TranscriptRequest): TranscriptPlace[] {
    const name = sessionId === undefined ? /\.jsonl$/ : conversationFile(sessionId);
    return [{ directory: stateDir, path: [name] }];
  },
  parser: () => new OllamaTranscriptParser(),
};

/** The file of a conversation. */
export function conversationPath(directory: string, sessionId: string): string {
  return join(directory, conversationFile(sessionId));
}

/** An id may hold anything, so it is encoded. */
function conversationFile(sessionId: string): string {
  return `${encodeURIComponent(sessionId)}.jsonl`;
}

class OllamaTranscriptParser implements TranscriptParser {
  readonly state: TranscriptParser["state"] = {
    answer: undefined,
    finished: false,
    sessionId: undefined,
  };

  line(text: string, out: (kind: LogKind) => void): void {
    const item = parseItem(text, "The conversation", out);
    const content = str(item?.text) ?? "";
    switch (item?.type) {
      case "session":
        this.state.sessionId = str(item.session_id);
        this.state.cwd = str(item.cwd);
        return;
      case "user":
        this.state.finished = false;
        return out({ type: "user_message", role: "user", content, message_id: null });
      case "thinking":
        return out({ type: "reasoning", content, message_id: null });
      case "assistant":
        this.state.finished = true;
        this.state.answer = content;
        return out({ type: "assistant_message", content, message_id: null });
    }
  }
}
