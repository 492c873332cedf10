/** Median and range of a few measurements. */
export interface Spread {
  readonly rounds: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Throws RangeError without values. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('nothing was measured');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { rounds: sorted.length, min: sorted[0]!, median, max: sorted.at(-1)! };
}
