/** Looks for secrets in a text, each in all the ways in which it can be written. */
import { type Needle, OPEN } from "./needles.ts";
import type { Range } from "./ranges.ts";

/** Looks for many needles at once. */
export class Finder {
  /** By the hash of two units, which bucket has what may begin with them; 0: none has. */
  readonly #table = new Uint16Array(0x10000);
  readonly #buckets: Needle[][] = [[]];
  readonly #byFirst = new Map<string, Needle>();

  constructor(needles: readonly Needle[]) {
    for (const needle of needles) {
      for (const pair of new Set(needle.begins.map((begin) => pairAt(begin, 0)))) {
        if (this.#table[pair] === 0) this.#table[pair] = this.#buckets.push([]) - 1;
        this.#buckets[this.#table[pair]!]!.push(needle);
      }
      for (const begin of needle.begins) {
        if (!this.#byFirst.has(begin[0]!)) this.#byFirst.set(begin[0]!, needle);
      }
    }
  }

  /** Where they stand, also where they overlap; of those that begin together, the longest. */
  all(text: string): Range[] {
    const found: Range[] = [];
    let covered = 0;
    for (let at = 0; at < text.length - 1; at++) {
      const bucket = this.#table[pairAt(text, at)]!;
      if (bucket === 0) continue;
      let name = "";
      let longest = covered;
      for (const needle of this.#buckets[bucket]!) {
        const end = needle.endOf(text, at);
        if (end <= longest) continue;
        longest = end;
        name = needle.name;
      }
      // What stands inside of another one adds nothing.
      if (longest > covered) found.push({ at, end: covered = longest, name });
    }
    return found;
  }

  /** The longest end of a text that is the beginning of one, without being all of it. */
  begun(text: string): { readonly at: number; readonly needle: Needle } | undefined {
    for (let at = 0; at < text.length - 1; at++) {
      const bucket = this.#table[pairAt(text, at)]!;
      if (bucket === 0) continue;
      const needle = this.#buckets[bucket]!.find((each) => each.endOf(text, at) === OPEN);
      if (needle) return { at, needle };
    }
    const at = text.length - 1;
    const needle = this.#byFirst.get(text[at] ?? "");
    return needle && { at, needle };
  }
}

function pairAt(text: string, at: number): number {
  return text.charCodeAt(at) & 0xff | (text.charCodeAt(at + 1) & 0xff) << 8;
}
