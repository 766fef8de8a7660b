/** Messages that wait for their turn, on the disk: a zag that is killed leaves them to be named. */
import { join } from "node:path";
import { ensurePrivateDir } from "../config/paths.ts";
import { takenMessages } from "../sessions/taken_messages.ts";
import type { MessageFile } from "./message_file.ts";

/** What a session is to do next. */
export type WaitingMessage =
  | {
    readonly kind: "message";
    /** The file with its text, which whoever has dealt with the message removes. */
    readonly path: string;
    /** Where its answer goes; undefined when nobody waits for one. */
    readonly answerTo: MessageFile | undefined;
  }
  /** Nothing comes any more: the session is to end well. */
  | { readonly kind: "close" };

/** Hands out messages in the order in which they came. */
export class MessageQueue {
  readonly #directory: string;
  readonly #waiting: WaitingMessage[] = [];
  #count = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  /**
   * Makes an empty queue.
   *
   * @param launchFiles The private directory of the run.
   */
  constructor(launchFiles: string) {
    this.#directory = takenMessages(launchFiles);
  }

  /** Adds a text behind the others. */
  async add(text: string): Promise<void> {
    const path = this.#next();
    await Deno.writeTextFile(path, text, { mode: 0o600, createNew: true });
    this.#push({ kind: "message", path, answerTo: undefined });
  }

  /** Takes a message over, which tells its sender; false when it was taken back. */
  async take(file: MessageFile, wantsAnswer: boolean): Promise<boolean> {
    const path = this.#next();
    if (!await file.take(path)) return false;
    this.#push({ kind: "message", path, answerTo: wantsAnswer ? file : undefined });
    return true;
  }

  /** Adds that the session is to end when all that came before is done. */
  end(): void {
    this.#push({ kind: "close" });
  }

  /** The next one, as soon as there is one; undefined when no more are handed out. */
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

  #next(): string {
    ensurePrivateDir(this.#directory);
    return join(this.#directory, String(++this.#count).padStart(9, "0"));
  }

  #push(message: WaitingMessage): void {
    this.#waiting.push(message);
    this.#wake?.();
  }
}
