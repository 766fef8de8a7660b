/** Numbers of tokens as people write them. */

/**
 * Reads `200000`, `200k` or `1.5M`, the letter in any case; undefined when it is something else, not whole,
 * or too large to count.
 */
export function tokensIn(text: string): number | undefined {
  const [, digits, unit = ""] = /^(\d{1,16}(?:\.\d+)?)([km]?)$/i.exec(text) ?? [];
  if (digits === undefined || unit === "" && !/^\d+$/.test(digits)) return undefined;
  const count = Math.round(Number(digits) * ({ k: 1e3, m: 1e6 }[unit.toLowerCase()] ?? 1));
  return Number.isSafeInteger(count) ? count : undefined;
}
