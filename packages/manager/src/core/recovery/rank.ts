/** Which candidates may be compared at all, and how: by term, then by sequence. No clock plays a part. */
import type { Candidate, ChoiceInput, Place } from './candidate.ts';

/** Later term first, then the higher sequence; the own disk first among equals, since nothing has to be fetched. */
export function newestFirst(a: Candidate, b: Candidate): number {
  const [x, y] = [a.at!, b.at!];
  if (x.term !== y.term) return y.term - x.term;
  if (x.seq !== y.seq) return y.seq - x.seq;
  return rank(a) - rank(b);
}

const rank = ({ source }: Candidate): number => (source === 'own' ? 0 : source === 'executor' ? 1 : 2);

/** Why a candidate may not take part, or undefined when it may. */
export function refusal(one: Candidate, home: string, input: ChoiceInput): string | undefined {
  if (one.at === null) return undefined;
  if (!one.signed) return 'its signature does not hold: it is forged, or was written under another state key';
  if (one.sizeBytes > input.mostBytes) return `it says that it has ${one.sizeBytes} bytes, and a copy has ${input.mostBytes} at most`;
  if (one.chain === 'unreadable') return one.fault ?? 'it cannot be read';
  if (home !== '' && one.at.lineage !== home && one.name !== input.recoverFrom)
    return `it belongs to another history (${shortLineage(one.at.lineage)}, not ${shortLineage(home)})`;
  return undefined;
}

/** The history that the start goes on with; empty when nothing names one. */
export function homeOf({ own, confirmed }: ChoiceInput): string {
  return own.at !== null && own.at.seq > 0 ? own.at.lineage : confirmed.lineage;
}

/** Two that say of the same place that different things happened. */
export function conflictOf(usable: readonly Candidate[]): readonly [Candidate, Candidate] | undefined {
  const top = usable[0];
  const other = top === undefined ? undefined : usable.find((one) => contradicts(top.at!, one.at!));
  return top === undefined || other === undefined ? undefined : [top, other];
}

/** Same term and sequence with different hashes; or two histories, of which nothing says which one is this manager's. */
export const contradicts = (a: Place, b: Place): boolean =>
  a.lineage !== b.lineage || (a.term === b.term && a.seq === b.seq && a.hash !== b.hash);

export const shortLineage = (lineage: string): string => lineage.slice(0, 8);
