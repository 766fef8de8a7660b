/** Reads the command lines in a piece of shell script, as far as examples need it. */

const SKIPPED = new Set([
  "if",
  "then",
  "else",
  "elif",
  "while",
  "until",
  "do",
  "!",
  "eval",
  "exec",
]);

/**
 * The arguments of every call of a program in a script: in pipes, lists, loops, substitutions and
 * after `--` too.
 */
export function callsOf(program: string, script: string): string[][] {
  const calls: string[][] = [];
  for (const words of new Reader(script).commands()) {
    let rest = words;
    while (rest[0] !== undefined && (/^\w+=/.test(rest[0]) || SKIPPED.has(rest[0]))) {
      rest = rest.slice(1);
    }
    if (rest[0] === program) calls.push(rest.slice(1));
    const dashes = rest.indexOf("--");
    if (dashes > 0 && rest[dashes + 1] === program) calls.push(rest.slice(dashes + 2));
  }
  return calls;
}

class Reader {
  readonly #text: string;
  #at = 0;
  readonly #commands: string[][] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** Every simple command of the script as its words; those of substitutions come first. */
  commands(): string[][] {
    let words: string[] = [];
    const end = () => {
      if (words.length > 0) this.#commands.push(words);
      words = [];
    };
    let skipNext = false;
    while (this.#at < this.#text.length) {
      const rest = this.#text.slice(this.#at);
      const blank = /^([ \t]|\\\n)+/.exec(rest);
      const comment = /^#[^\n]*/.exec(rest);
      const redirect = /^\d*(>>|>&\d|<|>)/.exec(rest);
      const separator = /^(\n|;|\|\|?|&&?|\(|\))/.exec(rest);
      if (blank) this.#at += blank[0].length;
      else if (comment) this.#at += comment[0].length;
      else if (redirect) {
        this.#at += redirect[0].length;
        skipNext = !redirect[0].includes("&");
      } else if (separator) {
        this.#at += separator[0].length;
        end();
      } else {
        const word = this.#word();
        if (!skipNext) words.push(word);
        skipNext = false;
      }
    }
    end();
    return this.#commands;
  }

  #word(): string {
    let word = "";
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at]!;
      if (/[\s;|&()<>]/.test(char)) break;
      if (char === "\\") word += this.#text[++this.#at] ?? "";
      else if (char === "'") {
        const end = this.#text.indexOf("'", this.#at + 1);
        if (end === -1) throw new SyntaxError(`An open quote in ${this.#text}`);
        word += this.#text.slice(this.#at + 1, end);
        this.#at = end;
      } else if (char === '"') word += this.#quoted();
      else if (this.#text.startsWith("$(", this.#at)) word += this.#substitution();
      else word += char;
    }
    return word;
  }

  #quoted(): string {
    let text = "";
    for (this.#at++; this.#text[this.#at] !== '"'; this.#at++) {
      if (this.#at >= this.#text.length) throw new SyntaxError(`An open quote in ${this.#text}`);
      if (this.#text.startsWith("$(", this.#at)) text += this.#substitution();
      else if (this.#text[this.#at] === "\\") text += this.#text[++this.#at] ?? "";
      else text += this.#text[this.#at];
    }
    return text;
  }

  /** Reads a substitution up to its last character, and stands for what it would print. */
  #substitution(): string {
    const start = this.#at + 2;
    let depth = 1;
    let end = start;
    for (; depth > 0 && end < this.#text.length; end++) {
      if (this.#text[end] === "(") depth++;
      if (this.#text[end] === ")") depth--;
    }
    this.#commands.push(...new Reader(this.#text.slice(start, end - 1)).commands());
    this.#at = end - 1;
    return "printed";
  }
}
