/** Looks at what a program passes: one in JavaScript has no compiler that does. */
import { InvalidOptionError } from "./errors.ts";

/**
 * Refuses a value of another type.
 *
 * @param name What it is passed as.
 * @param where The function that it is passed to, or the option that it is a part of.
 * @throws {InvalidOptionError} which names all three
 */
export type Check = (value: unknown, name: string, where?: string) => void;

/** Text. */
export const TEXT: Check = kind("text", (value) => typeof value === "string");
/** A boolean. */
export const FLAG: Check = kind("true or false", (value) => typeof value === "boolean");
/** A number, whatever it is. */
export const NUMBER: Check = kind("a number", (value) => typeof value === "number");
/** A function. */
export const FUNCTION: Check = kind("a function", (value) => typeof value === "function");
/** An object, of any class. */
export const OBJECT: Check = kind("an object", isObject);
/** A signal that can abort. */
export const SIGNAL: Check = kind("an AbortSignal", (value) => value instanceof AbortSignal);
/** A length of time; whether it is one is seen later. */
export const DURATION: Check = kind(
  "a number of milliseconds, or text such as 90s",
  (value) => typeof value === "number" || typeof value === "string",
);
/** Several texts. */
export const TEXTS: Check = listOf(TEXT, "an array of texts");

/** What a test tells. */
export function kind(expected: string, fits: (value: unknown) => boolean): Check {
  return (value, name, where) => {
    if (fits(value)) return;
    const place = where === undefined ? name : `${name} of ${where}`;
    throw new InvalidOptionError(`Cannot use ${shown(value)} as ${place}: it must be ${expected}`);
  };
}

/** An array whose entries are all alike. */
export function listOf(check: Check, expected: string): Check {
  const isArray = kind(expected, Array.isArray);
  return (value, name, where) => {
    isArray(value, name, where);
    for (const entry of value as unknown[]) check(entry, `an entry of ${name}`, where);
  };
}

/** The same value, or none. */
export function optional(check: Check): Check {
  return (value, name, where) => {
    if (value !== undefined) check(value, name, where);
  };
}

/** An object with these parts, each of which may be absent; it may have others. */
export function parts<T>(checks: { readonly [Key in keyof Required<T>]: Check }): Check {
  const all = Object.entries<Check>(checks);
  return (value, name, where) => {
    OBJECT(value, name, where);
    for (const [key, check] of all) {
      const part = Reflect.get(value as object, key);
      if (part !== undefined) check(part, key, where ?? name);
    }
  };
}

/** An object with these parts, of which the named ones must not be absent. */
export function partsWith<T>(
  needed: readonly (keyof T & string)[],
  checks: { readonly [Key in keyof Required<T>]: Check },
): Check {
  const isWhole = parts<T>(checks);
  return (value, name, where) => {
    isWhole(value, name, where);
    for (const key of needed) {
      checks[key](Reflect.get(value as object, key), key, where ?? name);
    }
  };
}

/** Checks what a function was called with. */
export function checkArguments(
  where: string,
  ...given: readonly (readonly [value: unknown, name: string, check: Check])[]
): void {
  for (const [value, name, check] of given) check(value, name, where);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** So much of a text is shown. */
const SHOWN = 40;

function shown(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}...` : value);
  }
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" || typeof value === "symbol"
    ? `a ${typeof value}`
    : String(value);
}

const CALL = parts<{ signal?: AbortSignal }>({ signal: SIGNAL });

/**
 * The signal among the settings of one call.
 *
 * @throws {InvalidOptionError} when they are none
 */
export function signalIn(
  call: { readonly signal?: AbortSignal | undefined },
  where: string,
): AbortSignal | undefined {
  CALL(call, "options", where);
  return call.signal;
}
