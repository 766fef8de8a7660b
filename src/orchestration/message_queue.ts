/** Messages that wait for their turn. */
import type { MessageFile } from "./message_file.ts";

/** A message that a session has taken. */
export interface WaitingMessage {
  readonly text: string;
  /** Where its answer goes; undefined when nobody waits for one. */
  readonly answerTo: MessageFile | undefined;
}

/** Hands out messages in the order in which they came. */
export class MessageQueue {
  readonly #waiting: WaitingMessage[] = [];
  #closed = false;
  #wake: (() => void) | undefined;

  /** Adds a message behind the others. */
  push(message: WaitingMessage): void {
    this.#waiting.push(message);
    this.#wake?.();
  }

  /** The next message, as soon as there is one; undefined when no more are handed out. */
  async next(): Promise<WaitingMessage | undefined> {
    while (!this.#closed) {
      const message = this.#waiting.shift();
      if (message) return message;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return undefined;
  }

  /** Hands out no more. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** Those that were not handed out. */
  rest(): WaitingMessage[] {
    return this.#waiting.splice(0);
  }
}
