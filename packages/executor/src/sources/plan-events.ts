/** Event tables of a plan: which partitions the rules need, pinned; and their columns. */
import { TagmillError } from '@tagmill/shared/errors';
import type { EventTable } from '@tagmill/shared/fields';
import type { PlannedEvents, PlanReads, TableFault } from '@tagmill/shared/job';
import { parseDay } from '@tagmill/shared/rules/calendar';
import { makeClock } from '@tagmill/shared/rules/clock';
import { daysOfWindow } from '@tagmill/shared/rules/wide/windows';
import { tableFields } from './catalog.ts';
import type { DeclaredEvents, DeclaredTables } from './declared-tables.ts';
import { CATALOG_FILE } from './declared-tables.ts';
import { readFooter } from './footer.ts';
import type { KeyType } from './key-order.ts';
import { allOrFirstError } from './local-copy.ts';
import type { ObjectStore } from './object-store.ts';
import { keyTypeOf, pinObject } from './pin.ts';
import { listPartition, type TableDates } from './partitions.ts';

export interface EventPlan {
  readonly table: EventTable;
  readonly planned: PlannedEvents;
  readonly keyType: KeyType;
  readonly notes: readonly string[];
}

const NO_READS: PlanReads = { timeZone: 'UTC', asOf: null, windows: [], earlier: [] };

/** Partitions looked at together: their footers are read at once. */
const DAYS_AT_ONCE = 16;

/** Days that a table's own partitions must be read of. */
function wantedDays(name: string, declared: DeclaredEvents, dates: readonly string[], businessDate: string, reads: PlanReads): string[] {
  if (declared.partitions === 'snapshot') return dates.filter((date) => date === businessDate);
  const clock = makeClock({ businessDate, zone: reads.timeZone, ...(reads.asOf === null ? {} : { asOf: reads.asOf }) });
  const today = parseDay(clock.today) ?? 0;
  const ranges = reads.windows.flatMap(({ table, window }) => (table === name && window !== null ? [daysOfWindow(window, today)] : []));
  return dates.filter((date) => {
    const day = parseDay(date);
    return day !== null && day <= today && ranges.some(({ from, to }) => day >= from && day <= to);
  });
}

/** Plans one event table. Errors: TABLE_* of this table, those of the store. */
export async function planEvents(
  store: ObjectStore,
  found: TableDates,
  declared: DeclaredEvents,
  businessDate: string,
  reads: PlanReads = NO_READS,
  signal?: AbortSignal,
): Promise<EventPlan> {
  const { table: name, dates } = found;
  const newest = dates.at(-1);
  if (newest === undefined) throw new TagmillError('TABLE_NO_DATA', `${name} has no partition under ${store.place}; load it and run again`);
  const wanted = wantedDays(name, declared, dates, businessDate, reads);
  // Columns are known also where no partition is needed, or none that is needed is there.
  const looked = wanted.length > 0 ? wanted : [newest];
  const partitions: Awaited<ReturnType<typeof planDay>>[] = [];
  for (let at = 0; at < looked.length; at += DAYS_AT_ONCE) {
    const days = looked.slice(at, at + DAYS_AT_ONCE);
    partitions.push(...(await allOrFirstError(days.map((day) => planDay(store, name, day, signal)))));
  }
  const footers = partitions.flatMap((one) => one.footers);
  if (footers.length === 0) throw new TagmillError('TABLE_NO_DATA', `${name} has no Parquet file in ${looked.join(', ').slice(0, 100)}`);
  const keyType = keyTypeOf(
    name,
    partitions.flatMap((one) => one.objects),
    footers,
  );
  const { fields, notes } = tableFields(name, footers);
  const time = fields.find((field) => field.name === declared.time);
  if (time === undefined || time.unusable !== undefined || (time.type.kind !== 'date' && time.type.kind !== 'timestamp')) {
    const what = time === undefined ? 'it has no such column' : (time.unusable ?? `it is ${time.type.kind}`);
    throw new TagmillError('TABLE_UNREADABLE', `the column of time of ${name} is ${declared.time} by ${CATALOG_FILE}, but ${what}`);
  }
  const days = wanted.length === 0 ? [] : partitions.filter((one) => one.pinned.objects.length > 0).map((one) => one.pinned);
  return {
    table: { name, columns: fields, time: declared.time, partitions: declared.partitions },
    planned: { name, runDay: businessDate, days },
    keyType,
    notes,
  };
}

async function planDay(store: ObjectStore, name: string, day: string, signal?: AbortSignal) {
  const { objects } = await listPartition(store, name, day, signal);
  const footers = await allOrFirstError(objects.map((object) => readFooter(store, object, signal)));
  const pinned = objects.map((object, index) => pinObject(object, footers[index]!));
  const rows = pinned.reduce((sum, object) => sum + object.rowGroups.reduce((all, group) => all + group.rows, 0), 0);
  return { objects, footers, pinned: { day, objects: pinned, rows } };
}

/** Tables that are declared and have no folder: told, since a rule that names them is refused. */
export function undeclaredFaults(declared: DeclaredTables, tables: readonly TableDates[], store: ObjectStore): TableFault[] {
  const there = new Set(tables.map(({ table }) => table));
  return [...declared.events.keys()]
    .filter((name) => !there.has(name))
    .map((table) => ({ table, code: 'TABLE_NO_DATA', message: `${table}, which ${CATALOG_FILE} declares, is not under ${store.place}` }));
}
