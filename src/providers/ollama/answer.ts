/** One answer of a model, from the objects in which it arrives. */
import { type Json, num, record, str } from "../json.ts";
import type { ShowLine } from "./output.ts";
import type { OllamaDurations, OllamaUsage } from "./protocol.ts";

/** What came of a request. */
export interface Answer {
  text: string;
  thinking: string;
  /** The server said that this is all. */
  complete: boolean;
  stopReason: string | null;
  usage: OllamaUsage | null;
  durations: OllamaDurations | null;
}

/** What Ollama says about the end of an answer, in the words that zag uses for every provider. */
const STOP_REASONS: Readonly<Record<string, string>> = { stop: "end_turn", length: "max_tokens" };

/**
 * Reads an answer and shows it while it is made: fragments, then each thought and the text as a
 * whole. What there is of it is shown even if `items` throws.
 */
export async function readAnswer(items: AsyncIterable<Json>, show: ShowLine): Promise<Answer> {
  let text = "";
  let thinking = "";
  let thought = "";
  let end: Json | undefined;
  const endThought = async () => {
    if (thought === "") return;
    await show({ type: "thinking", text: thought });
    thinking += thought;
    thought = "";
  };
  try {
    for await (const item of items) {
      const message = record(item.message);
      const fragment = str(message?.content) ?? "";
      const idea = str(message?.thinking) ?? "";
      if (idea !== "") {
        await show({ type: "thinking_delta", text: idea });
        thought += idea;
      }
      if (fragment !== "") {
        await endThought();
        await show({ type: "delta", text: fragment });
        text += fragment;
      }
      if (item.done === true) end = item;
      if (end) break;
    }
  } finally {
    await endThought();
    if (text !== "") await show({ type: "text", text });
  }
  const reason = str(end?.done_reason);
  return {
    text,
    thinking,
    complete: end !== undefined,
    stopReason: reason === undefined ? null : STOP_REASONS[reason] ?? reason,
    usage: end ? usageOf(end) : null,
    durations: end ? durationsOf(end) : null,
  };
}

/** A count that is 0 is left out by the server: a prompt may come from its cache as a whole. */
function usageOf(end: Json): OllamaUsage | null {
  const input = num(end.prompt_eval_count);
  const output = num(end.eval_count);
  const cached = num(end.prompt_eval_cached_count);
  if (input === undefined && output === undefined) return null;
  return {
    input_tokens: input ?? 0,
    output_tokens: output ?? 0,
    ...(cached === undefined ? {} : { cache_read_tokens: cached }),
  };
}

function durationsOf(end: Json): OllamaDurations {
  const ms = (value: unknown) => {
    const nanoseconds = num(value);
    return nanoseconds === undefined ? null : Math.round(nanoseconds / 1e6);
  };
  return {
    total_ms: ms(end.total_duration),
    load_ms: ms(end.load_duration),
    prompt_ms: ms(end.prompt_eval_duration),
    answer_ms: ms(end.eval_duration),
  };
}
