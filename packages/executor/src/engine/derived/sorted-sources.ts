/** Large tables in no order of keys that a derived table is made of: sorted once, as tables of a pass are. */
import type { PassJob } from '@tagmill/shared/job';
import { isWorthSorting, sortedCopies } from '../cluster.ts';
import type { Evaluator } from '../evaluator.ts';
import type { Derived, DerivedSource } from './derived-table.ts';

/** Errors: those of reading the tables, DISK_FULL. */
export async function withSortedSources(evaluator: Evaluator, job: PassJob, derived: Derived, signal?: AbortSignal): Promise<Derived> {
  const sources: DerivedSource[] = [];
  for (const source of derived.sources) sources.push(await sorted(evaluator, job, source, signal));
  return { ...derived, sources };
}

async function sorted(evaluator: Evaluator, job: PassJob, source: DerivedSource, signal?: AbortSignal): Promise<DerivedSource> {
  const { table, columns } = source;
  if (!isWorthSorting(evaluator, table, job)) return source;
  const copies = await sortedCopies(evaluator, job, [{ table, columns, leaves: [], firstSlot: 0 }], signal);
  const copy = copies.get(table.name);
  return copy === undefined ? source : { table: copy.table, columns: copy.columns, copied: true };
}
