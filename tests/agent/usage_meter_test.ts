import { meteredParser, type UsageLine, UsageMeter } from "../../src/agent/usage_meter.ts";
import type { Event, Usage } from "../../src/events/event.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { emptyState } from "../../src/providers/parsing.ts";
import { MockParser } from "../../src/providers/mock/events.ts";
import type { Parser } from "../../src/providers/parser.ts";
import { assert, assertEquals } from "../support/assert.ts";

function tokens(input: number, output: number, more: Partial<Usage> = {}): Usage {
  return {
    input_tokens: input,
    output_tokens: output,
    cache_read_tokens: null,
    cache_creation_tokens: null,
    web_search_requests: null,
    web_fetch_requests: null,
    ...more,
  };
}

Deno.test("UsageMeter.line() gives what came in since the line before", () => {
  const meter = new UsageMeter();
  const first = { usage: tokens(10, 2, { cache_read_tokens: 4 }), costUsd: 0.1, model: "m" };
  assertEquals(meter.line(first), {
    type: "usage",
    input_tokens: 10,
    output_tokens: 2,
    cache_read_tokens: 4,
    total_cost_usd: 0.1,
    model: "m",
  });
  assertEquals(meter.line(first), undefined);
  const second = tokens(15, 2, { cache_read_tokens: 4, cache_creation_tokens: 9 });
  assertEquals(meter.line({ usage: second, costUsd: 0.3, model: undefined }), {
    type: "usage",
    input_tokens: 5,
    output_tokens: 0,
    cache_read_tokens: 0,
    cache_creation_tokens: 9,
    total_cost_usd: 0.2,
  });
});

Deno.test("UsageMeter.line() says nothing of what is not known, and of nothing used once", () => {
  const meter = new UsageMeter();
  const nothing = { usage: undefined, costUsd: undefined, model: "m" };
  assertEquals(meter.line(nothing), undefined);
  const free = { ...nothing, usage: tokens(0, 0), costUsd: 0 };
  assertEquals(meter.line(free)?.total_cost_usd, 0);
  assertEquals(meter.line(free), undefined);
  const unpriced = meter.line({ ...nothing, usage: tokens(1, 0) });
  assertEquals(unpriced, { type: "usage", input_tokens: 1, output_tokens: 0, model: "m" });
  // A cost of nothing is known all the same.
  assertEquals(meter.line({ ...nothing, usage: tokens(2, 0), costUsd: 0 })?.total_cost_usd, 0);
  assertEquals(
    new UsageMeter().line({ ...nothing, costUsd: 0.000555 - 1e-19 })?.total_cost_usd,
    0.000555 - 1e-19,
  );
  const costOnly = new UsageMeter().line({ ...nothing, costUsd: 0.5 });
  assertEquals([costOnly?.input_tokens, costOnly?.total_cost_usd], [0, 0.5]);
});

Deno.test("UsageMeter.line() never counts backwards", () => {
  const meter = new UsageMeter();
  meter.line({ usage: tokens(10, 10), costUsd: 1, model: undefined });
  assertEquals(meter.line({ usage: tokens(4, 4), costUsd: 0.2, model: undefined }), undefined);
  const line = meter.line({ usage: tokens(11, 10), costUsd: 1, model: undefined });
  assertEquals([line?.input_tokens, line?.output_tokens], [1, 0]);
});

Deno.test("UsageMeter: the lines of any run add up to its totals", () => {
  let seed = 11;
  const random = (limit: number) =>
    Math.floor((seed = (seed * 48271) % 2147483647) / 2147483647 * limit);
  for (let round = 0; round < 300; round++) {
    const meter = new UsageMeter();
    const total = tokens(0, 0, { cache_read_tokens: 0, cache_creation_tokens: 0 });
    let cost = 0;
    const sums = [0, 0, 0, 0, 0];
    for (let turn = 0; turn < 1 + random(30); turn++) {
      total.input_tokens += random(100_000);
      total.output_tokens += random(1000);
      total.cache_read_tokens! += random(3) * random(1000);
      total.cache_creation_tokens! += random(2) * random(1000);
      cost += random(1_000_000) / 1e7;
      const line = meter.line({ usage: { ...total }, costUsd: cost, model: "m" });
      const { input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens } = line ??
        { input_tokens: 0, output_tokens: 0 };
      [input_tokens, output_tokens, cache_read_tokens ?? 0, cache_creation_tokens ?? 0]
        .forEach((count, index) => sums[index]! += count);
      sums[4]! += line?.total_cost_usd ?? 0;
    }
    assertEquals(sums.slice(0, 4), [
      total.input_tokens,
      total.output_tokens,
      total.cache_read_tokens,
      total.cache_creation_tokens,
    ]);
    assert(Math.abs(sums[4]! - cost) < 1e-8);
  }
});

/** Reads lines and lists what came of them, in order. */
function readAll(parser: Parser, lines: readonly string[]): string[] {
  const seen: string[] = [];
  const sink = {
    event: (event: Event) => void seen.push(event.type),
    note: (kind: LogKind) =>
      void seen.push(kind.type === "usage" ? `usage ${kind.input_tokens}` : kind.type),
  };
  for (const line of lines) parser.line(line, sink);
  parser.end(sink);
  return seen;
}

function turnEnd(input_tokens: number | undefined): string {
  const usage = input_tokens === undefined ? undefined : { input_tokens, output_tokens: 1 };
  return JSON.stringify({ type: "turn_end", success: true, result: "ok", usage });
}

Deno.test("meteredParser() puts the usage of every turn right behind its end", () => {
  const parser = new MockParser({ partialMessages: false });
  const meter = new UsageMeter();
  const text = JSON.stringify({ type: "text", text: "hi" });
  const lines = [text, turnEnd(5), text, turnEnd(undefined), turnEnd(7)];
  const lineOf = (state: typeof parser.state): UsageLine | undefined =>
    meter.line({ usage: state.usage, costUsd: state.costUsd, model: state.model });
  assertEquals(readAll(meteredParser(parser, lineOf), lines), [
    "assistant_message",
    "turn_complete",
    "result",
    "usage 5",
    "assistant_message",
    "turn_complete",
    "result",
    "turn_complete",
    "result",
    "usage 7",
  ]);
});

Deno.test("meteredParser() is otherwise the parser that it wraps", () => {
  const calls: string[] = [];
  const state = emptyState();
  const bare: Parser = {
    state,
    line: (text) => void calls.push(text),
    stop: (message) => void calls.push(message),
    end: () => void calls.push("end"),
  };
  const metered = meteredParser(bare, () => undefined);
  assert(metered.state === state);
  assertEquals([metered.document, metered.stderr, metered.report], [
    undefined,
    undefined,
    undefined,
  ]);
  const rich = meteredParser({
    ...bare,
    document: (text) => void calls.push(text),
    stderr: (text) => void calls.push(text),
    report: (text) => void calls.push(text),
  }, () => undefined);
  const sink = { event: () => {}, note: () => {} };
  rich.line("line", sink);
  rich.document!("document", sink);
  rich.stderr!("stderr");
  rich.report!("report");
  rich.stop("stop", sink);
  rich.end(sink);
  assertEquals(calls, ["line", "document", "stderr", "report", "stop", "end"]);
});
