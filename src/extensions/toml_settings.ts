/** Settings in TOML: tables are added and removed by their lines, nothing is printed anew. */
import { tomlString } from "../providers/codex/toml_value.ts";
import { type Json, record } from "../providers/json.ts";
import { tomlReason } from "./errors.ts";
import { parseToml } from "./parse_toml.ts";
import {
  canonical,
  type Entries,
  type Inserted,
  OWN_PREFIX,
  serversOf,
  type SettingsEditor,
} from "./settings_text.ts";
import { lineEnd, spliceText } from "./splice.ts";

/** The editor of settings in which a table of this name holds the servers. */
export function tomlSettings(key: string): SettingsEditor {
  return {
    parse,
    insert: (text, entries) => insert(text, key, entries),
    strip: (text) => strip(text, key),
  };
}

function parse(text: string): Json {
  try {
    return parseToml(text) as Json;
  } catch (error) {
    throw new SyntaxError(`it is no TOML (${tomlReason(error)})`);
  }
}

function insert(text: string, key: string, entries: Entries): Inserted {
  const before = parse(text);
  const createdKey = !Object.hasOwn(before, key);
  const servers = serversOf(before, key);
  const root = text.slice(0, tableHeaders(text)[0]?.offset);
  if (new RegExp(`^[ \\t]*["']?${key}["']?[ \\t]*=`, "m").test(root)) throw notExtensible(key);
  const eol = lineEnd(text);
  const lead = text.trim() === "" || /\n\r?\n$/.test(text)
    ? ""
    : text.endsWith("\n")
    ? eol
    : eol + eol;
  const block = Object.entries(entries)
    .map(([name, entry]) => tomlTable([key, name], entry, eol)).join(eol);
  const { text: after, splice } = spliceText(text, text.length, 0, lead + block);
  // An inline table cannot be added to, and a name may be there in another form.
  const wanted = canonical({ ...before, [key]: { ...servers, ...entries } });
  if (canonicalOf(after) !== wanted) {
    throw notExtensible(key);
  }
  return { text: after, splice, createdKey };
}

function notExtensible(key: string): SyntaxError {
  return new SyntaxError(`its "${key}" is written in a form to which nothing can be added`);
}

function canonicalOf(text: string): string | undefined {
  try {
    return canonical(parseToml(text));
  } catch {
    return undefined;
  }
}

/** A table with its sub-tables, each line with its end. */
export function tomlTable(path: readonly string[], table: Json, eol = "\n"): string {
  const plain: string[] = [];
  const inner: string[] = [];
  for (const [name, value] of Object.entries(table)) {
    const sub = record(value);
    if (sub) inner.push(eol + tomlTable([...path, name], sub, eol));
    else plain.push(`${tomlKey(name)} = ${tomlPlain(value)}${eol}`);
  }
  const head = path.length === 0 ? "" : `[${path.map(tomlKey).join(".")}]${eol}`;
  return head + plain.join("") + inner.join("");
}

function tomlKey(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : tomlString(name);
}

function tomlPlain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tomlPlain).join(", ")}]`;
  return typeof value === "string" ? tomlString(value) : String(value);
}

/** Removes zag's tables, and leaves the comments before the table that follows. */
function strip(text: string, key: string): string {
  parse(text);
  const headers = tableHeaders(text);
  let left = "";
  let from = 0;
  for (const [index, { path, offset }] of headers.entries()) {
    if (path[0] !== key || !path[1]?.startsWith(OWN_PREFIX)) continue;
    const next = headers[index + 1]?.offset ?? text.length;
    left += text.slice(from, offset);
    const rest = text.slice(offset, next);
    const comments = /(?:(?<=\n)[ \t]*(?:#[^\n]*)?\n)*$/.exec(rest.replaceAll("\r", " "))![0];
    const first = comments.search(/^[ \t]*#/m);
    from = first < 0 ? next : next - comments.length + first;
    if (from === text.length) left = left.replace(/(\n)(?:\r?\n)+$/, "$1");
  }
  return left + text.slice(from);
}

/** A line that begins a table. */
interface TableHeader {
  /** Where its line begins. */
  readonly offset: number;
  readonly path: readonly string[];
}

/** What a piece of TOML is that holds no table header: a text, a comment. */
const OPAQUE =
  /"""(?:[^\\]|\\[\s\S])*?"{3,5}|'''[\s\S]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*/y;

/** The headers of all tables, in their order. The text must be TOML. */
function tableHeaders(text: string): TableHeader[] {
  const headers: TableHeader[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length;) {
    const char = text[at]!;
    if (char === "[" && depth === 0 && text.slice(start, at).trim() === "") {
      const line = /[^\n]*/y;
      line.lastIndex = at;
      const header = line.exec(text)![0];
      headers.push({ offset: start, path: headerPath(header) });
      at += header.length;
      continue;
    }
    OPAQUE.lastIndex = at;
    const opaque = OPAQUE.exec(text)?.[0];
    if (opaque !== undefined) {
      at += opaque.length;
      continue;
    }
    if (char === "[" || char === "{") depth++;
    if (char === "]" || char === "}") depth--;
    at++;
    if (char === "\n") start = at;
  }
  return headers;
}

/** The names in `[a."b.c"]` and `[[a]]`. */
function headerPath(header: string): string[] {
  return [
    ...header.replace(/^\[+/, "").matchAll(/\s*("(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)\s*([.\]])?/g),
  ]
    .reduce<{ names: string[]; open: boolean }>(
      ({ names, open }, [, name, after]) =>
        open ? { names: [...names, unquoted(name!)], open: after === "." } : { names, open },
      {
        names: [],
        open: true,
      },
    ).names;
}

function unquoted(name: string): string {
  if (name.startsWith("'")) return name.slice(1, -1);
  if (!name.startsWith('"')) return name;
  try {
    return JSON.parse(name);
  } catch {
    return name;
  }
}
