/**
 * Checks of a JSON object against a table of its fields. The table gives the TypeScript type too,
 * so the two cannot disagree.
 *
 * @module
 */
import { suggest } from "../../suggest.ts";
import type { UsageLimitScope } from "../../events/event.ts";
import { record } from "../json.ts";

/** One field: what it accepts, in code and in words, and whether it may be absent. */
export interface Field<T, Optional extends boolean = boolean> {
  /** Completes the sentence "it must be ...". */
  readonly expects: string;
  readonly optional: Optional;
  accepts(value: unknown): value is T;
}

/** The fields of an object, by name. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

type Required<F> = { [K in keyof F]: F[K] extends { optional: false } ? K : never }[keyof F];
type ValueOf<F> = F extends Field<infer T> ? T : never;

/** The type of an object that passed {@linkcode checkFields}. */
export type ValuesOf<F extends Fields> =
  & { readonly [K in Required<F>]: ValueOf<F[K]> }
  & { readonly [K in Exclude<keyof F, Required<F>>]?: ValueOf<F[K]> };

/** Something in a JSON document that cannot be used. */
export class ShapeError extends Error {
  override name = "ShapeError";

  constructor(
    /** Where, as in `turns[0].steps[2].ms`; empty for the document itself. */
    readonly path: string,
    readonly problem: string,
  ) {
    super(path === "" ? problem : `${path} ${problem}`);
  }
}

function field<T>(expects: string, accepts: (value: unknown) => boolean): Field<T, false> {
  return {
    expects,
    optional: false,
    accepts: (value): value is T => accepts(value),
  };
}

/** The same field, but it may be left out. */
export function optional<T>(inner: Field<T, false>): Field<T, true> {
  return { ...inner, optional: true };
}

function whole(value: unknown, from: number, to: number): boolean {
  return Number.isInteger(value) && (value as number) >= from && (value as number) <= to;
}

/** Larger delays overflow a timer, which then fires at once. */
const MAX_MS = 2 ** 31 - 1;
/** A string cannot be much longer. */
const MAX_BYTES = 2 ** 28;

/** Any JSON value. */
export const anything: Field<unknown, false> = field("any JSON value", () => true);
/** A string, also an empty one. */
export const text: Field<string, false> = field(
  "a string",
  (value) => typeof value === "string",
);
/** `true` or `false`. */
export const flag: Field<boolean, false> = field(
  "true or false",
  (value) => typeof value === "boolean",
);
/** A whole number from 0. */
export const count: Field<number, false> = field(
  "a whole number from 0",
  (value) => whole(value, 0, Number.MAX_SAFE_INTEGER),
);
/** A number from 0. */
export const amount: Field<number, false> = field(
  "a number from 0",
  (value) => typeof value === "number" && Number.isFinite(value) && value >= 0,
);
/** Milliseconds. */
export const milliseconds: Field<number, false> = field(
  `a whole number of milliseconds from 0 to ${MAX_MS}`,
  (value) => whole(value, 0, MAX_MS),
);
/** A size. */
export const byteCount: Field<number, false> = field(
  `a whole number of bytes from 0 to ${MAX_BYTES}`,
  (value) => whole(value, 0, MAX_BYTES),
);
/** What a process can exit with. */
export const exitCode: Field<number, false> = field(
  "an exit code from 0 to 255",
  (value) => whole(value, 0, 255),
);
/** Raw bytes, one number each. */
export const bytes: Field<readonly number[], false> = field(
  "an array of numbers from 0 to 255",
  (value) => Array.isArray(value) && value.every((item) => whole(item, 0, 255)),
);
/** A program and its arguments. */
export const command: Field<readonly [string, ...string[]], false> = field(
  "an array of strings, the program first",
  (value) =>
    Array.isArray(value) && value.every((item) => typeof item === "string") &&
    value[0] !== undefined && value[0] !== "",
);
/** A moment. */
export const timestamp: Field<string, false> = field(
  'a time such as "2030-01-31T09:00:00Z"',
  (value) =>
    typeof value === "string" && /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(value) &&
    !Number.isNaN(Date.parse(value)),
);
/** What a usage limit covers. */
export const limitScope: Field<UsageLimitScope, false> = oneOf([
  "session",
  "weekly",
  "global",
  "daily",
  "unknown",
]);
/** A substring, or an object with a regular expression. */
export const pattern: Field<string | { readonly regex: string }, false> = field(
  'a string, or an object such as {"regex": "^fix "} that holds a valid regular expression',
  (value) => {
    if (typeof value === "string") return true;
    const object = record(value);
    if (typeof object?.regex !== "string" || Object.keys(object).length !== 1) return false;
    try {
      new RegExp(object.regex, "u");
      return true;
    } catch {
      return false;
    }
  },
);

/** One of a few words. */
export function oneOf<const T extends string | boolean>(words: readonly T[]): Field<T, false> {
  return field(
    words.map((word) => JSON.stringify(word)).join(" or "),
    (value) => words.some((word) => word === value),
  );
}

/** An array whose elements are checked by the caller. */
export const array: Field<readonly unknown[], false> = field("an array", Array.isArray);

/**
 * Checks that a value is an object with these fields and no others.
 *
 * @param what How messages call such an object, for example `a turn`.
 * @throws {ShapeError} that names the place, and what is accepted there.
 */
export function checkFields<F extends Fields>(
  value: unknown,
  path: string,
  what: string,
  fields: F,
): ValuesOf<F> {
  const object = record(value);
  if (!object) throw new ShapeError(path, `must be an object: got ${shown(value)}`);
  const names = Object.keys(fields);
  for (const key of Object.keys(object)) {
    if (names.includes(key)) continue;
    throw new ShapeError(
      path,
      `has an unknown key "${key}"${meant(key, names)}; ${what} takes ${names.join(", ")}`,
    );
  }
  for (const [name, { accepts, expects, optional }] of Object.entries(fields)) {
    const at = path === "" ? name : `${path}.${name}`;
    if (!Object.hasOwn(object, name)) {
      if (!optional) throw new ShapeError(path, `needs "${name}": ${expects}`);
    } else if (!accepts(object[name])) {
      throw new ShapeError(at, `must be ${expects}: got ${shown(object[name])}`);
    }
  }
  return object as ValuesOf<F>;
}

/** `: did you mean "x"?` when a known word is near, else nothing. */
export function meant(word: string, known: readonly string[]): string {
  const [best] = suggest(word.toLowerCase(), known);
  return best === undefined ? "" : `: did you mean "${best}"?`;
}

function shown(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
}
