/** What the mock agent prints, as events or as text for a person. */
import type { MockLine } from "./protocol.ts";

/** What the mock agent needs of the process that it is. */
export interface MockAgentIo {
  readonly stdin: ReadableStream<Uint8Array>;
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Writes to stdout; resolves when the bytes have left the process. */
  write(text: string): void | Promise<void>;
  /** The same for bytes that are no text. */
  writeBytes(bytes: Uint8Array): void | Promise<void>;
  writeErr(text: string): void | Promise<void>;
}

/** Shows lines, in the order in which they come. */
export interface MockOutput {
  show(line: MockLine): Promise<void>;
  /** Resolves when everything that was shown has left the process. */
  flush(): Promise<void>;
}

/** One JSON object a line; fragments of text only on request. */
export class EventOutput implements MockOutput {
  #last: Promise<void> = Promise.resolve();

  constructor(readonly io: MockAgentIo, readonly partial: boolean) {}

  show(line: MockLine): Promise<void> {
    if (line.type === "delta" && !this.partial) return Promise.resolve();
    const text = `${JSON.stringify(line)}\n`;
    this.#last = this.#last.then(() => this.io.write(text));
    return this.#last;
  }

  flush(): Promise<void> {
    return this.#last;
  }
}

/** Only the answers, as they are made; what went wrong goes to stderr. */
export class TextOutput implements MockOutput {
  #last: Promise<void> = Promise.resolve();
  /** The message whose fragments were shown already. */
  #begun: string | undefined;
  #error: string | undefined;

  constructor(readonly io: MockAgentIo, readonly showTools: boolean) {}

  show(line: MockLine): Promise<void> {
    const { out, err } = this.#render(line);
    this.#last = this.#last.then(async () => {
      if (out !== undefined) await this.io.write(out);
      if (err !== undefined) await this.io.writeErr(`${err}\n`);
    });
    return this.#last;
  }

  flush(): Promise<void> {
    return this.#last;
  }

  #render(line: MockLine): { out?: string; err?: string } {
    switch (line.type) {
      case "delta":
        this.#begun = line.id;
        return { out: line.text };
      case "text": {
        const shown = this.#begun === line.id ? "" : line.text;
        return { out: line.text.endsWith("\n") ? shown : `${shown}\n` };
      }
      case "tool_call":
        return this.showTools ? { out: `[${line.name}] ${JSON.stringify(line.input)}\n` } : {};
      case "permission":
        return { err: line.description };
      case "error":
      case "limit":
        this.#error = line.message;
        return { err: line.message };
      case "turn_end": {
        const said = this.#error;
        this.#error = undefined;
        return line.error === null || line.error === said ? {} : { err: line.error };
      }
      default:
        return {};
    }
  }
}
