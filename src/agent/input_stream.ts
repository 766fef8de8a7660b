/** Messages for a running agent, read as NDJSON: `exec -i stream-json`. */
import type { InputEncoder } from "../providers/parser.ts";
import { LineSplitter } from "../processes/lines.ts";
import { type Json, list, record, str } from "../providers/json.ts";
import { ZagError } from "../errors.ts";

/** A line of the input stream that cannot be understood. */
export class InputMessageError extends ZagError {
  /** Name of the class. */
  override name = "InputMessageError";

  /**
   * Makes the error.
   *
   * @param line Counts from 1.
   * @param takesOwn The agent's CLI has a format of its own for what it is told.
   */
  constructor(readonly line: number, reason: string, takesOwn = true) {
    super(`Cannot read line ${line} of the input: ${reason}`, {
      hint: 'a message is one line of JSON: {"type":"user_message","content":"TEXT"}' +
        (takesOwn ? "; an object in the agent's own format is passed on" : ""),
    });
  }
}

/** One message, ready for the agent's stdin. */
export interface InputMessage {
  /** One line, without its newline. */
  line: string;
  /** What the person said; undefined for a control message. */
  text: string | undefined;
  /** An agent was sent it before, and did not answer it: the log has it. */
  isLogged?: boolean;
}

/**
 * The messages of a stream, for one agent after the other: what one has not taken is there for the next.
 */
export class MessageFeed {
  static readonly #feeds = new WeakMap<ReadableStream<Uint8Array>, MessageFeed>();
  readonly #messages: AsyncIterator<InputMessage>;
  readonly #first: InputMessage[] = [];
  #next: Promise<InputMessage | undefined> | undefined;

  private constructor(bytes: ReadableStream<Uint8Array>, encoder: InputEncoder | undefined) {
    this.#messages = readMessages(bytes, encoder);
  }

  /** That of a stream; its first reader says how it is encoded. */
  static of(bytes: ReadableStream<Uint8Array>, encoder: InputEncoder | undefined): MessageFeed {
    const feed = this.#feeds.get(bytes) ?? new MessageFeed(bytes, encoder);
    this.#feeds.set(bytes, feed);
    return feed;
  }

  /**
   * The next message, the same one until it is taken; undefined at the end.
   *
   * @throws {InputMessageError} when it is none
   */
  next(): Promise<InputMessage | undefined> {
    const first = this.#first[0];
    if (first) return Promise.resolve(first);
    this.#next ??= this.#messages.next().then(({ done, value }) => done ? undefined : value);
    this.#next.catch(() => {});
    return this.#next;
  }

  /** The message is on its way. */
  take(message: InputMessage): void {
    if (this.#first[0] === message) this.#first.shift();
    else this.#next = undefined;
  }

  /** Nobody reads any further. */
  close(): void {
    this.#messages.return?.().catch(() => {});
  }

  /** What was taken comes again, before all others. */
  putBack(messages: readonly InputMessage[]): void {
    this.#first.unshift(...messages.map((message) => ({ ...message, isLogged: true })));
  }
}

/**
 * Reads messages until the stream ends; blank lines are skipped.
 *
 * @param encoder Undefined where only zag's own form is understood.
 * @throws {InputMessageError} at the first line that is no message; those before it are delivered.
 */
export async function* readMessages(
  bytes: ReadableStream<Uint8Array>,
  encoder: InputEncoder | undefined,
): AsyncGenerator<InputMessage> {
  const splitter = new LineSplitter();
  let number = 0;
  for await (const chunk of bytes) {
    for (const line of splitter.push(chunk)) {
      number++;
      if (line.trim() !== "") yield parseMessage(line, number, encoder);
    }
  }
  const last = splitter.end();
  if (last !== undefined && last.trim() !== "") yield parseMessage(last, number + 1, encoder);
}

/** One line as a message. `number` counts from 1 and is only for the error. */
export function parseMessage(
  line: string,
  number: number,
  encoder: InputEncoder | undefined,
): InputMessage {
  const refused = (reason: string) => new InputMessageError(number, reason, encoder !== undefined);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw refused("it is no JSON");
  }
  const message = record(value);
  if (!message) throw refused("it is no JSON object");
  if (message.type === "user_message") {
    const text = contentText(message.content);
    if (text === undefined || text.trim() === "") {
      throw refused('"content" must be a text that is not empty');
    }
    return { line: encoder?.userMessage(text) ?? line, text };
  }
  if (encoder?.accepts(message)) return { line, text: nativeText(message) };
  const type = str(message.type);
  throw refused(type === undefined ? 'it has no "type"' : `its type "${type}" is unknown`);
}

/** zag's own form takes a string or content blocks, as the events that it prints hold them. */
function contentText(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  const texts = list(content).map((block) => str(record(block)?.text));
  return texts.length === 0 || texts.includes(undefined) ? undefined : texts.join("");
}

function nativeText(message: Json): string | undefined {
  return contentText(record(message.message)?.content);
}
