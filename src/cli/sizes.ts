/** Sizes of files, as people write and read them. */

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/**
 * Reads a size such as `500MB`, `1.5GiB` or `1048576`: a number of bytes, or one with the unit B, kB,
 * MB, GB, TB (thousands), KiB, MiB, GiB, TiB, K, M, G or T (each 1024 of the one before), in any case.
 *
 * @returns Whole bytes, 0 or more.
 * @throws {SyntaxError} If the text has another form.
 * @throws {RangeError} If it is too large.
 */
export function parseSize(text: string): number {
  const cannot = `Cannot parse size ${JSON.stringify(text)}`;
  const [whole, amount = "", unit = ""] = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text) ?? [];
  if (whole === undefined) {
    throw new SyntaxError(`${cannot}: write a number with a unit, such as 500MB or 2GiB`);
  }
  const factor = UNITS[unit.toLowerCase()];
  if (factor === undefined) {
    throw new SyntaxError(`${cannot}: the unit must be kB, MB, GB, KiB, MiB or GiB, not "${unit}"`);
  }
  const bytes = Math.floor(Number(amount) * factor);
  if (bytes > Number.MAX_SAFE_INTEGER) throw new RangeError(`${cannot}: it is too large`);
  return bytes;
}

/** A size in the unit that keeps it short: `512 B`, `1.5 kB`, `23 MB`; thousands, not 1024s. */
export function formatSize(bytes: number): string {
  const names = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  // What would be rounded to four digits belongs to the next unit.
  while (value >= 999.5 && unit < names.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${names[unit]}`;
}
