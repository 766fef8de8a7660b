/** A finished Responses object as the stream of events that builds it up. */

import { type Json, list, record } from "../../../src/providers/json.ts";
import { type Move, textMoves, typedEvent } from "./answer.ts";
import { pieces, type Plan } from "./plan.ts";

/** The events of a response, numbered as the API numbers them. */
export function* streamResponse(
  response: Json & { output: readonly Json[] },
  plan: Plan,
): Generator<Move> {
  let sequence_number = 0;
  for (const move of moves(response, plan)) {
    if (move.kind !== "event") yield move;
    else yield { ...move, data: { ...record(move.data), sequence_number: sequence_number++ } };
  }
}

function* moves(response: Json & { output: readonly Json[] }, plan: Plan): Generator<Move> {
  const begun = { ...response, status: "in_progress", output: [], usage: null };
  yield typedEvent("response.created", { response: begun });
  yield typedEvent("response.in_progress", { response: begun });
  if (plan.kind === "stream_error") {
    const error = { code: "server_error", message: plan.message };
    yield typedEvent("response.failed", { response: { ...begun, status: "failed", error } });
    return;
  }
  for (const [output_index, item] of response.output.entries()) {
    const place = { output_index, item_id: item.id };
    yield typedEvent("response.output_item.added", { output_index, item: announced(item) });
    if (item.type === "reasoning") yield* streamSummary(item, place);
    if (item.type === "message") yield* streamText(item, place, plan);
    if (item.type === "function_call") yield* streamArguments(item, place);
    yield typedEvent("response.output_item.done", { output_index, item });
  }
  yield typedEvent("response.completed", { response });
}

/** An item without what its events are still to bring. */
function announced(item: Json): Json {
  const open: Record<string, Json> = {
    reasoning: { summary: [] },
    message: { status: "in_progress", content: [] },
    function_call: { status: "in_progress", arguments: "" },
    custom_tool_call: { status: "in_progress", input: "" },
  };
  return { ...item, ...open[String(item.type)] };
}

function* streamSummary(item: Json, place: Json): Generator<Move> {
  for (const [summary_index, part] of list(item.summary).entries()) {
    const text = record(part)?.text;
    const at = { ...place, summary_index };
    yield typedEvent("response.reasoning_summary_part.added", { ...at, part: emptied(part) });
    yield typedEvent("response.reasoning_summary_text.delta", { ...at, delta: text });
    yield typedEvent("response.reasoning_summary_text.done", { ...at, text });
    yield typedEvent("response.reasoning_summary_part.done", { ...at, part });
  }
}

function* streamText(item: Json, place: Json, plan: Plan): Generator<Move> {
  const [part] = list(item.content);
  const text = record(part)?.text;
  const at = { ...place, content_index: 0 };
  const delta = (delta: unknown) => typedEvent("response.output_text.delta", { ...at, delta });
  yield typedEvent("response.content_part.added", { ...at, part: emptied(part) });
  if (plan.kind === "text") yield* textMoves(plan, delta);
  else yield delta(text);
  yield typedEvent("response.output_text.done", { ...at, text });
  yield typedEvent("response.content_part.done", { ...at, part });
}

function* streamArguments(item: Json, place: Json): Generator<Move> {
  const whole = String(item.arguments);
  for (const delta of pieces(whole, 3)) {
    yield typedEvent("response.function_call_arguments.delta", { ...place, delta });
  }
  yield typedEvent("response.function_call_arguments.done", { ...place, arguments: whole });
}

function emptied(part: unknown): Json {
  return { ...record(part), text: "" };
}
