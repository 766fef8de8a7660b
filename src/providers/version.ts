/** Versions of the CLIs: three numbers, compared as numbers. */

/**
 * The first version in what a CLI printed, for example `2.1.197` or `0.170.0-alpha.3`; four numbers
 * are an address.
 */
export function findVersion(text: string): string | undefined {
  return /(?<![\d.])\d+\.\d+\.\d+(?!\.?\d)(-[0-9A-Za-z.-]*[0-9A-Za-z])?/.exec(text)?.[0];
}

/**
 * Whether a version comes before another. What follows the three numbers does not count: a preview
 * of a version has most of what the version has.
 */
export function isOlder(version: string, than: string): boolean {
  const wanted = numbers(than);
  for (const [index, number] of numbers(version).entries()) {
    const other = wanted[index] ?? 0;
    if (number !== other) return number < other;
  }
  return false;
}

function numbers(version: string): number[] {
  return version.split(/[-+]/, 1)[0]!.split(".").map(Number);
}
