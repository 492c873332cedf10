/** The leader's table: made when it is not there, and given the columns that an older version did not know. */
import { type SqlDatabase, textOf } from './sql-database.ts';

/** Added after the first version, with the words that both databases understand. */
const ADDED = {
  lineage: "VARCHAR(64) NOT NULL DEFAULT ''",
  confirmed_term: 'BIGINT NOT NULL DEFAULT 0',
  confirmed_seq: 'BIGINT NOT NULL DEFAULT 0',
  holders: 'INTEGER NOT NULL DEFAULT 0',
} as const;

/** Errors: those of the database. */
export async function ensureLeaderTable(database: SqlDatabase): Promise<void> {
  const { leaderTable } = database.dialect;
  await database.create([leaderTable], false);
  for (const column of await missingColumns(database)) {
    try {
      await database.create([`ALTER TABLE tagmill_leader ADD COLUMN ${column} ${ADDED[column]}`], false);
    } catch (error) {
      // Another process may have added it in the meantime.
      if ((await missingColumns(database)).includes(column)) throw error;
    }
  }
}

async function missingColumns(database: SqlDatabase): Promise<(keyof typeof ADDED)[]> {
  const there = new Set((await database.all(database.dialect.leaderColumns)).map((row) => textOf(row['name']).toLowerCase()));
  return (Object.keys(ADDED) as (keyof typeof ADDED)[]).filter((column) => !there.has(column));
}
