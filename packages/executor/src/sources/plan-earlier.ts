/** Data of earlier days, and of the run before, for rules that look for changes: pinned as far as it is there. */
import { TagmillError } from '@tagmill/shared/errors';
import type { EarlierData, PlannedTable, PlanReads } from '@tagmill/shared/job';
import { PREVIOUS } from '@tagmill/shared/rules/wide/since';
import { allOrFirstError } from './local-copy.ts';
import type { ObjectStore } from './object-store.ts';

interface TableNow {
  readonly table: PlannedTable;
  readonly fields: readonly { readonly name: string }[];
}

type PlanOne = (name: string, day: string) => Promise<PlannedTable>;

/** Tables that have a field by the name that a rule uses. */
const namesField = (table: TableNow, field: string): boolean =>
  table.fields.some(({ name }) => name === field || `${table.table.name}.${name}` === field);

/**
 * The earlier data that rules ask for. What is not there is no fault: it is told in a note.
 *
 * @param planOne pins one table's partition of a day
 */
export async function planEarlier(
  store: ObjectStore,
  now: readonly TableNow[],
  reads: PlanReads | undefined,
  planOne: PlanOne,
  signal?: AbortSignal,
): Promise<{ readonly earlier: readonly EarlierData[]; readonly notes: readonly string[] }> {
  const wanted = new Map<string, Set<string>>();
  for (const { since, field } of reads?.earlier ?? []) {
    for (const table of now) if (namesField(table, field)) wanted.set(since, (wanted.get(since) ?? new Set()).add(table.table.name));
  }
  const notes: string[] = [];
  const earlier: EarlierData[] = [];
  for (const [since, names] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const tables: PlannedTable[] = [];
    for (const name of [...names].sort()) {
      const found = since === PREVIOUS ? await stillThere(store, name, reads, signal) : await onDay(planOne, name, since);
      if (typeof found === 'string') notes.push(`${found}: changes of it since then are unknown`);
      else tables.push(found);
    }
    earlier.push({ since, tables });
  }
  return { earlier, notes };
}

async function onDay(planOne: PlanOne, name: string, day: string): Promise<PlannedTable | string> {
  try {
    return await planOne(name, day);
  } catch (thrown) {
    if (thrown instanceof TagmillError && thrown.code.startsWith('TABLE_')) return `${name} of ${day} cannot be read (${thrown.message})`;
    throw thrown;
  }
}

/** The table as the run before read it, if all its objects are still the same. */
async function stillThere(
  store: ObjectStore,
  name: string,
  reads: PlanReads | undefined,
  signal?: AbortSignal,
): Promise<PlannedTable | string> {
  const table = reads?.previous?.find((one) => one.name === name);
  if (table === undefined) return `no successful run before this one has read ${name}`;
  const heads = await allOrFirstError(table.objects.map((object) => store.head(object.key, signal)));
  const gone = table.objects.filter(({ etag, sizeBytes }, at) => heads[at]?.etag !== etag || heads[at]?.sizeBytes !== sizeBytes);
  if (gone.length === 0) return table;
  return `${gone.length} of ${table.objects.length} objects of ${name} that the run before read are gone or changed (${gone[0]?.key})`;
}
