/** Takes secrets out of a text that comes in pieces, also those that come in two of them. */
import { processRedactor } from "./redact.ts";

/** A text that goes on. */
export class RedactingText {
  readonly #decoder = new TextDecoder();
  #held = "";

  /** Goes on with the text; returns what can be told of it for good. */
  push(piece: string | Uint8Array): string {
    const redactor = processRedactor();
    const text = this.#held +
      (typeof piece === "string" ? piece : this.#decoder.decode(piece, { stream: true }));
    const from = redactor.openTail(text);
    this.#held = text.slice(from);
    return redactor.text(text.slice(0, from));
  }

  /** What follows so far: no half of a secret is in it, and more may change it. */
  get pending(): string {
    return processRedactor().cutText(this.#held);
  }

  /** The rest, when nothing more comes. The text begins anew. */
  end(): string {
    const rest = processRedactor().text(this.#held + this.#decoder.decode());
    this.#held = "";
    return rest;
  }
}
