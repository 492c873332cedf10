/** The nearest known name, for "did you mean". */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The known name nearest to what was written, or null when none is near; what is very long is not looked at. */
export function nearest(written: string, known: Iterable<string>): string | null {
  if (written.length === 0 || written.length > 64) return null;
  const lower = written.trim().toLowerCase();
  let best: string | null = null;
  let least = Math.max(1, Math.floor(written.length / 3)) + 1;
  for (const name of known) {
    if (Math.abs(name.length - lower.length) >= least) continue;
    const steps = name.toLowerCase() === lower ? 0 : distance(lower, name.toLowerCase());
    if (steps < least) {
      least = steps;
      best = name;
    }
  }
  return best;
}

export const didYouMean = (written: string, known: Iterable<string>): string => {
  const name = nearest(written, known);
  return name === null ? '' : `; did you mean \`${name}\`?`;
};
