/** Reads a command line that is still being typed, as a shell would. */

/** What was typed. */
export interface ShellLine {
  /** The words before the last one, without the name of the program. */
  readonly words: readonly string[];
  /** The last word, as far as it was typed; may be empty. */
  readonly word: string;
  /** The beginning of the last word that the shell does not replace. */
  readonly head: string;
  /** The quote that is open at the end. */
  readonly quote: "" | "'" | '"';
}

/**
 * Splits a line into words and takes the quotes away. Nothing is expanded.
 *
 * @param breaks Characters at which the shell begins a new word for itself, as bash does at `=` and `:`.
 */
export function splitLine(line: string, breaks: string): ShellLine {
  const words: string[] = [];
  let word: string | undefined;
  let head = "";
  let quote: ShellLine["quote"] = "";
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!;
    if (quote !== "") {
      if (char === quote) {
        quote = "";
        head = word ?? "";
      } else if (quote === '"' && char === "\\" && /[\\"$`]/.test(line[at + 1] ?? "")) {
        word += line[++at]!;
      } else word += char;
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      [word, head] = [undefined, ""];
    } else if (char === "'" || char === '"') {
      quote = char;
      head = word ??= "";
    } else if (char === "\\") {
      word = (word ?? "") + (line[++at] ?? "");
    } else {
      word = (word ?? "") + char;
      if (breaks.includes(char)) head = word;
    }
  }
  // Variables that are set for the program, and its name.
  const start = words.findIndex((each) => !/^\w+=/.test(each));
  return { words: start === -1 ? [] : words.slice(start + 1), word: word ?? "", head, quote };
}
