/** Tables that an older version made are given the columns that it did not know. */
import { type SqlDatabase, textOf } from './sql-database.ts';

/** Columns with their types, in words that both databases understand. */
export type AddedColumns = Readonly<Record<string, string>>;

/** Errors: those of the database. */
export async function addColumns(database: SqlDatabase, table: string, added: AddedColumns): Promise<void> {
  for (const column of await missing(database, table, added)) {
    try {
      await database.create([`ALTER TABLE ${table} ADD COLUMN ${column} ${added[column]!}`], false);
    } catch (error) {
      // Another process may have added it in the meantime.
      if ((await missing(database, table, added)).includes(column)) throw error;
    }
  }
}

async function missing(database: SqlDatabase, table: string, added: AddedColumns): Promise<readonly string[]> {
  const there = new Set((await database.all(database.dialect.columnsOf, [table])).map((row) => textOf(row['name']).toLowerCase()));
  return Object.keys(added).filter((column) => !there.has(column));
}
