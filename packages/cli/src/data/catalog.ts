/** The fields of all tables, read from their footers, for the check of rules. */
import { openObjectStore } from '@tagmill/executor/sources/object-store';
import { planTables } from '@tagmill/executor/sources/plan';
import type { Basis } from '@tagmill/manager/shell/analyst/basis';
import type { PlanResult, TablesLocation } from '@tagmill/shared/job';
import { makeClock } from '@tagmill/shared/rules/clock';

/** The plan of the newest date, for its catalogue, faults and notes. Errors: TABLES_NOT_FOUND, DATE_WITHOUT_DATA, S3_DENIED, S3_UNAVAILABLE. */
export async function readCatalog(tables: TablesLocation): Promise<PlanResult> {
  const store = await openObjectStore(tables);
  try {
    // With users named, shards are cut from them, and no key of a table is read.
    const keys = { distinctKeys: () => Promise.reject(new Error('a catalogue needs no keys')) };
    return await planTables(store, { tables, shardRows: 1, users: [''] }, keys);
  } finally {
    store.close();
  }
}

/** The same as what rules are checked against. Errors: those of readCatalog. */
export async function readBasis(tables: TablesLocation): Promise<Basis> {
  const plan = await readCatalog(tables);
  const head = {
    id: 'none',
    mode: 'task-all' as const,
    who: 'cli',
    createdAtMs: 0,
    timeZone: 'UTC',
    asOf: null,
    businessDate: null,
    shardRows: 1,
    tables,
    users: null,
    days: null,
    rules: [],
  };
  return { run: null, head, plan, clock: makeClock({ businessDate: plan.businessDate, zone: 'UTC' }) };
}
