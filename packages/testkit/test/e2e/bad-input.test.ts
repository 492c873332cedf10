/** Bad input: one clear message, the exit code of the interface, no stack trace, nothing half-written, no more harmed than must be. */
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManagerClient } from '@tagmill/executor/grpc/client';
import type { RunReport } from '@tagmill/shared/api/report';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Ended, endAll, FIXTURES, run, start } from '../../src/e2e/command.ts';
import { Fleet, SECRETS } from '../../src/e2e/fleet.ts';
import { credentialsOf } from '../../src/e2e/matrix.ts';
import { differences, evaluation, merged, part, rowsBefore } from '../../src/e2e/oracle.ts';
import { copyTables, DATE, rewrite, scramble, type Tables, truncate } from '../../src/e2e/spoil.ts';
import { SqliteTargets, type Target } from '../../src/e2e/target.ts';
import { type FaultProxy, startFaultProxy } from '../../src/fault-proxy.ts';
import { type S3Server, startS3Server } from '../../src/s3-server.ts';

const sqlite = new SqliteTargets();
const temp = mkdtempSync(join(tmpdir(), 'tagmill-bad-'));
const TABLES = join(FIXTURES, 'tables');
let target: Target;
let s3: S3Server;
let proxy: FaultProxy;
beforeAll(async () => {
  s3 = await startS3Server();
  proxy = await startFaultProxy(s3.endpoint);
  await s3.createBucket('good');
  await s3.upload('good', 'tables', TABLES);
});
afterEach(async () => {
  endAll();
  await target?.close();
  proxy.decide = () => ({ kind: 'pass' });
});
afterAll(async () => {
  await proxy?.stop();
  await s3?.stop();
  sqlite.remove();
  rmSync(temp, { recursive: true, force: true });
});

const ZONE = ['--time-zone', 'Asia/Shanghai'];
/** Tags 1, 2 and 3 read one table each: assets, activity, basic info. */
const threeTags = (tables: string, ...more: string[]): string[] => [
  ...['task-tags', '--tag-ids', '1,2,3', '--database', target.url, '--tables', tables, '--business-date', DATE, ...ZONE, '--json'],
  ...more,
];

/** One message on stderr, and no more, with the code; nothing of the insides. */
function isOneMessage({ code, stderr }: Ended, exit: number, words: RegExp): void {
  expect(stderr).toMatch(words);
  expect(code, stderr).toBe(exit);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(stderr).not.toMatch(/INTERNAL|undefined|\[object/);
  expect(stderr.trim().split('\n'), stderr).toHaveLength(1);
}

/** Rows after a run in which only these tags were computed. */
async function onlyThese(tags: readonly number[]): Promise<void> {
  const found = part(evaluation(), new Set(tags));
  expect(differences(await target.rows(), merged(rowsBefore(), found))).toEqual([]);
}

describe('a table that cannot be read harms the tags that read it', () => {
  const spoilt: readonly (readonly [string, RegExp, (tables: Tables) => Promise<void> | void])[] = [
    [
      'a truncated file',
      /TABLE_UNREADABLE: .*user_activity_summary.*part-/,
      (tables) => truncate(tables.files('user_activity_summary')[1]!),
    ],
    [
      'a file that is not Parquet',
      /TABLE_UNREADABLE: .*user_activity_summary.*part-.*Parquet/,
      (tables) => writeFileSync(tables.files('user_activity_summary')[0]!, 'user_id,trade_count_30d\nuser_000001,3\n'),
    ],
    [
      'a file whose pages are broken',
      /TABLE_UNREADABLE: .*user_activity_summary/,
      (tables) => scramble(tables.files('user_activity_summary')[2]!),
    ],
    [
      'a table without user_id',
      /TABLE_NO_KEY: .*user_activity_summary.*user_id/,
      async (tables) => {
        for (const file of tables.files('user_activity_summary'))
          await rewrite(file, 'SELECT user_id AS customer, * EXCLUDE (user_id) FROM TABLE');
      },
    ],
    [
      'a duplicate key',
      /TABLE_DUPLICATE_KEY: .*user_activity_summary/,
      (tables) => rewrite(tables.files('user_activity_summary')[3]!, 'SELECT * FROM TABLE UNION ALL (SELECT * FROM TABLE LIMIT 1)'),
    ],
    [
      'no data for the date in one table',
      /TABLE_NO_DATA: .*user_activity_summary.*2026-11-22/,
      (tables) => renameSync(tables.folder('user_activity_summary'), tables.folder('user_activity_summary').replace(DATE, '2026-11-20')),
    ],
  ];
  test.each(spoilt)('%s', async (_, words, spoil) => {
    using tables = copyTables();
    await spoil(tables);
    target = await sqlite.make('before');
    const ended = await run(threeTags(tables.path, '--shard-rows', '5000'));
    isOneMessage(ended, 1, words);
    const report = JSON.parse(ended.stdout) as RunReport;
    expect(report.state).toBe('partial');
    expect(report.tags.map((tag) => [tag.tag_id, tag.state])).toEqual([
      [1, 'succeeded'],
      [2, 'failed'],
      [3, 'succeeded'],
    ]);
    await onlyThese([1, 3]);
  });
});

describe('an object store that does not give what it should', () => {
  const env = () => credentialsOf(s3);
  const fromS3 = (bucket: string, endpoint = proxy.endpoint): string[] => threeTags(`s3://${bucket}/tables`, '--s3-endpoint', endpoint);
  const untouched = async (): Promise<void> => onlyThese([]);

  test('no such bucket ends with 3 and names it', async () => {
    target = await sqlite.make('before');
    isOneMessage(await run(fromS3('nowhere'), { env: env() }), 3, /^tagmill: TABLES_NOT_FOUND: .*nowhere/);
    await untouched();
  });

  test('refused credentials end with 4 and say what to check', async () => {
    target = await sqlite.make('before');
    const body = '<?xml version="1.0"?><Error><Code>SignatureDoesNotMatch</Code><Message>no</Message></Error>';
    proxy.decide = () => ({ kind: 'status', status: 403, body });
    const ended = await run(fromS3('good'), { env: { ...env(), AWS_SECRET_ACCESS_KEY: 'wrong-and-secret' } });
    isOneMessage(ended, 4, /^tagmill: S3_DENIED: .*good.*credentials/);
    expect(ended.stderr).not.toContain('wrong-and-secret');
    await untouched();
  });

  test('503 to everything ends with 75', async () => {
    target = await sqlite.make('before');
    proxy.decide = () => ({ kind: 'status', status: 503 });
    isOneMessage(await run(fromS3('good'), { env: env() }), 75, /^tagmill: S3_UNAVAILABLE: .*503/);
    await untouched();
  });

  test('503 now and then, and a body that stalls in the middle, are got over', async () => {
    target = await sqlite.make('before');
    let requests = 0;
    let stalled = false;
    proxy.decide = ({ method, range }) => {
      requests += 1;
      if (requests % 5 === 2) return { kind: 'status', status: 503 };
      if (method !== 'GET' || range === undefined || requests < 40 || stalled) return { kind: 'pass' };
      stalled = true;
      return { kind: 'stall', afterBytes: 100 };
    };
    const { code, stderr } = await run(fromS3('good'), { env: env() });
    expect(code, stderr).toBe(0);
    expect(stalled).toBe(true);
    await onlyThese([1, 2, 3]);
  });

  test('nobody at the endpoint ends with 75', async () => {
    target = await sqlite.make('before');
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    isOneMessage(await run(fromS3('good', `http://127.0.0.1:${port}`), { env: env() }), 75, /^tagmill: S3_UNAVAILABLE: /);
    await untouched();
  });
});

test('an object that changes after the plan fails the run before a row is written', async () => {
  using tables = copyTables();
  target = await sqlite.make('before');
  const fleet = new Fleet({ databaseUrl: target.url, directory: join(temp, 'changed'), tables: tables.path });
  await fleet.startManager();
  fleet.startExecutor('one');
  const runId = await fleet.createRun({ mode: 'task-tags', tag_ids: [1, 2, 3], business_date: DATE });
  await fleet.reached(runId, 'evaluate', 1);
  appendFileSync(tables.files('user_basic_info')[1]!, 'more');
  const report = await fleet.ended(runId);
  expect(report.state).toBe('failed');
  expect(report.error).toMatchObject({ code: 'INPUT_CHANGED', message: expect.stringContaining('user_basic_info') });
  expect(await fleet.stop()).toEqual([]);
  await onlyThese([]);
});

describe('a database that does not let one in', () => {
  test('nobody there ends with 75', async () => {
    const ended = await run(['health', '--database', 'mysql://tagmill:secret-word@127.0.0.1:1/tags', '--tables', TABLES]);
    isOneMessage(ended, 75, /^tagmill: DATABASE_UNAVAILABLE: .*127.0.0.1:1/);
    expect(ended.stderr).not.toContain('secret-word');
  });

  test('no rules in it ends with 3 and says how to import some', async () => {
    target = await sqlite.make('empty');
    await target.exec('DELETE FROM tag_rules');
    isOneMessage(await run(threeTags(TABLES)), 3, /^tagmill: TAG_NOT_FOUND: /);
  });
});

describe('an executor that a manager refuses', () => {
  test('of another protocol version: told which versions, and what to install', async () => {
    target = await sqlite.make('empty');
    const fleet = new Fleet({ databaseUrl: target.url, directory: join(temp, 'refused') });
    await fleet.startManager();
    const refused = new Promise<readonly [string, string]>((resolve) => {
      const client = new ManagerClient(fleet.grpc, undefined, {
        hello: () => ({
          executorId: 'old',
          name: 'old',
          instance: 'i',
          slots: 1,
          softwareVersion: '9.9.9',
          protocolVersion: 99,
          joinToken: SECRETS.TAGMILL_JOIN_TOKEN,
        }),
        message: () => undefined,
        connected: () => undefined,
        lost: () => undefined,
        refused: (code, message) => resolve([code, message]),
      });
      client.connect();
    });
    const [code, message] = await refused;
    expect(code).toBe('PROTOCOL_VERSION');
    expect(message).toMatch(/protocol 99.*install the manager's version instead of 9\.9\.9/);
    // A real one with a wrong secret shows how a refusal ends the process.
    const wrong = start(
      ['executor', '--manager', fleet.grpc, '--name', 'wrong', '--cache-dir', join(temp, 'wrong'), '--log-level', 'silent'],
      {
        env: { TAGMILL_JOIN_TOKEN: 'not-the-token' },
      },
    );
    const ended = await wrong.ended;
    isOneMessage(ended, 4, /^tagmill: UNAUTHORIZED: .*TAGMILL_JOIN_TOKEN/);
    expect(ended.stderr).not.toContain('not-the-token');
    expect(await fleet.stop()).toEqual([]);
  });
});
