/**
 * What is looked for. One definition of a match serves every way of searching: the index and the
 * prefilter only say where there is nothing to be found.
 *
 * @module
 */
import { ZagError } from "../errors.ts";
import type { LogEvent } from "../events/log_event.ts";
import { type ToolKind, toolKind } from "../events/tool_kinds.ts";
import { gramsOf } from "./grams.ts";
import { rawPattern } from "./raw_pattern.ts";
import { requiredTexts } from "./regex_literals.ts";
import { signedText } from "./signed_text.ts";
import { fold, SEARCHED_TYPES, textsOf } from "./text.ts";

/** What is looked for; without a text every event that passes the filters. */
export interface Query {
  /** A part of a text, or with `regex` an expression in which `^` and `$` mean lines. */
  readonly text?: string | undefined;
  /** The text is a regular expression. */
  readonly regex?: boolean | undefined;
  /** Otherwise upper and lower case are the same. */
  readonly caseSensitive?: boolean | undefined;
  /** Only messages of this side. */
  readonly role?: "user" | "assistant" | undefined;
  /** Only calls and results of tools whose name holds this, in any case. */
  readonly tool?: string | undefined;
  /** Only calls and results of tools of this kind. */
  readonly toolKind?: ToolKind | undefined;
  /** Not before this time. */
  readonly from?: Date | undefined;
  /** Not after this time. */
  readonly to?: Date | undefined;
}

/** Where in an event something was found. */
export interface Hit {
  /** One of the event's texts. */
  readonly text: string;
  /** Where in it the match begins, in UTF-16 units. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
}

/** A query in the forms in which it is asked. */
export interface CompiledQuery {
  /** Whether an event matches, and where. This alone decides. */
  find(event: LogEvent): Hit | undefined;
  /** Finds the lines that may match, in bytes; undefined when each has to be looked at. */
  readonly pattern: RegExp | undefined;
  /**
   * What signatures must have, see `gramsOf`: all rows of at least one list. Undefined when
   * signatures cannot tell.
   */
  readonly grams: readonly (readonly number[])[] | undefined;
}

/** The text is no regular expression. */
export class InvalidRegexError extends ZagError {
  /** Name of the class. */
  override name = "InvalidRegexError";

  /**
   * Makes the error.
   *
   * @param source as it was given
   */
  constructor(readonly source: string, cause: unknown) {
    const text = cause instanceof Error ? cause.message : String(cause);
    const reason = text.slice(text.lastIndexOf(": ") + 2);
    super(`Cannot use ${JSON.stringify(source)} as a regular expression: ${reason}`, {
      cause,
      hint: "Leave --regex away to look for the text as it stands",
    });
  }
}

/**
 * Prepares a query.
 *
 * @throws {InvalidRegexError} when the text should be an expression and is none
 */
export function compileQuery(query: Query): CompiledQuery {
  const { text = "" } = query;
  const passes = filterOf(query);
  const locate = text === ""
    ? beginning
    : query.regex
    ? regexLocator(text, query.caseSensitive ?? false)
    : query.caseSensitive
    ? exactLocator(text)
    : foldedLocator(fold(text));
  return {
    find(event) {
      if (!passes(event)) return undefined;
      const texts = textsOf(event);
      for (const text of texts) {
        const hit = locate(text);
        if (hit !== undefined) return { text, start: hit[0], end: hit[1] };
      }
      // Without a text to look for, an event needs none either.
      return text === "" && texts.length === 0 ? { text: "", start: 0, end: 0 } : undefined;
    },
    ...narrowing(query, text),
  };
}

type Locator = (text: string) => readonly [start: number, end: number] | undefined;

function beginning(): readonly [number, number] {
  return [0, 0];
}

function exactLocator(wanted: string): Locator {
  return (text) => {
    const at = text.indexOf(wanted);
    return at < 0 ? undefined : [at, at + wanted.length];
  };
}

function foldedLocator(wanted: string): Locator {
  return (text) => {
    const folded = fold(text);
    const at = folded.indexOf(wanted);
    if (at < 0) return undefined;
    const end = at + wanted.length;
    return folded.length === text.length
      ? [at, end]
      : [unfoldedAt(text, at), unfoldedAt(text, end - 1) + 1];
  };
}

/** Where the unit comes from that stands at this place of the folded text. */
function unfoldedAt(text: string, at: number): number {
  let folded = 0;
  for (let place = 0; place < text.length; place++) {
    folded += fold(text[place]!).length;
    if (folded > at) return place;
  }
  return text.length;
}

function regexLocator(source: string, caseSensitive: boolean): Locator {
  const regex = expression(source, caseSensitive ? "m" : "im");
  return (text) => {
    const match = regex.exec(text);
    return match === null ? undefined : [match.index, match.index + match[0].length];
  };
}

/** By Unicode's rules, or where these forbid what people are used to (`\-`), by the older ones. */
function expression(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags + "u");
  } catch {
    try {
      return new RegExp(source, flags);
    } catch (error) {
      throw new InvalidRegexError(source, error);
    }
  }
}

/** What can be told without parsing a line, and without reading it. */
function narrowing(query: Query, text: string): Pick<CompiledQuery, "pattern" | "grams"> {
  const { caseSensitive = false } = query;
  if (text === "") return { pattern: typePattern(query), grams: undefined };
  const alternatives = query.regex ? requiredTexts(text, !caseSensitive) : [[text]];
  if (alternatives === undefined) return { pattern: undefined, grams: undefined };
  const patterns = alternatives.map((texts) => {
    const longest = texts.reduce((a, b) => b.length > a.length ? b : a);
    return rawPattern(caseSensitive ? longest : fold(longest), caseSensitive);
  });
  const grams = alternatives.map((texts) => texts.flatMap((text) => gramsOf(signedText(text))));
  return {
    pattern: patterns.includes(undefined) ? undefined : new RegExp(patterns.join("|"), "g"),
    grams: grams.every((rows) => rows.length > 0) ? grams : undefined,
  };
}

/** Lines of the types that can pass the filters. */
function typePattern({ role, tool, toolKind }: Query): RegExp {
  const types = role !== undefined
    ? [`${role}_message`]
    : tool !== undefined || toolKind !== undefined
    ? TOOL_TYPES
    : SEARCHED_TYPES;
  return new RegExp(`"type"[ \\t]*:[ \\t]*"(?:${types.join("|")})"`, "g");
}

const TOOL_TYPES: readonly string[] = ["tool_call", "tool_result"];

const SEARCHED: ReadonlySet<string> = new Set(SEARCHED_TYPES);

function filterOf({ role, tool, toolKind: kind, from, to }: Query): (event: LogEvent) => boolean {
  const wantedTool = tool === undefined ? undefined : fold(tool);
  const first = from?.getTime() ?? -Infinity;
  const last = to?.getTime() ?? Infinity;
  const dated = from !== undefined || to !== undefined;
  return (event) => {
    if (!SEARCHED.has(event.type)) return false;
    if (role !== undefined && event.type !== `${role}_message`) return false;
    if (wantedTool !== undefined || kind !== undefined) {
      if (event.type !== "tool_call" && event.type !== "tool_result") return false;
      const name: unknown = event.tool_name;
      if (wantedTool !== undefined) {
        if (typeof name !== "string" || !fold(name).includes(wantedTool)) return false;
      }
      if (kind !== undefined) {
        const known = event.tool_kind ?? (typeof name === "string" ? toolKind(name) : undefined);
        if (known !== kind) return false;
      }
    }
    if (!dated) return true;
    // What has no readable time is in no span of time.
    const time = Date.parse(event.ts);
    return time >= first && time <= last;
  };
}
