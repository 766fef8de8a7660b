/** Settings in JSON, with comments and commas that JSON does not have. */
import {
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { withoutProperty } from "../config/edit_text.ts";
import { type Json, record } from "../providers/json.ts";
import {
  type Entries,
  type Inserted,
  OWN_PREFIX,
  serversOf,
  type SettingsEditor,
} from "./settings_text.ts";
import { lineEnd, type Spliced, spliceText } from "./splice.ts";

/** How the text is laid out. */
interface Style {
  readonly eol: string;
  /** One step of indentation; undefined where everything stands on one line. */
  readonly indent: string | undefined;
}

/** The editor of settings in which an object of this name holds the servers. */
export function jsonSettings(key: string): SettingsEditor {
  return {
    parse: (text) => {
      const plain = plainJson(text);
      if (plain) return plain;
      const root = treeOf(text);
      return root === undefined ? {} : getNodeValue(root) as Json;
    },
    insert: (text, entries) => insert(text, key, entries),
    strip: (text, keyIsOurs) => strip(text, key, keyIsOurs),
  };
}

/** An object in JSON without any extras, which the engine itself reads far faster. */
function plainJson(text: string): Json | undefined {
  try {
    return record(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The object that a text holds; undefined for a blank text. */
function treeOf(text: string): Node | undefined {
  if (text.trim() === "") return undefined;
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined) {
    const before = text.slice(0, first.offset).split("\n");
    const column = (before.at(-1)?.length ?? 0) + 1;
    const what = printParseErrorCode(first.error).replace(/(?<=[a-z])(?=[A-Z])/g, " ")
      .toLowerCase();
    throw new SyntaxError(`it is no JSON (${what}, line ${before.length}, column ${column})`);
  }
  if (root?.type !== "object") throw new SyntaxError("it must hold one JSON object");
  return root;
}

function insert(text: string, key: string, entries: Entries): Inserted {
  const root = treeOf(text);
  const style = styleOf(text, root);
  if (root === undefined) {
    const made = JSON.stringify({ [key]: entries }, null, 2).replaceAll("\n", style.eol);
    return { ...spliceText(text, 0, text.length, made + style.eol), createdKey: true };
  }
  serversOf(getNodeValue(root) as Json, key);
  const holder = lastProperty(root, key);
  return holder === undefined
    ? { ...addMembers(text, root, { [key]: entries }, style), createdKey: true }
    : { ...addMembers(text, holder, entries, style), createdKey: false };
}

/** The value of a property; of several of one name the last counts, as for all who read JSON. */
function lastProperty(object: Node, key: string): Node | undefined {
  return object.children?.findLast(({ children }) => children?.[0]?.value === key)?.children?.[1];
}

/** Puts members behind the last one of an object. */
function addMembers(
  text: string,
  object: Node,
  members: Readonly<Record<string, unknown>>,
  style: Style,
): Spliced {
  const last = object.children?.at(-1);
  const close = object.offset + object.length - 1;
  const start = last ? last.offset + last.length : object.offset + 1;
  const { comma, end } = readGap(text.slice(start, close));
  const kept = text.slice(start, start + end);
  const lead = (last && !comma ? "," : "") + kept;
  const trail = comma ? "," : "";
  if (style.indent === undefined) {
    const written = Object.entries(members).map(([name, value]) =>
      `${JSON.stringify(name)}:${JSON.stringify(value)}`
    );
    return spliceText(text, start, end, lead + written.join(",") + trail);
  }
  const { eol, indent } = style;
  const outer = indentAt(text, object.offset);
  const inner = last && ownLine(text, last.offset) ? indentAt(text, last.offset) : outer + indent;
  const written = Object.entries(members).map(([name, value]) =>
    `${eol}${inner}${JSON.stringify(name)}: ` +
    JSON.stringify(value, null, indent).replaceAll("\n", eol + inner)
  );
  // A brace on the same line gets a line of its own.
  const rest = text.slice(start + end, close);
  const alone = rest.includes("\n");
  return spliceText(
    text,
    start,
    alone ? end : close - start,
    lead + written.join(",") + trail + (alone ? "" : eol + outer),
  );
}

/** What stands between the last member and the brace: whether a comma, and where comments end. */
function readGap(gap: string): { comma: boolean; end: number } {
  let comma = false;
  let end = 0;
  for (const { 0: token, index } of gap.matchAll(/\/\/[^\r\n]*|\/\*[\s\S]*?\*\/|,/g)) {
    if (token === ",") comma = true;
    end = index + token.length;
  }
  return { comma, end };
}

function styleOf(text: string, root: Node | undefined): Style {
  const eol = lineEnd(text);
  if (root === undefined) return { eol, indent: "  " };
  const within = text.slice(root.offset, root.offset + root.length);
  if (!within.includes("\n")) {
    return { eol, indent: root.children?.length ? undefined : "  " };
  }
  const first = root.children?.find(({ offset }) => ownLine(text, offset));
  return { eol, indent: (first && indentAt(text, first.offset)) || "  " };
}

/** The blanks at the beginning of the line of an offset. */
function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset)))![0];
}

function ownLine(text: string, offset: number): boolean {
  return text.slice(lineStart(text, offset), offset).trim() === "";
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Takes out zag's entries by where they stand, so that nothing else is printed anew. */
function strip(text: string, key: string, keyIsOurs: boolean): string {
  let left = text;
  for (;;) {
    const root = treeOf(left);
    const holder = root && lastProperty(root, key);
    const own = holder?.children?.find(({ children }) =>
      String(children?.[0]?.value).startsWith(OWN_PREFIX)
    );
    if (own) left = withoutProperty(left, own);
    else if (keyIsOurs && holder?.children?.length === 0) {
      return withoutProperty(left, holder.parent!);
    } else return left;
  }
}
