/** Quantiles of many values, each with a weight. */

/** Values at the given shares of the whole weight (0.5 is the median). Throws RangeError without values. */
export function quantilesOf(values: readonly { readonly value: number; readonly weight: number }[], shares: readonly number[]): number[] {
  if (values.length === 0) throw new RangeError('nothing was measured');
  const sorted = [...values].sort((a, b) => a.value - b.value);
  const whole = sorted.reduce((sum, one) => sum + one.weight, 0);
  return shares.map((share) => {
    let passed = 0;
    for (const { value, weight } of sorted) {
      passed += weight;
      if (passed >= share * whole) return value;
    }
    return sorted.at(-1)!.value;
  });
}
