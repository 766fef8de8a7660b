/** Small text rules that every view shares. */

/** Text on one line, cut to `limit` code points; newlines show as `\n`. */
export function oneLine(text: string, limit: number): string {
  // A cut by UTF-16 unit could leave half of an emoji behind.
  const head = Array.from(text.slice(0, limit * 2 + 2).replace(/\r?\n/g, "\\n"));
  return head.length > limit ? `${head.slice(0, limit).join("")}...` : head.join("");
}

/** Every line of a text behind an indentation, without a newline at the end. */
export function indent(text: string, prefix: string): string {
  return text.trimEnd().split("\n").map((line) => `${prefix}${line}`).join("\n");
}

/** Wraps text in an SGR code such as `31` or `38;5;208`, where colour is wanted. */
export function paint(text: string, code: string, color: boolean): string {
  return color ? `\x1b[${code}m${text}\x1b[0m` : text;
}

/**
 * Text without the control characters that would let an agent's output drive the terminal; newlines
 * and tabs stay.
 */
export function withoutControls(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]/g, "");
}
