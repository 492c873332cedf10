/** Whether the tables can be read, and of which day they are; for S3 also how it is reached. */
import { toTagmillError } from '@tagmill/shared/errors';
import { describeTables } from '../flags/tables.ts';
import type { Check, Finding } from './check.ts';

const ADVICE: Readonly<Record<string, string>> = {
  TABLES_NOT_FOUND: 'check the path; tables lie as <table>/dt=YYYY-MM-DD/*.parquet',
  DATE_WITHOUT_DATA: 'load a day for every table, or name one with --business-date',
  S3_DENIED: 'check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the rights on the bucket',
  S3_UNAVAILABLE: 'check --s3-endpoint, the network and the proxy',
};

export const tables: Check = {
  name: 'tables',
  run: async ({ tables: location }) => {
    if (location === undefined)
      return [{ state: 'note', text: 'not looked at', todo: 'name them with --tables FOLDER or s3://bucket/prefix' }];
    const { readCatalog } = await import('../data/catalog.ts');
    try {
      const plan = await readCatalog(location);
      const rows = plan.tables.map((table) => `${table.name} (${table.rows.toLocaleString('en-US')} rows)`).join(', ');
      const good: Finding = { state: 'ok', text: `${describeTables(location)}, newest day ${plan.businessDate}: ${rows}` };
      const faults = plan.faults.map(
        (fault): Finding => ({
          state: 'bad',
          text: `${fault.code}: ${fault.message}`,
          todo: `repair ${fault.table}; tags that read it fail until then`,
        }),
      );
      return [good, ...faults, ...plan.notes.map((text): Finding => ({ state: 'note', text }))];
    } catch (thrown) {
      const error = toTagmillError(thrown);
      return [{ state: 'bad', text: `${error.code}: ${error.message}`, todo: ADVICE[error.code] ?? 'look at the message' }];
    }
  },
};

export const s3: Check = {
  name: 'S3',
  run: ({ tables: location }) => {
    if (location?.kind !== 's3') return Promise.resolve([{ state: 'ok', text: 'not used: the tables are no s3:// address' }]);
    const { AWS_ACCESS_KEY_ID: key, AWS_PROFILE: profile } = process.env;
    const credentials =
      key !== undefined ? 'AWS_ACCESS_KEY_ID' : profile !== undefined ? `profile ${profile}` : 'AWS’s own search (profile, instance)';
    return Promise.resolve([
      {
        state: 'ok',
        text: `${location.endpoint ?? 'AWS'}, bucket ${location.bucket}, credentials from ${credentials}; whether it answers is said under tables`,
      },
    ]);
  },
};
