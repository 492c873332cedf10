/** Objects pinned with what their footers say of columns, row groups and key. */
import { TagmillError } from '@tagmill/shared/errors';
import type { PinnedObject, PlannedColumn } from '@tagmill/shared/job';
import { type Footer, KEY_COLUMN } from './footer.ts';
import type { KeyType } from './key-order.ts';
import type { StoredObject } from './object-store.ts';

/** An object with what its footer says of columns and row groups. */
export function pinObject(object: StoredObject, footer: Footer): PinnedObject {
  const columns: PlannedColumn[] = [];
  for (const column of footer.columns) {
    if ('unusable' in column) continue;
    const { name, storedType, type, stored } = column;
    columns.push({ name, storedType, type, ...(stored === undefined ? {} : { stored }) });
  }
  return { ...object, columns, rowGroups: footer.rowGroups };
}

/** The type of a table's key. Errors: TABLE_NO_KEY. */
export function keyTypeOf(table: string, objects: readonly StoredObject[], footers: readonly Footer[]): KeyType {
  const types = footers.flatMap((footer, index) => {
    const key = footer.columns.find((column) => column.name === KEY_COLUMN);
    if (key !== undefined && 'unusable' in key && key.untyped === true && rowsOf(footer) === 0) return [];
    const object = objects[index]!.key;
    if (key === undefined) throw noKey(`${table} has no column ${KEY_COLUMN} (in ${object}); add it or leave the table out`);
    if ('unusable' in key) throw noKey(`${table}.${KEY_COLUMN} is ${key.unusable} (in ${object}); it must be text or an integer`);
    const kind = key.type.kind;
    if (kind !== 'string' && kind !== 'int64')
      throw noKey(`${table}.${KEY_COLUMN} is a ${kind} (in ${object}); it must be text or an integer`);
    return kind;
  });
  const first = types[0];
  if (first === undefined) throw noKey(`${table}.${KEY_COLUMN} has no type in any file; it must be text or an integer`);
  if (types.some((type) => type !== first))
    throw noKey(`${table}.${KEY_COLUMN} is text in some files and an integer in others; write them alike`);
  return first;
}

const rowsOf = (footer: Footer): number => footer.rowGroups.reduce((sum, group) => sum + group.rows, 0);

const noKey = (message: string): TagmillError => new TagmillError('TABLE_NO_KEY', message);
