/**
 * Takes secrets out of what zag keeps and says about itself: the values of variables that are named
 * like secrets, and what looks like a key, a token or a password. What is known to be secret once is so
 * for the whole process.
 *
 * @module
 */
import { ByteFilter } from "./byte_filter.ts";
import { Finder } from "./finder.ts";
import { type Needle, needlesOf } from "./needles.ts";
import { secretsIn } from "./secret_values.ts";
import { merged, type Range } from "./ranges.ts";
import { holdsPlaceholder, placeholder, shapesBegunIn, shapesIn } from "./shapes.ts";

/** Most values that are known at a time; what was learned least lately is forgotten first. */
const MOST_VALUES = 500;

/** Fewer characters of a secret tell nothing. */
const TELLING_PART = 4;

/** How deep values may be nested that are looked through part by part. */
const DEEPEST = 500;

/** So much at the end of a text may be the beginning of a secret, in UTF-16 units. */
const LONGEST_TAIL = 8192;

const encoder = new TextEncoder();

/** Takes the bytes of a short text as long as they are looked at. */
const scratch = new Uint8Array(64 * 1024);
const MOST_BYTES = 3;

function bytesOf(text: string): Uint8Array {
  if (text.length * MOST_BYTES > scratch.length) return encoder.encode(text);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}

/** Takes some secrets out of texts. */
export class Redactor {
  /** Values with the names under which they are known; what was learned last is last. */
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
    const before = this.#values.get(value);
    if (before !== undefined) this.#values.delete(value);
    this.#values.set(value, before ?? name);
    if (before !== undefined) return;
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
    return this.#without(text, []);
  }

  /** The same, also without other parts, which may overlap with what is found. */
  #without(text: string, others: readonly Range[]): string {
    const mayHold = this.#tools.filter.mayHold(bytesOf(text));
    if (!mayHold && others.length === 0) return text;
    const values = mayHold ? this.#tools.finder.all(text) : [];
    const shapes = mayHold ? shapesIn(text) : [];
    // All is looked for before anything is taken out: what a secret lies in would not be known after it.
    const clean = replaced(text, merged([...values, ...others, ...shapes]));
    // A token that had such a one right beside it is known now.
    const isHidden = [...values, ...others].some((range) => isInWord(text, range));
    return isHidden ? replaced(clean, merged(shapesIn(clean))) : clean;
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
    const clean = this.#without(text, this.#begunIn(text));
    return clean === text ? text : this.#without(clean, this.#begunIn(clean));
  }

  /** What may be the beginning of a secret, at the end of a text. */
  #begunIn(text: string): Range[] {
    const from = Math.max(0, text.length - LONGEST_TAIL);
    const tail = text.slice(from);
    const found = shapesBegunIn(tail);
    const begun = this.#tools.finder.begun(tail);
    if (begun && tail.length - begun.at >= TELLING_PART) {
      found.unshift({ at: begun.at, end: tail.length, name: begun.needle.name });
    }
    return found.map(({ at, end, name }) => ({ at: from + at, end: from + end, name }));
  }

  /** The same as {@linkcode text} for a text whose beginning is missing. */
  cutStart(text: string): string {
    const rests = this.#tools.needles.flatMap((needle) => {
      const end = needle.endOfRest(text);
      return end >= TELLING_PART ? [{ at: 0, end, name: needle.name }] : [];
    });
    return this.#without(text, rests);
  }

  /** Where at the end of a text something begins that may be a secret when more follows. */
  openTail(text: string): number {
    const least = Math.max(0, text.length - LONGEST_TAIL);
    const end = text.slice(least);
    const { finder } = this.#tools;
    const values = merged(finder.all(end)).toReversed();
    let from = openWord(end, end.length);
    let open = Math.min(from, finder.begun(end)?.at ?? from);
    while (true) {
      // One that consists of several words must not be taken apart.
      for (const { at, end: to } of values) if (at < open && open < to) open = at;
      if (open >= from) return least + from;
      // Nor what it begins in: it may be a part of that.
      from = open = openWord(end, open);
    }
  }
}

/** The text with what it says in the place of each part; those do not overlap. */
function replaced(text: string, ranges: readonly Range[]): string {
  if (ranges.length === 0) return text;
  let clean = "";
  let done = 0;
  for (const { at, end, name } of ranges) {
    const said = placeholder(name);
    clean += text.slice(done, at) + (isNumberIn(text, at, end) ? `"${said}"` : said);
    done = end;
  }
  return clean + text.slice(done);
}

/** Whether a word goes on at one of its ends. */
function isInWord(text: string, { at, end }: Range): boolean {
  return [at, end].some((edge) => edge > 0 && /^\w\w/.test(text.slice(edge - 1, edge + 1)));
}

/** Where the word begins, or the key, that goes on here, with what says that it is a secret. */
function openWord(text: string, end: number): number {
  let from = lastWord(text, end);
  const scheme = SCHEME.exec(text.slice(Math.max(0, from - SCHEME_LENGTH), from));
  if (scheme) from -= scheme[0].length;
  const head = text.lastIndexOf("-----BEGIN ", end);
  const key = head < 0 ? undefined : KEY_END.exec(text.slice(head));
  return head >= 0 && (!key || head + key[0].length > from) ? Math.min(from, head) : from;
}

/** What says that a secret comes next. */
const SCHEME =
  /(?:\bauthorization["'\\]{0,6}\s{0,4}[:=,]?\s{0,4}["'\\]{0,6}(?:(?:bearer|basic) {0,4})?|\bbearer {0,4})$/i;

/** A key, or a certificate, up to its end. */
const KEY_END = /^[^]*?-----END [A-Z0-9 ]{1,60}-----/;

/** It is no longer than this. */
const SCHEME_LENGTH = 64;

/** Where the last word before here begins; in a text without any space, where its last part does. */
function lastWord(text: string, end: number): number {
  for (const separator of [/\s/, /[^\w.~+/=:@%-]/]) {
    for (let at = end; at > 0; at--) if (separator.test(text[at - 1]!)) return at;
  }
  return 0;
}

/** What is made of values, to find them. */
interface Made {
  readonly filter: ByteFilter;
  readonly needles: readonly Needle[];
  readonly finder: Finder;
  /** By value, the name under which it is known. */
  readonly names: ReadonlyMap<string, string>;
}

function make(values: ReadonlyMap<string, string>): Made {
  const names = new Map<string, string>();
  const placeholders = [...new Set(values.values())].map(placeholder);
  for (const [value, name] of values) {
    // What a placeholder says must not be taken for a secret again.
    if (value.length < 3 || placeholders.some((each) => each.includes(value))) continue;
    names.set(value, name);
  }
  const needles = [...names].flatMap(([value, name]) => needlesOf(value, name));
  const filter = new ByteFilter(needles.flatMap(({ anchors }) => anchors));
  return { filter, needles, finder: new Finder(needles), names };
}

/** A number of JSON that stands in a text must stay a value of JSON. */
function isNumberIn(text: string, at: number, end: number): boolean {
  return /^\d+$/.test(text.slice(at, end)) &&
    /[:[,]\s*$/.test(text.slice(Math.max(0, at - 8), at)) &&
    /^\s*[,\]}]/.test(text.slice(end, end + 8));
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

/**
 * Has this process know the secrets in a configuration: texts in fields that are named like secrets, and
 * the passwords in addresses.
 */
export function knowSecretsOf(configuration: unknown): void {
  const visit = (value: unknown, name: string, depth: number) => {
    if (typeof value === "string") return knowSecrets({ [name]: value });
    if (typeof value !== "object" || value === null || depth > DEEPEST) return;
    for (const [field, part] of Object.entries(value)) {
      // What is in a list is what the list is called.
      visit(part, Array.isArray(value) ? name : field, depth + 1);
    }
  };
  visit(configuration, "", 0);
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
