/** Reads key columns for the plan. */
import { toTagmillError } from '@tagmill/shared/errors';
import type { PlannedTable } from '@tagmill/shared/job';
import type { KeyList, KeyReader } from '../sources/cuts.ts';
import { type KeyRange, type KeyType, keyCompare } from '../sources/key-order.ts';
import { discardScans, finishScans, type OpenScan, openScans, planScans } from '../sources/materialize.ts';
import { mapEngineError, oneRow } from './duckdb.ts';
import type { Evaluator } from './evaluator.ts';
import { keysOfChunk } from './fetch-table.ts';
import { keyAt, rankKeys } from './keys.ts';
import { distinctKeysSql, type TableScan } from './scan-sql.ts';
import { sortedOrder } from './sort-rows.ts';

/** The plan's reader of keys, over an evaluator's store and engine. */
export function keyReader(evaluator: Evaluator): KeyReader {
  return {
    distinctKeys: (tables, keyType, options, signal) => distinctKeys(evaluator, tables, keyType, options, signal),
  };
}

async function distinctKeys(
  evaluator: Evaluator,
  tables: readonly PlannedTable[],
  keyType: KeyType,
  { every, range = {} }: { readonly every: number; readonly range?: KeyRange },
  signal?: AbortSignal,
): Promise<KeyList> {
  const opened: { scan: TableScan; files: OpenScan[] }[] = [];
  try {
    for (const table of tables) {
      const wish = { table, columns: [], range };
      const files = await openScans(evaluator.copies, wish, planScans(wish, keyCompare(keyType)), signal);
      if (files.length > 0) opened.push({ scan: { table, keyType, range, columns: [], leaves: [] }, files });
    }
    if (opened.length === 0) return { length: 0, at: () => '' };
    const keys = await evaluator.database.with(
      signal,
      async (connection) => keysOfChunk(await oneRow(connection, distinctKeysSql(opened, every)), keyType).keys,
    );
    await finishScans(opened.flatMap((one) => one.files));
    const order = sortedOrder(rankKeys(keys, range, new Float64Array(keys.count)));
    return { length: keys.count, at: (index) => keyAt(keys, order[index]!) };
  } catch (thrown) {
    signal?.throwIfAborted();
    await discardScans(opened.flatMap((one) => one.files));
    throw await blame(evaluator, opened, thrown, signal);
  }
}

/** Finds the table that cannot be read by reading the tables one by one. */
async function blame(
  evaluator: Evaluator,
  opened: readonly { scan: TableScan; files: OpenScan[] }[],
  thrown: unknown,
  signal?: AbortSignal,
): Promise<unknown> {
  const [only] = opened;
  if (opened.length === 1 && only !== undefined) return mapEngineError(thrown, only.scan.table.name);
  for (const { scan } of opened) {
    try {
      await distinctKeys(evaluator, [scan.table], scan.keyType, { every: 1, range: scan.range }, signal);
    } catch (cause) {
      return cause;
    }
  }
  return toTagmillError(thrown);
}
