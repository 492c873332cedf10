/** The leader's table: made when it is not there, and given the columns that an older version did not know. */
import { addColumns } from './added-columns.ts';
import type { SqlDatabase } from './sql-database.ts';

/** Added after the first version. */
const ADDED = {
  lineage: "VARCHAR(64) NOT NULL DEFAULT ''",
  confirmed_term: 'BIGINT NOT NULL DEFAULT 0',
  confirmed_seq: 'BIGINT NOT NULL DEFAULT 0',
  holders: 'INTEGER NOT NULL DEFAULT 0',
} as const;

/** Errors: those of the database. */
export async function ensureLeaderTable(database: SqlDatabase): Promise<void> {
  await database.create([database.dialect.leaderTable], false);
  await addColumns(database, 'tagmill_leader', ADDED);
}
