/**
 * How long a context to ask for. Ollama's default can be as short as 4,096 tokens, and it drops
 * what does not fit without a word.
 *
 * @module
 */
import { type OllamaEnvironment, ollamaSetting } from "./address.ts";

/** Tokens that are kept free for an answer and the thinking before it. */
export const ANSWER_ROOM = 8192;
/** What the template of a model adds to each message, at most. */
const MESSAGE_OVERHEAD = 16;

/** What the choice depends on. */
export interface ContextFacts {
  /** `OLLAMA_CONTEXT_LENGTH` is the person's own choice. */
  readonly env: OllamaEnvironment;
  /** The texts of the conversation. */
  readonly texts: readonly string[];
  /** The longest context of the model; undefined when unknown. */
  readonly longest: number | undefined;
  /** What the model's own parameters ask for. */
  readonly own: number | undefined;
  /** With what the model is loaded right now; undefined when it is not. */
  readonly loaded: number | undefined;
}

/**
 * The `num_ctx` of a request: `OLLAMA_CONTEXT_LENGTH` if it is set. Else what the model is loaded
 * with, if that is enough for the conversation and an answer, because any other value loads the model
 * anew. Else the power of two that is enough, so that a growing conversation seldom changes it, and
 * no less than the model's own parameters ask for. Never more than the model can.
 */
export function contextLength(facts: ContextFacts): number {
  const longest = facts.longest ?? Infinity;
  const chosen = Number(ollamaSetting(facts.env, "OLLAMA_CONTEXT_LENGTH"));
  if (Number.isSafeInteger(chosen) && chosen > 0) return Math.min(chosen, longest);
  const needed = Math.min(estimateTokens(facts.texts) + ANSWER_ROOM, longest);
  if (facts.loaded !== undefined && facts.loaded >= needed) return facts.loaded;
  return Math.min(Math.max(2 ** Math.ceil(Math.log2(needed)), facts.own ?? 0), longest);
}

/**
 * Tokens of a conversation, rather too many than too few: one for each digit and for every three
 * other bytes, as no tokenizer can be asked.
 */
export function estimateTokens(texts: readonly string[]): number {
  const encoder = new TextEncoder();
  let tokens = 0;
  for (const text of texts) {
    const bytes = encoder.encode(text);
    let digits = 0;
    for (const byte of bytes) if (byte >= 0x30 && byte <= 0x39) digits++;
    tokens += MESSAGE_OVERHEAD + digits + Math.ceil((bytes.length - digits) / 3);
  }
  return tokens;
}
