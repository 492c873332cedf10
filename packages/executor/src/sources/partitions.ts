/** Hive layout: `<table>/dt=YYYY-MM-DD/.../*.parquet`; which date is run, which objects are its data. */
import { TagmillError } from '@tagmill/shared/errors';
import { isDataName, type ObjectStore, type StoredObject } from './object-store.ts';

const PARTITION = /^dt=(\d{4}-\d{2}-\d{2})$/;

/** A table's folder and the dates that it has a partition for, ascending. */
export interface TableDates {
  readonly table: string;
  readonly dates: readonly string[];
}

/** The tables under the location, or those named. Errors: TABLES_NOT_FOUND when there is none at all. */
export async function listTables(store: ObjectStore, only: readonly string[] | undefined, signal?: AbortSignal): Promise<TableDates[]> {
  const folders = (await store.listFolders('', signal)).filter(isDataName);
  const wanted = only === undefined ? folders : [...new Set(only)].sort();
  const tables = await Promise.all(
    wanted.map(async (table) => {
      const names = folders.includes(table) ? await store.listFolders(table, signal) : [];
      const dates = names.map((name) => PARTITION.exec(name)?.[1]).filter((date) => date !== undefined);
      return { table, dates: dates.sort() };
    }),
  );
  // A folder without any partition is no table, unless a rule reads a table of this name.
  const found = only === undefined ? tables.filter(({ dates }) => dates.length > 0) : tables;
  if (found.every(({ dates }) => dates.length === 0)) {
    const message = `no tables lie under ${store.place}; expected <table>/dt=YYYY-MM-DD/*.parquet, check the path`;
    throw new TagmillError('TABLES_NOT_FOUND', message, { place: store.place, folders: folders.slice(0, 20) });
  }
  return found;
}

/** Parquet objects of a table and date; what lies beside them and is no data is left out, other files are told. */
export async function listPartition(
  store: ObjectStore,
  table: string,
  date: string,
  signal?: AbortSignal,
): Promise<{ objects: StoredObject[]; others: string[] }> {
  const prefix = `${table}/dt=${date}`;
  const objects: StoredObject[] = [];
  const others: string[] = [];
  for (const object of await store.list(prefix, signal)) {
    const names = object.key.slice(prefix.length + 1).split('/');
    if (!names.every(isDataName)) continue;
    if (object.key.endsWith('.parquet')) objects.push(object);
    else others.push(object.key);
  }
  return { objects, others };
}

/**
 * The date to run: the one asked for, or the newest that every table has. A
 * table without any date has no say: it is a fault of its own.
 * Errors: DATE_WITHOUT_DATA, whose facts name the newest date that all tables
 * have (`newest`) and that any has (`newestOfAny`).
 */
export function chooseDate(tables: readonly TableDates[], asked: string | undefined): string {
  const all = [...new Set(tables.flatMap(({ dates }) => dates))].sort();
  const newestOfAny = all.at(-1);
  const newest = all.findLast((date) => tables.every(({ dates }) => dates.length === 0 || dates.includes(date)));
  const names = tables.map(({ table }) => table).join(', ');
  if (asked !== undefined) {
    if (all.includes(asked)) return asked;
    const best = newest ?? newestOfAny ?? '';
    const message = `no table has data for ${asked}; the newest date is ${best} (looked at ${names})`;
    throw new TagmillError('DATE_WITHOUT_DATA', message, { asked, newest: best, newestOfAny });
  }
  if (newest !== undefined) return newest;
  const message = `no date has data in every table (${names}); the newest of any is ${newestOfAny ?? ''}: name the business date`;
  throw new TagmillError('DATE_WITHOUT_DATA', message, { newest: newestOfAny, newestOfAny });
}
