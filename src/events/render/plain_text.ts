/** What programs print, as text. */
import { withoutControls } from "./text.ts";

/** Sequences that colour, move the cursor, or name windows and links; none can be part of another. */
// deno-lint-ignore no-control-regex
const SEQUENCES = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)/g;

// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;

/**
 * Output of a program or an agent as the text that is left to read: no escape sequences, no control
 * characters but newlines and tabs, and of a line that was written over only its last state.
 */
export function plainText(text: string): string {
  if (!CONTROL.test(text)) return text;
  const lines = text.includes("\r") ? overwritten(text) : text;
  return withoutControls(lines.replace(SEQUENCES, ""));
}

function overwritten(text: string): string {
  return text.replaceAll("\r\n", "\n").split("\n").map((line) => {
    let end = line.length;
    while (line[end - 1] === "\r") end--;
    // A regular expression would take quadratic time for a line of many.
    return line.slice(line.lastIndexOf("\r", end - 1) + 1, end);
  }).join("\n");
}
