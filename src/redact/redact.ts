/**
 * Takes secrets out of what zag keeps and says about itself: the values of variables that are named
 * like secrets, and what looks like a key, a token or a password. What is known to be secret once is so
 * for the whole process.
 *
 * @module
 */
import { ByteFilter } from "./byte_filter.ts";
import { formsOf, hasSecretName, secretsIn } from "./secret_values.ts";
import { holdsPlaceholder, placeholder, SHAPES, withoutShapes } from "./shapes.ts";

/** Most values that are known at a time; the oldest are forgotten first. */
const MOST_VALUES = 500;

/** Fewer characters of a secret tell nothing. */
const TELLING_PART = 4;

/** How deep values may be nested that are looked through part by part. */
const DEEPEST = 500;

/** So much at the end of a text may be the beginning of a secret, in UTF-16 units. */
const LONGEST_TAIL = 8192;

const encoder = new TextEncoder();

/** Takes some secrets out of texts. */
export class Redactor {
  /** Values with the names under which they are known, oldest first. */
  readonly #values = new Map<string, string>();
  /** What is made of the values, when it is needed. */
  #made: Made | undefined;

  /** Learns the secrets among variables. */
  learn(variables: Readonly<Record<string, string | undefined>>): void {
    for (const [value, name] of secretsIn(variables)) this.#add(value, name);
  }

  /** Learns values that are secret, whatever they look like; those that are empty are none. */
  learnValues(values: Iterable<string>, name: string): void {
    for (const value of values) if (value !== "") this.#add(value, name);
  }

  #add(value: string, name: string): void {
    if (this.#values.has(value)) return;
    this.#values.set(value, name);
    this.#made = undefined;
    const [oldest] = this.#values.keys();
    if (this.#values.size > MOST_VALUES) this.#values.delete(oldest!);
  }

  get #tools(): Made {
    return this.#made ??= make(this.#values);
  }

  /** Whether a secret may be in these bytes of text or JSON; false when there is none for sure. */
  mayHold(bytes: Uint8Array): boolean {
    return this.#tools.filter.mayHold(bytes);
  }

  /** The text without secrets. Of what was clean already nothing changes. */
  text(text: string): string {
    if (!this.#tools.filter.mayHold(encoder.encode(text))) return text;
    return withoutShapes(this.#withoutValues(text));
  }

  #withoutValues(text: string): string {
    const { pattern, names } = this.#tools;
    if (!pattern) return text;
    return text.replace(pattern, (form, offset: number) => {
      const name = placeholder(names.get(form)!);
      return isNumberIn(text, offset, form) ? `"${name}"` : name;
    });
  }

  /** The same value, with clean texts in it: strings, names of fields, and numbers that are secrets. */
  value<T>(value: T): T {
    return this.#part(value, 0) as T;
  }

  #part(value: unknown, depth: number): unknown {
    if (typeof value === "string") return this.text(value);
    if (typeof value === "number") {
      const name = this.#tools.names.get(String(value));
      return name === undefined ? value : placeholder(name);
    }
    if (typeof value !== "object" || value === null) return value;
    // Nothing that is kept whole is so deep.
    if (depth > DEEPEST) return placeholder("nested");
    if (Array.isArray(value)) return value.map((part) => this.#part(part, depth + 1));
    if (typeof (value as { toJSON?: unknown }).toJSON === "function") return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [this.text(name), this.#part(part, depth + 1)]),
    );
  }

  /** The same as {@linkcode text} for a text whose end is missing: no half of a secret stays there. */
  cutText(text: string): string {
    const clean = this.text(text);
    const from = Math.max(0, clean.length - LONGEST_TAIL);
    const tail = clean.slice(from);
    return clean.slice(0, from) + this.#withoutBegun(tail);
  }

  #withoutBegun(tail: string): string {
    const { forms, names } = this.#tools;
    for (const { kind, begun } of SHAPES) {
      const match = begun?.exec(tail);
      if (match) return tail.slice(0, match.index) + (match[1] ?? "") + placeholder(kind);
    }
    const found = longestBegun(tail, forms);
    if (!found || tail.length - found.at < TELLING_PART) return tail;
    return tail.slice(0, found.at) + placeholder(names.get(found.form)!);
  }

  /** The same as {@linkcode text} for a text whose beginning is missing. */
  cutStart(text: string): string {
    const { forms, names } = this.#tools;
    for (const form of forms) {
      for (let at = 1; at <= form.length - TELLING_PART; at++) {
        if (text.startsWith(form.slice(at))) {
          return placeholder(names.get(form)!) + this.text(text.slice(form.length - at));
        }
      }
    }
    return this.text(text);
  }

  /** Where at the end of a text something begins that may be a secret when more follows. */
  openTail(text: string): number {
    const least = Math.max(0, text.length - LONGEST_TAIL);
    const end = text.slice(least);
    let from = lastWord(end);
    const scheme = SCHEME.exec(end.slice(Math.max(0, from - SCHEME_LENGTH), from));
    if (scheme) from -= scheme[0].length;
    const head = end.lastIndexOf("-----BEGIN ");
    const key = head < 0 ? undefined : KEY_END.exec(end.slice(head));
    if (head >= 0 && (!key || head + key[0].length > from)) from = Math.min(from, head);
    const { forms, pattern } = this.#tools;
    const found = longestBegun(end, forms);
    if (found) from = Math.min(from, found.at);
    // One that consists of several words must not be taken apart.
    for (const { index, 0: form } of pattern ? end.matchAll(pattern) : []) {
      if (index < from && index + form.length > from) from = index;
    }
    return least + from;
  }
}

/** What says that a secret comes next. */
const SCHEME =
  /(?:\bauthorization["'\\]{0,6}\s{0,4}[:=,]?\s{0,4}["'\\]{0,6}(?:(?:bearer|basic) {0,4})?|\bbearer {0,4})$/i;

/** A key, or a certificate, up to its end. */
const KEY_END = /^[^]*?-----END [A-Z0-9 ]{1,60}-----/;

/** It is no longer than this. */
const SCHEME_LENGTH = 64;

/** Where the last word of a text begins; in one without any space, where its last part does. */
function lastWord(text: string): number {
  for (const separator of [/\s/, /[^\w.~+/=:@%-]/]) {
    for (let at = text.length; at > 0; at--) if (separator.test(text[at - 1]!)) return at;
  }
  return 0;
}

/** What is made of values, to find them. */
interface Made {
  readonly filter: ByteFilter;
  /** Longest first. */
  readonly forms: readonly string[];
  /** Matches any of the forms; undefined without one. */
  readonly pattern: RegExp | undefined;
  /** By form, the name under which a secret is known. */
  readonly names: ReadonlyMap<string, string>;
}

function make(values: ReadonlyMap<string, string>): Made {
  const names = new Map<string, string>();
  const placeholders = [...new Set(values.values())].map(placeholder);
  for (const [value, name] of values) {
    for (const form of new Set([value, ...formsOf(value)])) {
      if (form.length < 3 || placeholders.some((each) => each.includes(form))) continue;
      if (!names.has(form)) names.set(form, name);
    }
  }
  const forms = [...names.keys()].sort((a, b) => b.length - a.length);
  const pattern = forms.length === 0
    ? undefined
    : new RegExp(forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"), "g");
  return { filter: new ByteFilter(forms), forms, pattern, names };
}

/** The longest end of a text that is the beginning of one of these, without being all of it. */
function longestBegun(
  text: string,
  forms: readonly string[],
): { form: string; at: number } | undefined {
  let longest: { form: string; at: number } | undefined;
  for (const form of forms) {
    const first = Math.max(0, text.length - form.length + 1);
    for (let at = text.indexOf(form[0]!, first); at >= 0; at = text.indexOf(form[0]!, at + 1)) {
      if (longest && at >= longest.at) break;
      if (form.startsWith(text.slice(at))) longest = { form, at };
    }
  }
  return longest;
}

/** A number of JSON that stands in a text must stay a value of JSON. */
function isNumberIn(text: string, offset: number, form: string): boolean {
  return /^\d+$/.test(form) && /[:[,]\s*$/.test(text.slice(Math.max(0, offset - 8), offset)) &&
    /^\s*[,\]}]/.test(text.slice(offset + form.length, offset + form.length + 8));
}

/** All that this process knows to be secret. */
let known: Redactor | undefined;

/** The one redactor of this process; it knows the variables of the process from the beginning. */
export function processRedactor(): Redactor {
  if (known) return known;
  known = new Redactor();
  // Nobody is to be asked for a permission because of this.
  const { state, partial } = Deno.permissions.querySync({ name: "env" });
  if (state === "granted" && !partial) known.learn(Deno.env.toObject());
  return known;
}

/** Has this process know the secrets among variables. */
export function knowSecrets(variables: Readonly<Record<string, string | undefined>>): void {
  processRedactor().learn(variables);
}

/** Has this process know the secrets in a configuration: texts in fields that are named like secrets. */
export function knowSecretsOf(configuration: unknown): void {
  const found: Record<string, string> = {};
  const visit = (value: unknown, depth: number) => {
    if (typeof value !== "object" || value === null || depth > DEEPEST) return;
    for (const [name, part] of Object.entries(value)) {
      if (typeof part === "string" && hasSecretName(name)) found[name] = part;
      else visit(part, depth + 1);
    }
  };
  visit(configuration, 0);
  knowSecrets(found);
}

/** The text without secrets. */
export function redact(text: string): string {
  return processRedactor().text(text);
}

/** The same value, with clean texts in it. */
export function redactValue<T>(value: T): T {
  return processRedactor().value(value);
}

/** The text without secrets, and without the half of one at its end, which was cut off. */
export function redactCut(text: string): string {
  return processRedactor().cutText(text);
}

/** Whether a secret was taken out of some text in this value. */
export function holdsRedaction(value: unknown): boolean {
  return holdsPlaceholder(JSON.stringify(value) ?? "");
}
