const NEWLINE = 0x0a;

/**
 * Cuts a file that is read from its end into lines. It holds one line, however long the file is.
 */
export class BackwardLines {
  /** The parts of a line whose beginning has not been read yet, first part first. */
  #parts: Uint8Array[] = [];

  /**
   * Takes the bytes before those of the previous call, and returns the lines that are now whole,
   * the last line of the file first. Their newlines are cut off; empty lines are left out. The
   * lines share memory with the chunk.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const lines: Uint8Array[] = [];
    let end = chunk.length;
    while (end > 0) {
      const newline = chunk.lastIndexOf(NEWLINE, end - 1);
      if (newline < 0) break;
      this.#add(chunk.subarray(newline + 1, end));
      this.#take(lines);
      end = newline;
    }
    this.#add(chunk.slice(0, end));
    return lines;
  }

  /** The first line of the file; call it when everything has been pushed. */
  end(): Uint8Array[] {
    const lines: Uint8Array[] = [];
    this.#take(lines);
    return lines;
  }

  #add(part: Uint8Array): void {
    if (part.length > 0) this.#parts.unshift(part);
  }

  #take(lines: Uint8Array[]): void {
    const [only] = this.#parts;
    if (only === undefined) return;
    lines.push(this.#parts.length === 1 ? only : concatenated(this.#parts));
    this.#parts = [];
  }
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
