/** The flags `--tables` and `--s3-endpoint`. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { TagmillError } from '@tagmill/shared/errors';
import type { TablesLocation } from '@tagmill/shared/job';
import { asHttpUrl, parseTablesUrl } from '@tagmill/shared/setting-readers';
import { valueFlag } from './flag.ts';

export const tablesFlag = (): Option =>
  new Option('--tables <PATH>', 'folder or s3://bucket/prefix with <table>/dt=YYYY-MM-DD/*.parquet').env('TAGMILL_TABLES');

export const endpointFlag = (): Option =>
  valueFlag('--s3-endpoint <URL>', 'S3 server, when it is not AWS; credentials in AWS’s own ways', asHttpUrl);

/** Where the tables are, or undefined when no flag names them. Throws USAGE. */
export function tablesOf(command: Command): TablesLocation | undefined {
  const { tables, s3Endpoint } = command.opts<{ tables?: string; s3Endpoint?: string }>();
  if (tables === undefined) return undefined;
  const environment = process.env;
  const location = parseTablesUrl(tables, {
    endpoint: s3Endpoint ?? environment['TAGMILL_S3_ENDPOINT'] ?? environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'],
    region: environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'],
  });
  return location.kind === 'folder' ? { ...location, path: resolve(location.path) } : location;
}

export function requiredTables(command: Command): TablesLocation {
  const location = tablesOf(command);
  if (location === undefined) throw new TagmillError('USAGE', 'no tables are named; give --tables FOLDER or s3://bucket/prefix');
  return location;
}

export const describeTables = (location: TablesLocation): string =>
  location.kind === 'folder' ? location.path : `s3://${location.bucket}/${location.prefix}`;
