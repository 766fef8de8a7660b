/** The few numbers that a benchmark quotes. */

/** Middle, least and greatest of some measurements, all in the unit of these. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * The spread of at least one measurement.
 *
 * @throws {RangeError} When there is none.
 */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError("Cannot sum up measurements: there are none");
  const lower = sorted.length % 2 === 0 ? sorted[middle - 1]! : upper;
  return { median: (lower + upper) / 2, min: sorted[0]!, max: sorted.at(-1)! };
}

/** One measurement of each of two programs, taken one after the other. */
export interface Pair<T> {
  readonly subject: T;
  readonly baseline: T;
}

/**
 * Measures two programs in turn. What changes the machine's speed meanwhile changes both, so that
 * their ratio within a pair stays meaningful.
 *
 * @param warmUps Pairs that are run first and not counted.
 */
export async function measurePairs<T>(
  count: number,
  warmUps: number,
  subject: () => Promise<T>,
  baseline: () => Promise<T>,
): Promise<Pair<T>[]> {
  const pairs: Pair<T>[] = [];
  for (let round = -warmUps; round < count; round++) {
    const pair = { subject: await subject(), baseline: await baseline() };
    if (round >= 0) pairs.push(pair);
  }
  return pairs;
}

/** The ratios of subject to baseline, pair by pair. */
export function ratioOf<T>(pairs: readonly Pair<T>[], value: (run: T) => number): Spread {
  return spreadOf(pairs.map(({ subject, baseline }) => value(subject) / value(baseline)));
}

/** What the subject has more than the baseline, pair by pair. */
export function differenceOf<T>(pairs: readonly Pair<T>[], value: (run: T) => number): Spread {
  return spreadOf(pairs.map(({ subject, baseline }) => value(subject) - value(baseline)));
}
