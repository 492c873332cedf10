/** The plan of a run from metadata: date, pinned objects, catalogue, faults, cuts. */
import type { FieldAbout, FieldFacts } from '@tagmill/shared/field-facts';
import { type CatalogField, typeName } from '@tagmill/shared/fields';
import { TagmillError } from '@tagmill/shared/errors';
import type { PlannedTable, PlanRequest, PlanResult, TableFault } from '@tagmill/shared/job';
import { tableFields } from './catalog.ts';
import { cutKeys, cutTables, type Cuts, type KeyReader, shardCount } from './cuts.ts';
import { declaredTables } from './declared-tables.ts';
import { type ColumnStats, joinStats } from './statistics.ts';
import { type Footer, KEY_COLUMN, readFooter } from './footer.ts';
import type { KeyType } from './key-order.ts';
import { allOrFirstError } from './local-copy.ts';
import type { ObjectStore } from './object-store.ts';
import { chooseDate, listPartition, listTables } from './partitions.ts';
import { keyTypeOf, pinObject } from './pin.ts';
import { planEarlier } from './plan-earlier.ts';
import { type EventPlan, planEvents, undeclaredFaults } from './plan-events.ts';

interface TablePlan {
  readonly table: PlannedTable;
  readonly keyType: KeyType;
  readonly fields: readonly CatalogField[];
  readonly stats: ReadonlyMap<string, ColumnStats>;
  readonly notes: readonly string[];
}

/** Files told in a note, at most. */
const FILES_TOLD = 3;

/**
 * Plans a run. A table that cannot be read becomes a fault and is not in
 * `tables` or the catalogue; only what harms the whole run is thrown.
 * Errors: TABLES_NOT_FOUND, DATE_WITHOUT_DATA, INPUT_CHANGED, S3_DENIED, S3_UNAVAILABLE.
 */
export async function planTables(store: ObjectStore, request: PlanRequest, keys: KeyReader, signal?: AbortSignal): Promise<PlanResult> {
  const tables = await listTables(store, request.only, signal);
  const declared = await declaredTables(store, signal);
  const businessDate = chooseDate(tables, request.businessDate);
  const faults: TableFault[] = [...undeclaredFaults(declared, tables, store)];
  const planned: TablePlan[] = [];
  const events: EventPlan[] = [];
  await allOrFirstError(
    tables.map(async (one) => {
      const own = declared.events.get(one.table);
      try {
        if (own === undefined) planned.push(await planTable(store, one.table, businessDate, signal));
        else events.push(await planEvents(store, one, own, businessDate, request.reads, signal));
      } catch (thrown) {
        faults.push(faultOf(one.table, thrown));
      }
    }),
  );
  events.sort((a, b) => (a.table.name < b.table.name ? -1 : 1));
  planned.sort((a, b) => (a.table.name < b.table.name ? -1 : 1));
  let readable = sameKeyType(planned, faults);
  const keyType = readable[0]?.keyType ?? events[0]?.keyType ?? 'string';
  let cuts: Cuts = { cuts: [], usersEstimate: 0 };
  for (;;) {
    try {
      cuts = await cutsFor(request, readable, keyType, keys, signal);
      break;
    } catch (thrown) {
      // Reading the keys can be the first to find that a table is broken: plan again without it.
      const broken = thrown instanceof TagmillError ? thrown.facts['table'] : undefined;
      const left = readable.filter((one) => one.table.name !== broken);
      if (left.length === readable.length) throw thrown;
      faults.push(faultOf(String(broken), thrown));
      readable = left;
    }
  }
  const ofUsers = sameKeyAsUsers(events, keyType, faults);
  const planOne = async (name: string, day: string): Promise<PlannedTable> => (await planTable(store, name, day, signal)).table;
  const earlier = await planEarlier(store, readable, request.reads, planOne, signal);
  return {
    businessDate,
    tables: readable.map((one) => one.table),
    ...(ofUsers.length === 0 ? {} : { events: ofUsers.map((one) => one.planned) }),
    ...(earlier.earlier.length === 0 ? {} : { earlier: earlier.earlier }),
    facts: readable.flatMap((one) => factsOf(one, declared.fields.get(one.table.name))),
    faults: faults.sort((a, b) => (a.table < b.table ? -1 : 1)),
    catalog: {
      fields: readable.flatMap((one) => one.fields),
      ...(ofUsers.length === 0 ? {} : { tables: ofUsers.map((one) => one.table) }),
      ...(declared.primary === null ? {} : { primary: declared.primary }),
    },
    keyType,
    ...cuts,
    bytesRead: store.bytesRead,
    notes: [...readable.flatMap((one) => one.notes), ...ofUsers.flatMap((one) => one.notes), ...earlier.notes],
  };
}

/** What is told of each field that a rule can use. */
function factsOf({ table, fields, stats }: TablePlan, about: ReadonlyMap<string, FieldAbout> | undefined): FieldFacts[] {
  return fields
    .filter((field) => field.unusable === undefined)
    .map((field) => {
      const { nulls = null, min = null, max = null } = stats.get(field.name) ?? {};
      const own = about?.get(field.name);
      // What is stored as something else has another order.
      const ends =
        field.stored === undefined || field.stored === 'local'
          ? { min: min?.text ?? null, max: max?.text ?? null }
          : { min: null, max: null };
      return {
        ...{ table: table.name, field: field.name, type: typeName(field.type), rows: table.rows, nulls, ...ends },
        ...(own === undefined ? {} : { about: own }),
      };
    });
}

/** Of all files; a column that one of them lacks is missing in its rows. */
function tableStats(fields: readonly CatalogField[], footers: readonly Footer[]): ReadonlyMap<string, ColumnStats> {
  const found = new Map<string, ColumnStats>();
  for (const { name } of fields) {
    const all = footers.flatMap((footer): ColumnStats[] => {
      const rows = footer.rowGroups.reduce((sum, group) => sum + group.rows, 0);
      if (rows === 0) return [];
      const isThere = footer.columns.some((column) => column.name === name);
      return [footer.stats.get(name) ?? { rows, nulls: isThere ? null : rows, min: null, max: null }];
    });
    const sum = joinStats(all);
    if (sum !== undefined) found.set(name, sum);
  }
  return found;
}

/** Event tables whose key is that of the tables of users; the others are faults. */
function sameKeyAsUsers(events: readonly EventPlan[], keyType: KeyType, faults: TableFault[]): EventPlan[] {
  const left = events.filter((one) => one.keyType !== keyType);
  for (const { table, keyType: own } of left) {
    const message = `${table.name}.${KEY_COLUMN} is ${own}, but ${keyType} in the tables of users; it must be the same in every table`;
    faults.push({ table: table.name, code: 'TABLE_NO_KEY', message });
  }
  return events.filter((one) => one.keyType === keyType);
}

async function cutsFor(
  request: PlanRequest,
  readable: readonly TablePlan[],
  keyType: KeyType,
  keys: KeyReader,
  signal?: AbortSignal,
): Promise<Cuts> {
  const users = request.users;
  if (users === undefined) {
    const tables = readable.map((one) => one.table);
    return cutTables(tables, keyType, request.shardRows, keys, signal);
  }
  // Users that are no integers cannot be in tables with integer keys.
  const own = keyType === 'string' ? users : users.filter(isInteger).sort((a, b) => Number(BigInt(a) - BigInt(b)));
  const list = { length: own.length, at: (index: number) => own[index]! };
  return { cuts: cutKeys(list, shardCount(own.length, request.shardRows), keyType), usersEstimate: own.length };
}

const isInteger = (text: string): boolean => /^-?(0|[1-9][0-9]{0,18})$/.test(text);

async function planTable(store: ObjectStore, name: string, businessDate: string, signal?: AbortSignal): Promise<TablePlan> {
  const { objects, others } = await listPartition(store, name, businessDate, signal);
  if (objects.length === 0) {
    throw new TagmillError('TABLE_NO_DATA', `${name} has no data for ${businessDate} under ${store.place}; load it and run again`);
  }
  const footers = await allOrFirstError(objects.map((object) => readFooter(store, object, signal)));
  const keyType = keyTypeOf(name, objects, footers);
  const { fields, notes } = tableFields(name, footers);
  const pinned = objects.map((object, index) => pinObject(object, footers[index]!));
  const rows = pinned.reduce((sum, object) => sum + object.rowGroups.reduce((all, group) => all + group.rows, 0), 0);
  const told = others.slice(0, FILES_TOLD).join(', ');
  const ignored = others.length === 0 ? [] : [`${name}: ${others.length} files do not end in .parquet and are not read (${told})`];
  return { table: { name, objects: pinned, rows }, keyType, fields, stats: tableStats(fields, footers), notes: [...notes, ...ignored] };
}

/** Users are the same in every table: tables whose key is of the rarer type are faults. */
function sameKeyType(planned: readonly TablePlan[], faults: TableFault[]): TablePlan[] {
  const ofType = (type: KeyType): TablePlan[] => planned.filter((one) => one.keyType === type);
  const [strings, integers] = [ofType('string'), ofType('int64')];
  const [kept, left] = integers.length > strings.length ? [integers, strings] : [strings, integers];
  for (const one of left) {
    const names = kept.map((other) => other.table.name).join(', ');
    const message = `${one.table.name}.${KEY_COLUMN} is ${one.keyType}, but ${kept[0]?.keyType} in ${names}; it must be the same in every table`;
    faults.push({ table: one.table.name, code: 'TABLE_NO_KEY', message });
  }
  return kept;
}

/** Faults of one table; anything else ends the plan. */
function faultOf(table: string, thrown: unknown): TableFault {
  if (!(thrown instanceof TagmillError) || !thrown.code.startsWith('TABLE_')) throw thrown;
  return { table, code: thrown.code, message: thrown.message };
}
