/**
 * Finds a secret however it is written down: as it is, escaped for JSON, a URL, HTML or a shell, all of
 * it or only some characters, and in base64 or in hexadecimal digits, in one line or in several.
 *
 * @module
 */

/** What {@linkcode Needle.endOf} says where it does not stand. */
export const NONE = -1;
/** What it says where the text ends in the middle of what may be it. */
export const OPEN = -2;

/** Fewer characters that are made of a secret occur by chance. */
const SHORTEST = 8;

/** A secret in one way of writing. */
export interface Needle {
  /** Under which the secret is known. */
  readonly name: string;
  /** At least one of these texts is in all that this finds; each has three bytes or more. */
  readonly anchors: readonly string[];
  /** The first two UTF-16 units of all that this finds are one of these. */
  readonly begins: readonly string[];

  /** Where it ends that begins here, {@linkcode NONE}, or {@linkcode OPEN}. */
  endOf(text: string, at: number): number;

  /** Where it ends in a text that begins in the middle of it; {@linkcode NONE} when it does not. */
  endOfRest(text: string): number;
}

/**
 * All that a secret is looked for with.
 *
 * @param secret three UTF-16 units or more
 */
export function needlesOf(secret: string, name: string): Needle[] {
  const needles: Needle[] = [escaped(secret, name)];
  const bytes = new TextEncoder().encode(secret);
  const add = (core: string, tails: readonly string[] = []) => {
    if (core.length >= SHORTEST) needles.push(new Wrapped(name, core, tails));
  };
  for (const before of [0, 1, 2]) {
    const { core, tails } = base64(bytes, before);
    add(core, tails);
    if (urlSafe(core) !== core || tails.some((tail) => urlSafe(tail) !== tail)) {
      add(urlSafe(core), tails.map(urlSafe));
    }
  }
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  for (const digits of new Set([hex, hex.toUpperCase()])) add(digits);
  return needles;
}

/** What bytes become in base64 behind so many others, whatever those are and whatever follows. */
function base64(bytes: Uint8Array, before: number): { core: string; tails: string[] } {
  const padded = new Uint8Array(before + bytes.length);
  padded.set(bytes, before);
  const whole = btoa(Array.from(padded, (byte) => String.fromCharCode(byte)).join(""));
  const core = whole.slice(Math.ceil(before * 8 / 6), Math.floor(padded.length * 8 / 6));
  if (before > 0) return { core, tails: [] };
  const tail = whole.slice(core.length);
  return { core, tails: tail === "" ? [] : [tail, tail.replace(/=+$/, "")] };
}

function urlSafe(text: string): string {
  return text.replaceAll("+", "-").replaceAll("/", "_");
}

/** What nothing ever escapes. */
const PLAIN = /[\w.-]+/y;
const BACKSLASHES = /\\+/y;

/** One that has more of it is no secret that somebody types, and is not looked through bit by bit. */
const MOST_PARTS = 2000;

function escaped(secret: string, name: string): Needle {
  const parts = partsOf(secret);
  if (parts.length <= MOST_PARTS) return new Escaped(name, parts);
  const inJson = JSON.stringify(secret).slice(1, -1);
  return new Escaped(name, [[...new Set([JSON.stringify(inJson).slice(1, -1), inJson, secret])]]);
}

/** What stands there one after the other: one of each of these. */
function partsOf(secret: string): (readonly string[])[] {
  const parts: (readonly string[])[] = [];
  for (let at = 0; at < secret.length;) {
    PLAIN.lastIndex = BACKSLASHES.lastIndex = at;
    const plain = PLAIN.exec(secret)?.[0];
    const run = plain ?? BACKSLASHES.exec(secret)?.[0] ??
      String.fromCodePoint(secret.codePointAt(at)!);
    parts.push(plain === undefined ? spellings(run) : [plain]);
    at += run.length;
  }
  return parts;
}

const LETTERS: Readonly<Record<string, string>> = {
  "\n": "n",
  "\r": "r",
  "\t": "t",
  "\b": "b",
  "\f": "f",
};

const ENTITIES: Readonly<Record<string, string>> = {
  '"': "quot",
  "&": "amp",
  "<": "lt",
  ">": "gt",
  "'": "apos",
};

/** How deep JSON stands in JSON that is looked through; so many backslashes stand for one there. */
const DEPTHS = [1, 2, 4, 8];

/** All that stands for a character, or for some backslashes; the longest first. */
function spellings(run: string): string[] {
  const found = new Set<string>([run]);
  const add = (...texts: string[]) => texts.forEach((text) => found.add(text));
  const [character, times] = run[0] === "\\" ? ["\\", run.length] as const : [run, 1] as const;
  const code = character.codePointAt(0)!;
  // A shell escapes with one backslash, and JSON in JSON has more of them.
  const before = character === "\\" || code < 0x20
    ? []
    : character === '"'
    ? [1, 3, 7]
    : [1, 2, 3, 4];
  for (const count of before) add("\\".repeat(count) + character);
  for (const depth of DEPTHS) {
    if (character === "\\") add(run.repeat(depth));
    if (depth === 8) continue;
    const letter = LETTERS[character];
    if (letter !== undefined) add("\\".repeat(depth) + letter);
    const units = character.split("").map((unit) =>
      unit.charCodeAt(0).toString(16).padStart(4, "0")
    );
    for (const cased of [units, units.map((unit) => unit.toUpperCase())]) {
      add(cased.map((unit) => `${"\\".repeat(depth)}u${unit}`).join("").repeat(times));
    }
  }
  if (character === " ") add("+");
  const entity = ENTITIES[character];
  if (entity !== undefined) add(`&${entity};`);
  const hex = code.toString(16);
  for (const number of [`${code}`, `0${code}`, `x${hex}`, `x${hex.toUpperCase()}`]) {
    add(`&#${number};`.repeat(times));
  }
  if (character.isWellFormed()) {
    const bytes = Array.from(
      new TextEncoder().encode(character),
      (byte) => byte.toString(16).padStart(2, "0"),
    );
    for (const sign of ["%", "%25"]) {
      const inUrl = bytes.map((byte) => sign + byte).join("").repeat(times);
      add(inUrl, inUrl.toUpperCase());
    }
  }
  return [...found].sort((a, b) => b.length - a.length);
}

/** A secret, any character of which may be escaped. */
class Escaped implements Needle {
  readonly name: string;
  readonly #parts: readonly (readonly string[])[];

  constructor(name: string, parts: readonly (readonly string[])[]) {
    this.name = name;
    this.#parts = parts;
  }

  get anchors(): string[] {
    const lengths = this.#parts.map((part) => part.length === 1 ? part[0]!.length : 0);
    const longest = lengths.indexOf(Math.max(...lengths));
    const run = this.#parts[longest]!;
    if (run.length > 1 || run[0]!.length < 3) {
      return this.#from(longest, hasAnchor) ?? this.#from(0, hasAnchor)!;
    }
    const next = this.#parts[longest + 1];
    // A word by itself stands everywhere.
    if (run[0]!.length >= SHORTEST || next === undefined) return [...run];
    return [...new Set(next.map((text) => run[0]! + firstOf(text)))];
  }

  get begins(): string[] {
    const begins = this.#from(0, (text) => text.length >= 2)!;
    return [...new Set(begins.map((text) => text.slice(0, 2)))];
  }

  /** All that this can be from a part on, each until it is enough; undefined when that never is. */
  #from(part: number, isEnough: (text: string) => boolean): string[] | undefined {
    let texts = [""];
    for (let at = part; texts.some((text) => !isEnough(text)); at++) {
      const next = this.#parts[at];
      if (!next) return undefined;
      texts = texts.flatMap((text) => isEnough(text) ? [text] : next.map((more) => text + more));
    }
    return texts;
  }

  endOf(text: string, at: number): number {
    return this.#end(text, at, 0);
  }

  #end(text: string, from: number, first: number): number {
    let at = from;
    for (let index = first; index < this.#parts.length; index++) {
      const part = this.#parts[index]!;
      if (part.length > 1) return this.#oneOf(part, text, at, index);
      const [run] = part as [string];
      if (!text.startsWith(run, at)) return isBegun(run, text, at) ? OPEN : NONE;
      at += run.length;
    }
    return at;
  }

  #oneOf(part: readonly string[], text: string, at: number, index: number): number {
    let end = NONE;
    for (const spelling of part) {
      if (text.startsWith(spelling, at)) {
        const found = this.#end(text, at + spelling.length, index + 1);
        if (found >= 0) return found;
        if (found === OPEN) end = OPEN;
      } else if (isBegun(spelling, text, at)) end = OPEN;
    }
    return end;
  }

  endOfRest(text: string): number {
    for (const [index, part] of this.#parts.entries()) {
      for (const spelling of part) {
        for (let at = index === 0 ? 1 : 0; at < spelling.length; at++) {
          if (!text.startsWith(spelling.slice(at))) continue;
          const end = this.#end(text, spelling.length - at, index + 1);
          if (end >= 0) return end;
        }
      }
    }
    return NONE;
  }
}

/** Three bytes: a character behind the basic plane is more of them than it has units. */
function hasAnchor(text: string): boolean {
  return text.length >= 3;
}

function firstOf(text: string): string {
  return String.fromCodePoint(text.codePointAt(0)!);
}

/** Whether the text ends in the middle of this part. */
function isBegun(part: string, text: string, at: number): boolean {
  return text.length - at < part.length && part.startsWith(text.slice(at));
}

/** A line of it may end anywhere, also in a string of JSON, and the next one may be indented. */
const BREAK = /(?:[\r\n]+|(?:\\{1,4}[nr])+)[ \t]{0,16}/y;
const BEGUN_BREAK = /(?:\\{1,4}[nr])*\\{1,4}$/y;

/** How far from the middle an anchor goes: lines are longer than both of them. */
const ANCHOR = 8;

/** What is made of the bytes of a secret. Its lines may end anywhere. */
class Wrapped implements Needle {
  readonly name: string;
  readonly #core: string;
  readonly #tails: readonly string[];

  /** @param tails What may be at its end besides, the longest first. */
  constructor(name: string, core: string, tails: readonly string[]) {
    this.name = name;
    this.#core = core;
    this.#tails = tails;
  }

  /** The end of a line can be in one of them, and never in both. */
  get anchors(): string[] {
    const middle = this.#core.length >> 1;
    return [
      this.#core.slice(Math.max(0, middle - ANCHOR), middle),
      this.#core.slice(middle, middle + ANCHOR),
    ];
  }

  get begins(): string[] {
    const first = this.#core[0]!;
    return [first + this.#core[1]!, `${first}\n`, `${first}\r`, `${first}\\`];
  }

  endOf(text: string, at: number): number {
    return this.#end(text, at, 0);
  }

  #end(text: string, from: number, first: number): number {
    const core = this.#core;
    let at = from;
    for (let index = first; index < core.length;) {
      if (at >= text.length) return OPEN;
      if (text.charCodeAt(at) === core.charCodeAt(index)) {
        at++;
        index++;
        continue;
      }
      if (index === 0) return NONE;
      BREAK.lastIndex = BEGUN_BREAK.lastIndex = at;
      if (BREAK.test(text)) at = BREAK.lastIndex;
      else return BEGUN_BREAK.test(text) ? OPEN : NONE;
    }
    const tail = this.#tails.find((each) => text.startsWith(each, at)) ?? "";
    return at + tail.length;
  }

  endOfRest(text: string): number {
    for (let index = 1; index < this.#core.length; index++) {
      const end = this.#end(text, 0, index);
      if (end >= 0) return end;
    }
    return NONE;
  }
}
