/** What a protocol answers, before it becomes bytes; the server adds stalls and drops. */

import type { Json } from "../../../src/providers/json.ts";
import type { TextPlan } from "./plan.ts";
import { eventText } from "./sse.ts";

/** One move of a streamed body. */
export type Move =
  | { readonly kind: "event"; readonly event: string | null; readonly data: unknown }
  | { readonly kind: "pause"; readonly ms: number }
  | { readonly kind: "drop" };

/** A JSON body. */
export interface JsonAnswer {
  readonly kind: "json";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A server-sent event stream with status 200. */
export interface StreamAnswer {
  readonly kind: "stream";
  readonly headers: Readonly<Record<string, string>>;
  readonly moves: Iterable<Move>;
}

/** How a body ended. */
export type BodyEnd = "sent" | "cut" | "abandoned";

/** An event without a name. */
export function event(data: unknown): Move {
  return { kind: "event", event: null, data };
}

/** An event that is named after its type. */
export function typedEvent(type: string, fields: Json): Move {
  return { kind: "event", event: type, data: { type, ...fields } };
}

/** A JSON answer; 200 unless said otherwise. */
export function json(
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): JsonAnswer {
  return { kind: "json", status, headers, body };
}

/** The deltas of a text plan with their pauses, and the drop at its end if it is cut. */
export function* textMoves(plan: TextPlan, delta: (text: string) => Move): Generator<Move> {
  for (const part of plan.parts) {
    yield delta(part);
    if (plan.pauseMs > 0) yield { kind: "pause", ms: plan.pauseMs };
  }
  if (plan.cut) yield { kind: "drop" };
}

/** Half of a JSON body, then the drop: what a cut means where nothing is streamed. */
export function* halfBody(body: unknown, pauseMs: number): Generator<Move | string> {
  const text = JSON.stringify(body);
  yield text.slice(0, Math.ceil(text.length / 2));
  yield { kind: "pause", ms: pauseMs };
  yield { kind: "drop" };
}

/**
 * A body that plays its moves as the client reads, and ends early when the client leaves or the
 * signal fires. `ended` is called once.
 */
export function playMoves(
  moves: Iterable<Move | string>,
  signal: AbortSignal,
  ended: (end: BodyEnd) => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const rest = moves[Symbol.iterator]();
  const left = new AbortController();
  const stop = AbortSignal.any([signal, left.signal]);
  return new ReadableStream({
    async pull(controller) {
      while (true) {
        const { done, value } = rest.next();
        if (done || stop.aborted) {
          ended(done ? "sent" : "cut");
          return controller.close();
        }
        if (typeof value === "string") return controller.enqueue(encoder.encode(value));
        if (value.kind === "event") {
          return controller.enqueue(encoder.encode(eventText(value.data, value.event)));
        }
        if (value.kind === "drop") {
          ended("cut");
          // Deno prints the reason on stderr, whatever it is; a bare text keeps that to one line.
          return controller.error("The model server drops a connection: its script says so");
        }
        await pause(value.ms, stop);
        if (left.signal.aborted) return;
      }
    },
    cancel() {
      left.abort();
      ended("abandoned");
    },
  }, { highWaterMark: 0 });
}

/** Resolves after the time, or as soon as the signal fires. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish);
  });
}
