/** The newest business date that every table has. */
import { openObjectStore } from '@tagmill/executor/sources/object-store';
import { chooseDate, listTables } from '@tagmill/executor/sources/partitions';
import type { TablesLocation } from '@tagmill/shared/job';

/** Errors: TABLES_NOT_FOUND, DATE_WITHOUT_DATA, S3_DENIED, S3_UNAVAILABLE. */
export async function newestDate(tables: TablesLocation): Promise<string> {
  const store = await openObjectStore(tables);
  try {
    return chooseDate(await listTables(store, undefined), undefined);
  } finally {
    store.close();
  }
}
