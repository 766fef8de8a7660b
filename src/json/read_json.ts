/** Reads JSON that people write: with comments and trailing commas, and with mistakes. */
import type { ParseError } from "jsonc-parser";

/** Why a text is no JSON, with the place, in the middle of a sentence. */
export class JsonSyntaxError extends Error {
  /** Name of the class. */
  override name = "JsonSyntaxError";
}

/**
 * Parses JSON, with or without comments and trailing commas.
 *
 * @throws {JsonSyntaxError} with line and column, both from 1.
 */
export async function parseJsonc(text: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof RangeError) throw new JsonSyntaxError("it is nested too deeply");
  }
  const jsonc = await import("jsonc-parser");
  const errors: ParseError[] = [];
  try {
    jsonc.visit(text, {
      onError: (error, offset, length) => errors.push({ error, offset, length }),
    }, { allowTrailingComma: true });
  } catch (error) {
    if (error instanceof RangeError) throw new JsonSyntaxError("it is nested too deeply");
    throw error;
  }
  const [first] = errors;
  if (first) {
    const reason = jsonc.printParseErrorCode(first.error).replace(/([a-z])([A-Z])/g, "$1 $2");
    throw new JsonSyntaxError(`${reason.toLowerCase()} at ${lineAndColumn(text, first.offset)}`);
  }
  // The parser of jsonc-parser takes the name "__proto__" for more than a name.
  try {
    return JSON.parse(withoutExtras(text, jsonc.createScanner(text)));
  } catch (error) {
    throw new JsonSyntaxError((error as Error).message, { cause: error });
  }
}

type Scanner = import("jsonc-parser").JSONScanner;

/** `SyntaxKind` of jsonc-parser, whose enumeration exists for the compiler only. */
const CLOSE_BRACE = 2;
const CLOSE_BRACKET = 4;
const COMMA = 5;
const LINE_COMMENT = 12;
const BLOCK_COMMENT = 13;
const LINE_BREAK = 14;
const TRIVIA = 15;
const END = 17;

function withoutExtras(text: string, scanner: Scanner): string {
  const parts: string[] = [];
  let hasComma = false;
  for (let kind = scanner.scan() as number; kind !== END; kind = scanner.scan()) {
    if ([LINE_COMMENT, BLOCK_COMMENT, LINE_BREAK, TRIVIA].includes(kind)) continue;
    if (hasComma && kind !== CLOSE_BRACE && kind !== CLOSE_BRACKET) parts.push(",");
    hasComma = kind === COMMA;
    const start = scanner.getTokenOffset();
    if (!hasComma) parts.push(text.slice(start, start + scanner.getTokenLength()));
  }
  return parts.join("");
}

export function lineAndColumn(text: string, offset: number): string {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
}
