/**
 * Bytes of the agent → lines → events → log → observer, in this order and one read at a time, so
 * that memory stays flat and a slow reader of ours slows the agent down instead of filling memory.
 */
import { type Event, textOf, type UserMessageEvent } from "../events/event.ts";
import type { LogKind } from "../events/log_event.ts";
import type { ToolKind } from "../events/tool_kinds.ts";
import { LineSplitter } from "../processes/lines.ts";
import type { Parser, ParserSink, ToolQuestion } from "../providers/parser.ts";
import { processRedactor, redact, redactCut } from "../redact/redact.ts";
import { toLogKinds } from "../sessions/log_lines.ts";
import { TurnLedger } from "./turn_ledger.ts";

/** Where the events of a launch go. */
export interface StreamTarget {
  /** Writes log entries; called before the same events are shown. */
  log(kinds: readonly LogKind[]): void;
  /**
   * Keeps text that is about to be shown while its message is being made; called after `log`.
   *
   * @param anew What was kept before stands in an entry now.
   */
  unfinished?: ((text: string, anew: boolean) => void) | undefined;
  /** Shows events; awaited before more is read. */
  show(events: readonly Event[]): Promise<void>;
  /** The agent says something about itself that is no event. */
  status?: ((message: string) => void) | undefined;
  /** Something was read. */
  active(): void;
  /** What was read has been logged and shown. */
  taken?(): void;
  /** The agent waits for an answer; what is shown of that. */
  question?: ((question: ToolQuestion) => readonly Event[]) | undefined;
  /** The model was called more often than it may be: nothing further counts. */
  overLimit?(): void;
  /** Show messages of the user that the agent repeats. */
  showsRepeated: boolean;
  /** What a tool of this provider does. */
  kindOf?: ((name: string) => ToolKind) | undefined;
  /** Most calls of the model; when one more begins, what follows is passed over. */
  maxModelCalls?: number | undefined;
  /** The text of the CLI's own report about the invocation, read when its output is over. */
  report?: (() => Promise<string | undefined>) | undefined;
}

/** Characters of an unfinished message that are kept for the log. */
const UNFINISHED_LIMIT = 256 * 1024;

/** What was read at once. */
interface Batch {
  events: Event[];
  kinds: LogKind[];
  statuses: string[];
  unfinished: { text: string; anew: boolean };
}

/** Collects what a parser emits, as events and as log entries in the same order. */
class BatchSink implements ParserSink {
  events: Event[] = [];
  kinds: LogKind[] = [];
  /** What the agent says about itself beside its events, for example that it tries again. */
  statuses: string[] = [];
  /** Deltas whose message has not come yet. */
  #unfinished = "";
  /** Those of them that have not been taken yet. */
  #fresh = "";
  /** What was taken of them before is in a message now. */
  #anew = false;
  readonly #ledger: TurnLedger;
  readonly #showsRepeated: boolean;
  readonly #kindOf: ((name: string) => ToolKind) | undefined;
  readonly #asks: StreamTarget["question"];

  constructor(
    ledger: TurnLedger,
    { showsRepeated, kindOf, question }: Pick<
      StreamTarget,
      "showsRepeated" | "kindOf" | "question"
    >,
  ) {
    this.#asks = question;
    this.#ledger = ledger;
    this.#showsRepeated = showsRepeated;
    this.#kindOf = kindOf;
  }

  event(event: Event): void {
    this.#watchText(event);
    if (event.type === "result") this.#ledger.ended();
    const fresh = event.type === "user_message" ? this.#withoutRepeated(event) : event;
    if (fresh !== undefined) this.kinds.push(...toLogKinds(fresh, this.#kindOf));
    if (fresh !== undefined || this.#showsRepeated) this.events.push(event);
  }

  question(question: ToolQuestion): void {
    for (const event of this.#asks?.(question) ?? []) this.event(event);
  }

  note(kind: LogKind): void {
    this.kinds.push(kind);
    if (kind.type === "provider_status") this.statuses.push(kind.message);
  }

  /** Logs text that was shown while it was made and never became a message: its turn was cut off. */
  keepUnfinished(): void {
    const content = redactCut(this.#unfinished);
    this.#finished();
    if (content !== "") this.kinds.push({ type: "assistant_message", content, message_id: null });
  }

  /** What the log does not have of the user's messages; undefined when it has all of them. */
  #withoutRepeated(event: UserMessageEvent): UserMessageEvent | undefined {
    if (this.#ledger.repeats(textOf(event.content))) return undefined;
    if (event.content.length < 2) return event;
    // Messages that waited for the same turn come back as one, with a block for each.
    const content = event.content.filter((block) =>
      block.type !== "text" || !this.#ledger.repeats(block.text)
    );
    return content.length === 0 ? undefined : { ...event, content };
  }

  #watchText(event: Event): void {
    if (event.type === "turn_complete") this.keepUnfinished();
    if (event.type !== "assistant_delta" && event.type !== "assistant_message") return;
    if (event.parent_tool_use_id !== undefined) return;
    if (event.type === "assistant_message") {
      if (event.content.some((block) => block.type === "text")) this.#finished();
    } else if (this.#unfinished.length < UNFINISHED_LIMIT) {
      this.#unfinished += event.text;
      this.#fresh += event.text;
    }
  }

  #finished(): void {
    this.#anew ||= this.#unfinished !== "";
    this.#unfinished = "";
    this.#fresh = "";
  }

  /** Hands over what was collected and starts anew. */
  take(): Batch {
    const { events, kinds, statuses } = this;
    const unfinished = { text: this.#fresh, anew: this.#anew };
    this.#fresh = "";
    this.#anew = false;
    this.events = [];
    this.kinds = [];
    this.statuses = [];
    return { events, kinds, statuses, unfinished };
  }
}

/**
 * Reads structured output until it ends.
 *
 * @param ledger Knows the messages that were sent, and hears which of them are answered.
 */
export async function pumpEvents(
  stdout: ReadableStream<Uint8Array>,
  parser: Parser,
  target: StreamTarget,
  ledger: TurnLedger,
): Promise<void> {
  const sink = new BatchSink(ledger, target);
  const splitter = new LineSplitter({
    onOverlong: ({ bytes, head }) =>
      sink.note({
        type: "parse_warning",
        message: `A line of ${bytes} bytes is too long and was dropped`,
        raw: head,
      }),
  });
  const deliver = async () => {
    const { events, kinds, statuses, unfinished } = sink.take();
    if (kinds.length > 0) target.log(kinds);
    if (unfinished.anew || unfinished.text !== "") {
      target.unfinished?.(unfinished.text, unfinished.anew);
    }
    for (const status of statuses) target.status?.(status);
    if (events.length > 0) await target.show(events);
    target.taken?.();
  };
  const limit = target.maxModelCalls ?? Infinity;
  let stopped = false;
  const take = (line: string) => {
    if (stopped) return;
    parser.line(line, sink);
    if (parser.state.modelCalls <= limit) return;
    stopped = true;
    target.overLimit?.();
  };
  try {
    for await (const chunk of stdout) {
      target.active();
      for (const line of splitter.push(chunk)) take(line);
      await deliver();
    }
  } catch (error) {
    // Nobody can be shown anything any more, but what was read belongs into the log.
    sink.keepUnfinished();
    target.log(sink.take().kinds);
    throw error;
  }
  const last = splitter.end();
  if (last !== undefined) take(last);
  const report = await target.report?.();
  if (report !== undefined) parser.report?.(report);
  if (stopped) parser.stop(`Reached the limit of ${limit} turn${limit === 1 ? "" : "s"}`, sink);
  else parser.end(sink);
  sink.keepUnfinished();
  await deliver();
}

/** Reads one JSON document and emits its events at the end; returns its bytes. */
export async function pumpDocument(
  stdout: ReadableStream<Uint8Array>,
  parser: Parser,
  target: StreamTarget,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdout) {
    target.active();
    chunks.push(chunk);
  }
  const bytes = joined(chunks);
  const sink = new BatchSink(new TurnLedger(), { ...target, showsRepeated: true });
  const text = new TextDecoder().decode(bytes);
  if (text.trim() !== "") parser.document?.(text, sink);
  parser.end(sink);
  const { events, kinds } = sink.take();
  if (kinds.length > 0) target.log(kinds);
  if (events.length > 0) await target.show(events);
  return bytes;
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Keeps the first `limit` bytes of what passes by, for the log. */
export class HeadBuffer {
  readonly #chunks: Uint8Array[] = [];
  readonly #limit: number;
  #size = 0;
  /** More passed by than was kept. */
  truncated = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns as much of the chunk as there was room for. */
  add(chunk: Uint8Array): Uint8Array {
    const room = Math.max(0, this.#limit - this.#size);
    if (chunk.length > room) this.truncated = true;
    const kept = chunk.length > room ? chunk.slice(0, room) : chunk;
    if (kept.length > 0) this.#chunks.push(kept);
    this.#size += kept.length;
    return kept;
  }

  text(): string {
    const decoder = new TextDecoder();
    return this.#chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") +
      decoder.decode();
  }
}

/** Keeps the last `limit` bytes of what passes by; secrets are taken out of them. */
export class TailBuffer {
  #chunks: Uint8Array[] = [];
  #size = 0;
  /** The beginning is gone. */
  #cut = false;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    let first = this.#chunks[0];
    while (first && this.#size - first.length >= this.#limit) {
      this.#chunks.shift();
      this.#cut = true;
      this.#size -= first.length;
      first = this.#chunks[0];
    }
  }

  text(): string {
    const decoder = new TextDecoder();
    const text = this.#chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") +
      decoder.decode();
    if (!this.#cut && text.length <= this.#limit) return redact(text);
    // The first word may be the rest of a secret.
    const tail = text.slice(-this.#limit).replace(/^\S{1,200}(?=\s)/, "");
    return processRedactor().cutStart(tail);
  }
}
