/**
 * The script that travels in a prompt: directives `[[name:argument]]` in their order. Directive N
 * answers the Nth model request of the turn which that prompt began.
 *
 * | directive | the answer |
 * |---|---|
 * | `[[say:TEXT]]` | TEXT in one delta; ends the turn |
 * | `[[deltas:N,MS,TEXT]]` | TEXT (default: counting words) in N deltas, MS ms apart |
 * | `[[slow:N,MS]]` | N deltas `tick i `, MS ms apart: a stream to kill |
 * | `[[hang:MS]]` | headers, then no byte of the body for MS ms, then `late` |
 * | `[[think:TEXT]]` | a reasoning block TEXT, then `STUB:thought` |
 * | `[[json:{...}]]` | that JSON: by the tool `StructuredOutput` where it is offered, else as text |
 * | `[[bash:COMMAND]]` | a call of the agent's own shell tool, whatever it is named |
 * | `[[2bash:A\|B]]` | two shell calls in one answer |
 * | `[[write:PATH\|CONTENT]]` | a call of the agent's own file-writing tool |
 * | `[[call:NAME {...}]]` | a call of the tool NAME (OpenAI Responses: `NAMESPACE/NAME`) |
 * | `[[err:STATUS]]` | an HTTP error in the protocol's shape; 429 asks to retry after 1 s |
 * | `[[err:429,Q]]` | a quota that is used up: worded so that waiting a second is no use |
 * | `[[ierr:TEXT]]` | HTTP 200, then an error inside the stream (Gemini: HTTP 500) |
 * | `[[cut]]` | HTTP 200, two deltas, then the connection drops |
 *
 * When the directives run out the answer is `STUB:done`; a prompt without any is answered with
 * `STUB:` and its first 80 characters.
 *
 * @module
 */

/** One directive, as written. */
export interface Directive {
  readonly name: string;
  /** Empty when the directive has none. */
  readonly argument: string;
  /** The whole directive with its brackets. */
  readonly source: string;
}

const OPENING = /\[\[(\w+)(:|\]\])/g;

/** The directives of a text, in order. An opening that is never closed is no directive. */
export function parseScript(text: string): Directive[] {
  const directives: Directive[] = [];
  const opening = new RegExp(OPENING);
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const name = match[1] ?? "";
    const start = opening.lastIndex;
    if (match[2] === "]]") {
      directives.push({ name, argument: "", source: match[0] });
      continue;
    }
    const end = closingBrackets(text, start, name);
    if (end < 0) continue;
    directives.push({
      name,
      argument: text.slice(start, end),
      source: text.slice(match.index, end + 2),
    });
    opening.lastIndex = end + 2;
  }
  return directives;
}

/** Whether a text holds any directive. */
export function hasScript(text: string): boolean {
  return parseScript(text).length > 0;
}

function closingBrackets(text: string, start: number, name: string): number {
  const first = text.indexOf("]]", start);
  if (name !== "json" && name !== "call") return first;
  // Nested JSON arrays end in "]]" too: the directive ends where its JSON is whole.
  for (let end = first; end >= 0; end = text.indexOf("]]", end + 1)) {
    const argument = text.slice(start, end);
    if (isJson(name === "json" ? argument : argument.slice(argument.indexOf(" ") + 1))) return end;
  }
  return first;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
