/**
 * The lines that the Ollama agent prints on stdout, and those that make up its file of a
 * conversation: one JSON object each.
 *
 * @module
 */

/** Tokens of an answer, as the server counted them. */
export interface OllamaUsage {
  /** Tokens of the prompt; 0 when the server found all of it in its cache and counted none. */
  input_tokens: number;
  output_tokens: number;
  /** Of the prompt, those that came from the cache; absent for a server that does not tell. */
  cache_read_tokens?: number;
}

/** How long an answer took, in milliseconds, by the server's clock. */
export interface OllamaDurations {
  total_ms: number | null;
  /** Loading the model, if it had to be loaded. */
  load_ms: number | null;
  prompt_ms: number | null;
  answer_ms: number | null;
}

/** The server's own words, when it would not answer. */
export interface OllamaRefusal {
  /** HTTP status; null where it came in the middle of an answer. */
  status: number | null;
  error: string;
}

/** The end of the turn, and of the process. */
export interface ResultLine {
  type: "result";
  session_id: string;
  success: boolean;
  /** The answer; null when there is none. */
  text: string | null;
  error: string | null;
  refusal: OllamaRefusal | null;
  /** `end_turn`, `max_tokens`, or what else the server said; null after a failure. */
  stop_reason: string | null;
  usage: OllamaUsage | null;
  durations: OllamaDurations | null;
}

/** Anything that the agent prints. */
export type OllamaLine =
  | {
    type: "init";
    session_id: string;
    model: string;
    cwd: string;
    /** Where the server is. */
    address: string;
    /** Version of the server. */
    version: string;
    /** What was asked for; null where the server's own choice holds. */
    context_length: number | null;
  }
  | { type: "thinking_delta"; text: string }
  | { type: "thinking"; text: string }
  | { type: "delta"; text: string }
  | { type: "text"; text: string }
  | { type: "status"; message: string }
  | { type: "error"; message: string; refusal: OllamaRefusal | null }
  | ResultLine;

/** A line of the file in which a conversation is kept. */
export type ConversationLine =
  | { type: "session"; version: 1; session_id: string; model: string; cwd: string }
  /** Holds from here on. */
  | { type: "system"; text: string }
  | { type: "user"; text: string }
  | { type: "thinking"; text: string }
  /** The turn is complete. A `user` line without one is a turn that failed. */
  | { type: "assistant"; text: string; model: string };
