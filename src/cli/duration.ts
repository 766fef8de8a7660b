const units: Readonly<Record<string, number>> = {
  "": 1_000,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Reads a duration such as `90`, `5m` or `1h30m`: whole numbers, each with the unit s, m, h or d; a
 * last number without a unit counts seconds.
 *
 * @returns Milliseconds, above 0 and at most `Number.MAX_SAFE_INTEGER`.
 * @throws {SyntaxError} If the text has another form.
 * @throws {RangeError} If the total is 0 or too large.
 */
export function parseDuration(text: string): number {
  const total = totalOf(text);
  if (total === 0) {
    throw new RangeError(`Cannot parse duration ${JSON.stringify(text)}: it must be longer than 0`);
  }
  return total;
}

/** Reads a duration as {@linkcode parseDuration} does; `off` and any that is 0 are 0. */
export function parseDurationOrOff(text: string): number {
  return text.toLowerCase() === "off" ? 0 : totalOf(text);
}

function totalOf(text: string): number {
  const cannot = `Cannot parse duration ${JSON.stringify(text)}`;
  let total = 0;
  let rest = text;
  do {
    const [part, digits, unit] = /^(\d+)([A-Za-zµ]*)/.exec(rest) ?? [];
    if (part === undefined || digits === undefined || unit === undefined) {
      throw new SyntaxError(`${cannot}: write whole numbers with units, such as 90, 5m or 1h30m`);
    }
    const factor = units[unit];
    if (factor === undefined) {
      throw new SyntaxError(`${cannot}: the unit must be s, m, h or d, not "${unit}"`);
    }
    total += Number(digits) * factor;
    rest = rest.slice(part.length);
  } while (rest !== "");
  if (total > Number.MAX_SAFE_INTEGER) throw new RangeError(`${cannot}: it is too long`);
  return total;
}
