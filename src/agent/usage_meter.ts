/** Splits what an invocation has used so far into what each of its turns used. */
import type { Usage } from "../events/event.ts";
import type { LogKind } from "../events/log_event.ts";
import type { Parser, ParserSink, ParserState } from "../providers/parser.ts";

/** A `usage` line of the log. */
export type UsageLine = Extract<LogKind, { type: "usage" }>;

/** What an invocation has used so far. */
export interface UsedSoFar {
  readonly usage: Usage | null | undefined;
  /** US dollars. */
  readonly costUsd: number | null | undefined;
  readonly model: string | undefined;
}

/** Turns running totals into lines that add up to them. */
export class UsageMeter {
  #input = 0;
  #output = 0;
  #cacheRead = 0;
  #cacheCreation = 0;
  #cost = 0;
  #told = false;

  /**
   * What came in since the last line; undefined when nothing did. That nothing was used is told
   * once: it is not the same as not knowing.
   */
  line({ usage, costUsd, model }: UsedSoFar): UsageLine | undefined {
    const input = since(usage?.input_tokens, this.#input);
    const output = since(usage?.output_tokens, this.#output);
    const cacheRead = since(usage?.cache_read_tokens, this.#cacheRead);
    const cacheCreation = since(usage?.cache_creation_tokens, this.#cacheCreation);
    const cost = since(costUsd, this.#cost);
    const known = usage != null || costUsd != null;
    if (input + output + cacheRead + cacheCreation + cost === 0 && (this.#told || !known)) {
      return undefined;
    }
    this.#told = true;
    // Differences of dollars carry noise in their last digits.
    const dollars = this.#cost === 0 ? cost : Number(cost.toFixed(10));
    this.#input += input;
    this.#output += output;
    this.#cacheRead += cacheRead;
    this.#cacheCreation += cacheCreation;
    this.#cost += cost;
    return {
      type: "usage",
      input_tokens: input,
      output_tokens: output,
      ...(usage?.cache_read_tokens == null ? {} : { cache_read_tokens: cacheRead }),
      ...(usage?.cache_creation_tokens == null ? {} : { cache_creation_tokens: cacheCreation }),
      ...(costUsd == null ? {} : { total_cost_usd: dollars }),
      ...(model === undefined ? {} : { model }),
    };
  }
}

function since(total: number | null | undefined, before: number): number {
  return Math.max(0, (total ?? 0) - before);
}

/**
 * The same parser, which also notes what each turn has used, right behind the turn's end. A read
 * can hold several turns; only here can they still be told apart.
 *
 * @param lineOf What came in since it was last asked; undefined when nothing did.
 */
export function meteredParser(
  parser: Parser,
  lineOf: (state: Readonly<ParserState>) => UsageLine | undefined,
): Parser {
  const { state } = parser;
  let turns = state.results;
  const metered = (read: (sink: ParserSink) => void, sink: ParserSink) => {
    read(sink);
    if (state.results === turns) return;
    turns = state.results;
    const line = lineOf(state);
    if (line) sink.note(line);
  };
  return {
    state,
    line: (text, sink) => metered((to) => parser.line(text, to), sink),
    ...(parser.document && {
      document: (text, sink) => metered((to) => parser.document!(text, to), sink),
    }),
    ...(parser.stderr && { stderr: (text) => parser.stderr!(text) }),
    ...(parser.report && { report: (text) => parser.report!(text) }),
    stop: (message, sink) => metered((to) => parser.stop(message, to), sink),
    end: (sink) => metered((to) => parser.end(to), sink),
  };
}
