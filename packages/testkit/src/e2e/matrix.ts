/** `task-all` over the fixtures in every combination of target, source, executors and shards, held to the oracle. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunReport } from '@tagmill/shared/api/report';
import type { MariadbServer } from '../mariadb.ts';
import type { S3Server } from '../s3-server.ts';
import { type CommandOptions, FIXTURES, run } from './command.ts';
import { reportIsRight } from './exactly-once.ts';
import { counts, differences, rowsAfter, rowsAfterFresh } from './oracle.ts';
import { mariadbTarget, type SqliteTargets, type Start, type Target } from './target.ts';

export interface Combination {
  readonly sink: 'sqlite' | 'mariadb';
  readonly source: 'folder' | 's3';
  readonly executors: 1 | 2 | 5;
  readonly shards: 1 | 7 | 100;
  readonly from: Start;
}

export interface MatrixPlaces {
  readonly sqlite: SqliteTargets;
  readonly mariadb: MariadbServer;
  readonly s3: S3Server;
}

const SHARD_ROWS = { 1: 250_000, 7: 2_860, 100: 200 } as const;
const BUCKET = 'oracle';

export const everyCombination = (): Combination[] =>
  (['sqlite', 'mariadb'] as const).flatMap((sink) =>
    (['folder', 's3'] as const).flatMap((source) =>
      ([1, 2, 5] as const).flatMap((executors) =>
        ([1, 7, 100] as const).flatMap((shards) =>
          (['empty', 'before'] as const).map((from) => ({ sink, source, executors, shards, from })),
        ),
      ),
    ),
  );

/** Nine in which every pair of values of any two of the five meets. */
export const PAIRWISE: readonly Combination[] = [
  { sink: 'sqlite', source: 'folder', executors: 1, shards: 1, from: 'before' },
  { sink: 'mariadb', source: 's3', executors: 2, shards: 1, from: 'empty' },
  { sink: 'mariadb', source: 'folder', executors: 5, shards: 1, from: 'before' },
  { sink: 'mariadb', source: 's3', executors: 1, shards: 7, from: 'before' },
  { sink: 'sqlite', source: 'folder', executors: 2, shards: 7, from: 'empty' },
  { sink: 'sqlite', source: 's3', executors: 5, shards: 7, from: 'before' },
  { sink: 'mariadb', source: 'folder', executors: 1, shards: 100, from: 'empty' },
  { sink: 'mariadb', source: 's3', executors: 2, shards: 100, from: 'before' },
  { sink: 'sqlite', source: 's3', executors: 5, shards: 100, from: 'empty' },
  { sink: 'sqlite', source: 's3', executors: 2, shards: 1, from: 'before' },
];

export const nameOf = (one: Combination): string =>
  `${one.source} to ${one.sink} (${one.from}), ${one.executors} executors, ${one.shards} shards`;

/** Puts the fixtures' tables on the S3 server. */
export async function uploadTables(s3: S3Server): Promise<void> {
  await s3.createBucket(BUCKET);
  await s3.upload(BUCKET, 'some/prefix', join(FIXTURES, 'tables'));
}

let made = 0;

export const newTarget = (places: Omit<MatrixPlaces, 's3'>, sink: Combination['sink'], from: Start): Promise<Target> => {
  made += 1;
  return sink === 'sqlite' ? places.sqlite.make(from) : mariadbTarget(places.mariadb, `oracle_${made}`, from);
};

/** Sentences about what is not as it must be after a first and, `again`, a second run. */
export async function runCombination(places: MatrixPlaces, one: Combination, again = true): Promise<string[]> {
  const target = await newTarget(places, one.sink, one.from);
  const temp = mkdtempSync(join(tmpdir(), 'tagmill-matrix-'));
  try {
    const tables = one.source === 'folder' ? join(FIXTURES, 'tables') : `s3://${BUCKET}/some/prefix`;
    const args = ['--business-date', '2026-11-22', '--time-zone', 'Asia/Shanghai', '--executors', String(one.executors)];
    const place = ['--database', target.url, '--tables', tables, ...(one.source === 's3' ? ['--s3-endpoint', places.s3.endpoint] : [])];
    const options = { env: { TMPDIR: temp, ...credentialsOf(places.s3) } };
    const command = ['task-all', ...place, ...args, '--shard-rows', String(SHARD_ROWS[one.shards]), '--json'];
    const wrong = await firstRun(target, one, command, options);
    return again ? [...wrong, ...(await secondRun(target, command, options))] : wrong;
  } finally {
    await target.close();
    rmSync(temp, { recursive: true, force: true });
  }
}

export const credentialsOf = ({ credentials }: S3Server): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_REGION: 'us-east-1',
});

async function firstRun(target: Target, one: Combination, command: readonly string[], options: CommandOptions): Promise<string[]> {
  const before = await target.rows();
  const { code, stdout, stderr } = await run(command, options);
  if (code !== 1) return [`the first run ended with ${code}, and three rules are broken: ${stderr}`];
  const report = JSON.parse(stdout) as RunReport;
  const expected = one.from === 'before' ? rowsAfter() : rowsAfterFresh();
  const wrong = differences(await target.rows(), expected, before);
  if (one.from === 'before') wrong.push(...reportIsRight(report));
  else if (report.users.inserted !== expected.length)
    wrong.push(`the report counts ${report.users.inserted} new rows, not ${expected.length}`);
  if (report.shards.total !== one.shards) wrong.push(`the run had ${report.shards.total} shards, not ${one.shards}`);
  return [...wrong, ...brokenRules(report)];
}

const BROKEN = { 91: 'OPERATOR_UNKNOWN', 92: 'GROUP_EMPTY', 93: 'FIELD_UNKNOWN' } as const;

function brokenRules(report: RunReport): string[] {
  const failed = report.tags.filter((tag) => tag.state !== 'succeeded').map((tag) => `${tag.tag_id} ${tag.state} ${tag.error?.code}`);
  const wanted = Object.entries(BROKEN).map(([id, code]) => `${id} failed ${code}`);
  if (failed.join() === wanted.join()) return [];
  const why = report.error ?? report.tags.find((tag) => tag.error !== undefined)?.error;
  return [`failed are ${failed.join(', ')}; must be ${wanted.join(', ')}; the first says ${why?.message}`];
}

/** With every row's time put back, so that a row written again would show. */
async function secondRun(target: Target, command: readonly string[], options: CommandOptions): Promise<string[]> {
  await target.exec("UPDATE user_tags SET updated_time = '2026-01-07 08:00:00'");
  const before = await target.rows();
  const { code, stdout, stderr } = await run(command, options);
  if (code !== 1) return [`the second run ended with ${code}: ${stderr}`];
  const { users } = JSON.parse(stdout) as RunReport;
  const wrong: string[] = [];
  if (users.inserted + users.updated !== 0 || users.unchanged !== counts().users_in_any_table)
    wrong.push(`the second run counts ${JSON.stringify(users)}`);
  if (JSON.stringify(await target.rows()) !== JSON.stringify(before)) wrong.push('the second run changed rows');
  return wrong;
}
