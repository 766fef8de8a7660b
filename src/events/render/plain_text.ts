/** What programs print and agents say, as text. */
import { withoutControls } from "./text.ts";

/** Sequences that colour, move the cursor, or name windows and links; none can be part of another. */
const SEQUENCES =
  // deno-lint-ignore no-control-regex
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b(?:[ -/]+[0-~]|[0-OQ-WYZ\\`-~])/g;

/**
 * Output of a program as the text that is left to read: no escape sequences, nothing that
 * `withoutControls` takes away, and of a line that was written over only its last state.
 */
export function plainText(text: string): string {
  return withoutSequences(text.includes("\r") ? overwritten(text) : text);
}

/**
 * What was said, by an agent or in a message, as the text that is left to read: as `plainText`, but
 * nothing is written over. A carriage return ends a line.
 */
export function messageText(text: string): string {
  return withoutSequences(text.replace(/\r+\n?/g, "\n"));
}

function withoutSequences(text: string): string {
  return withoutControls(text.replace(SEQUENCES, ""));
}

function overwritten(text: string): string {
  return text.replaceAll("\r\n", "\n").split("\n").map((line) => {
    let end = line.length;
    while (line[end - 1] === "\r") end--;
    // A regular expression would take quadratic time for a line of many.
    return line.slice(line.lastIndexOf("\r", end - 1) + 1, end);
  }).join("\n");
}
