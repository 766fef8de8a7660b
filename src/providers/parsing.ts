/** What the parsers of all providers begin with. */
import type { Usage } from "../events/event.ts";
import type { LogKind } from "../events/log_event.ts";
import { type Json, record } from "./json.ts";
import type { ParserSink, ParserState } from "./parser.ts";

/** The state of an invocation of which nothing has been read. */
export function emptyState(): ParserState {
  return {
    sessionId: undefined,
    model: undefined,
    results: 0,
    isError: false,
    errorMessage: undefined,
    result: undefined,
    structured: undefined,
    costUsd: undefined,
    usage: undefined,
    modelCalls: 0,
  };
}

/**
 * A line of NDJSON as an object. A blank line is none; anything else that is no object is noted as a
 * `parse_warning` and passed over.
 *
 * @param source Whose line it is, for the note.
 */
export function parseItem(
  text: string,
  source: string,
  note: (kind: LogKind) => void,
): Json | undefined {
  let item: Json | undefined;
  try {
    item = record(JSON.parse(text));
  } catch {
    if (text.trim() === "") return undefined;
  }
  if (!item) {
    note({
      type: "parse_warning",
      message: `${source} holds a line that is no JSON object`,
      raw: text,
    });
  }
  return item;
}

/** What a provider says about a turn that is over; undefined where it says nothing. */
export interface TurnEnd {
  stopReason: string | undefined;
  /** From 0 within the invocation. */
  turnIndex: number;
  usage: Usage | null;
  durationMs: number | undefined;
  numTurns: number | undefined;
}

/** Emits the two events that end every turn, in the order that is guaranteed; the state says how. */
export function endTurn(sink: ParserSink, state: ParserState, turn: TurnEnd): void {
  sink.event({
    type: "turn_complete",
    stop_reason: turn.stopReason ?? null,
    turn_index: turn.turnIndex,
    usage: turn.usage,
  });
  sink.event({
    type: "result",
    success: !state.isError,
    message: state.errorMessage ?? state.result ?? null,
    duration_ms: turn.durationMs ?? null,
    num_turns: turn.numTurns ?? null,
  });
}

/** Ends a turn that zag itself cut short, as a failure with this message. */
export function endStopped(
  sink: ParserSink,
  state: ParserState,
  turnIndex: number,
  message: string,
): void {
  state.results++;
  state.isError = true;
  state.errorMessage = message;
  endTurn(sink, state, {
    stopReason: undefined,
    turnIndex,
    usage: state.usage ?? null,
    durationMs: undefined,
    numTurns: state.modelCalls || undefined,
  });
}
