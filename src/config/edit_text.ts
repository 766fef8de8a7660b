/** Changes one setting in the text of a configuration and leaves everything else as it stands. */
import type { Node } from "jsonc-parser";
import { errorAt, parseJsonc, properties } from "./config.ts";
import { type ConfigValue, namesOf } from "./keys.ts";

/** One place of a text that becomes another. */
interface Edit {
  readonly at: number;
  readonly length: number;
  readonly text: string;
}

/** A piece of JSONC between two values. */
interface Token {
  readonly kind: "comma" | "line comment" | "block comment" | "text";
  readonly at: number;
  readonly end: number;
}

/** A property of an object, with its name. */
interface Found {
  readonly property: Node;
  readonly value: Node | undefined;
}

/**
 * The text with a setting changed or, with undefined, taken out. Comments, order and layout stay; what
 * is new gets the layout of what is there.
 *
 * @param path The file, for errors.
 * @param key Dotted, in full.
 * @throws {ConfigError} when the text is no JSONC, or holds something else in the setting's place
 */
export async function editText(
  path: string,
  text: string,
  key: string,
  value: ConfigValue | undefined,
): Promise<string> {
  const names = namesOf(key);
  const name = names.pop()!;
  const tree = await parseJsonc(path, text);
  const layout = layoutOf(text, tree);
  if (tree === undefined) {
    if (value === undefined) return text;
    const gap = text === "" || text.endsWith("\n") ? "" : layout.newline;
    const start = text + gap + "{}" + layout.newline;
    return await editText(path, start, key, value);
  }
  let object = tree;
  for (const [depth, section] of names.entries()) {
    const body = find(object, section);
    if (body === undefined) {
      if (value === undefined) return text;
      const rest = [...names.slice(depth + 1), name];
      const within = (indent: string) => `"${section}": ${nested(rest, value, layout, indent)}`;
      return apply(text, insert(text, object, layout, within));
    }
    if (body.value?.type !== "object") {
      const at = body.value?.offset ?? body.property.offset;
      const full = names.slice(0, depth + 1).join(".");
      throw errorAt(path, text, at, `${full}: it must be an object of settings`);
    }
    object = body.value;
  }
  const found = find(object, name);
  if (found === undefined) {
    if (value === undefined) return text;
    return apply(text, insert(text, object, layout, () => member(name, value)));
  }
  if (value === undefined) return apply(text, remove(text, found.property));
  const { offset: at, length, children, type } = found.value!;
  if (children !== undefined && !(type === "array" && Array.isArray(value))) {
    throw errorAt(path, text, at, `${key}: it must be a single value`);
  }
  if (tokens(text, at, at + length).some(({ kind }) => kind.endsWith("comment"))) {
    throw errorAt(path, text, at, `${key}: there are comments in it`, "Change it with an editor");
  }
  return apply(text, [{ at, length, text: JSON.stringify(value) }]);
}

/** A value in objects of these names. */
function nested(
  [name, ...rest]: readonly string[],
  value: ConfigValue,
  layout: Layout,
  indent: string,
): string {
  const { newline, unit, oneLine } = layout;
  const inner = indent + unit;
  const body = rest.length === 0
    ? member(name!, value)
    : `${JSON.stringify(name)}: ${nested(rest, value, layout, inner)}`;
  return oneLine ? `{ ${body} }` : `{${newline}${inner}${body}${newline}${indent}}`;
}

function member(name: string, value: ConfigValue): string {
  return `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
}

/** The property of that name; of several the last one, for that is the one that counts. */
function find(object: Node, name: string): Found | undefined {
  const index = properties(object).findLastIndex((each) => each.name === name);
  const property = object.children?.[index];
  return property && { property, value: property.children?.[1] };
}

/** How a text is laid out. */
interface Layout {
  readonly newline: string;
  /** One step of indentation. */
  readonly unit: string;
  /** Everything stands on one line. */
  readonly oneLine: boolean;
}

function layoutOf(text: string, tree: Node | undefined): Layout {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const first = tree?.children?.[0];
  const own = first && indentAt(text, first.offset);
  const outer = tree ? indentAt(text, tree.offset) ?? "" : "";
  const unit = own?.startsWith(outer) ? own.slice(outer.length) : "";
  return {
    newline,
    unit: unit || "  ",
    oneLine: first !== undefined && !text.slice(tree!.offset, endOf(tree!)).includes("\n"),
  };
}

/** The blanks before a place, where nothing else stands before it on its line. */
function indentAt(text: string, at: number): string | undefined {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const before = text.slice(start, at).replace(/^\ufeff/, "");
  return /^[ \t]*$/.test(before) ? before : undefined;
}

/** The blanks at the beginning of the line of a place. */
function lineIndent(text: string, at: number): string {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  return /^\ufeff?([ \t]*)/.exec(text.slice(start))![1]!;
}

function endOf(node: Node): number {
  return node.offset + node.length;
}

/** What puts a new property behind everything that an object holds, its last comments included. */
function insert(
  text: string,
  object: Node,
  layout: Layout,
  property: (indent: string) => string,
): Edit[] {
  const last = object.children?.at(-1);
  const close = endOf(object) - 1;
  const from = last ? endOf(last) : object.offset + 1;
  const between = tokens(text, from, close);
  const hasComma = between.some(({ kind }) => kind === "comma");
  const edits: Edit[] = last && !hasComma ? [{ at: from, length: 0, text: "," }] : [];
  const at = between.at(-1)?.end ?? from;
  const afterLine = between.at(-1)?.kind === "line comment";
  const wide = afterLine ||
    (last || between.length > 0
      ? text.slice(object.offset, close).includes("\n")
      : !layout.oneLine);
  const comma = last && hasComma ? "," : "";
  if (!wide) {
    // The blank before the brace is there already where there is one.
    const gap = /[ \t]/.test(text[close - 1]!) ? "" : layout.oneLine && !last ? " " : "";
    return [...edits, { at, length: 0, text: ` ${property("")}${comma}${gap}` }];
  }
  const outer = lineIndent(text, last || between.length > 0 ? close : object.offset);
  const indent = (last && indentAt(text, last.offset)) ?? outer + layout.unit;
  const closes = text.slice(at, close).includes("\n");
  const tail = closes ? "" : layout.newline + outer;
  return [...edits, {
    at,
    // The blanks before a brace that gets a line of its own.
    length: closes ? 0 : close - at,
    text: layout.newline + indent + property(indent) + comma + tail,
  }];
}

/** The text without a property of an object; comments and the layout of everything else stay. */
export function withoutProperty(text: string, property: Node): string {
  return apply(text, remove(text, property));
}

/** What takes out a property and one comma; the comments inside and around it stay. */
function remove(text: string, property: Node): Edit[] {
  const object = property.parent!;
  const index = object.children!.indexOf(property);
  const next = object.children![index + 1];
  const close = endOf(object) - 1;
  const start = property.offset;
  const after = tokens(text, endOf(property), next?.offset ?? close);
  let comma = after.find(({ kind }) => kind === "comma");
  if (!comma && index > 0) {
    const before = tokens(text, endOf(object.children![index - 1]!), start);
    comma = before.find(({ kind }) => kind === "comma");
  }
  const inside = tokens(text, start, endOf(property)).filter(({ kind }) =>
    kind === "line comment" || kind === "block comment"
  );
  const kept = inside.map(({ kind, at, end }) =>
    text.slice(at, end) + (kind === "line comment" ? "\n" : "")
  ).join("");
  const gone = { at: start, length: property.length, text: kept };
  const edits = comma && comma.at === endOf(property)
    ? [{ ...gone, length: property.length + 1 }]
    : comma
    ? [gone, { at: comma.at, length: 1, text: "" }]
    : [gone];
  if (kept !== "") return edits;
  // A line that held nothing else goes as a whole.
  const [own] = edits;
  const end = own!.at + own!.length;
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const rest = /^[ \t]*(\r?\n)/.exec(text.slice(end));
  if (indentAt(text, start) !== undefined && lineStart > 0 && rest) {
    edits[0] = { at: lineStart, length: end + rest[0].length - lineStart, text: "" };
  }
  return edits;
}

/** Comments, commas and strings between two places. */
function tokens(text: string, from: number, to: number): Token[] {
  const pattern = /\/\/[^\r\n]*|\/\*[\s\S]*?\*\/|,|"(?:[^"\\]|\\.)*"/g;
  return [...text.slice(from, to).matchAll(pattern)].map(({ 0: found, index }) => ({
    kind: found === ","
      ? "comma"
      : found.startsWith("//")
      ? "line comment"
      : found.startsWith("/*")
      ? "block comment"
      : "text",
    at: from + index,
    end: from + index + found.length,
  }));
}

function apply(text: string, edits: readonly Edit[]): string {
  // Of two at one place the first one is to stand first.
  return [...edits].reverse().sort((a, b) => b.at - a.at).reduce(
    (result, { at, length, text }) => result.slice(0, at) + text + result.slice(at + length),
    text,
  );
}
