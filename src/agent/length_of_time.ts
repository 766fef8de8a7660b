/** Lengths of time as a program writes them. */
import type { Duration } from "./agent_options.ts";
import { InvalidOptionError } from "./errors.ts";

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * A length of time in milliseconds: a number as it is, or text of numbers with the units `ms`, `s`, `m`,
 * `h`, `d`, such as `1h30m`. A single number may have decimals: `1.5s`.
 *
 * @param option The setting that it is for, for the error.
 * @throws {InvalidOptionError} when it is none, is not above 0, or more than
 * `Number.MAX_SAFE_INTEGER`.
 */
export function milliseconds(value: Duration, option: string): number {
  const ms = typeof value === "number" ? value : readText(value);
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  if (ms === undefined || Number.isNaN(ms)) {
    throw new InvalidOptionError(`Cannot use ${option} ${shown}: it is no length of time`, {
      hint: "give a number of milliseconds, or text such as 500ms, 90s or 1h30m",
    });
  }
  if (!(ms > 0)) {
    throw new InvalidOptionError(`Cannot use ${option} ${shown}: it must be longer than 0`);
  }
  if (ms > Number.MAX_SAFE_INTEGER) {
    throw new InvalidOptionError(`Cannot use ${option} ${shown}: it is too long`);
  }
  return ms;
}

function readText(text: string): number | undefined {
  const single = /^(\d+(?:\.\d+)?)(ms|[smhd])$/.exec(text.trim());
  if (single) return Number(single[1]) * UNITS[single[2]!]!;
  if (!/^(\d+(ms|[smhd]))+$/.test(text.trim())) return undefined;
  let sum = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+)(ms|[smhd])/g)) {
    sum += Number(digits) * UNITS[unit!]!;
  }
  return sum;
}
