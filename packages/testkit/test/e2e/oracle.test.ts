/** The commands over real files, an S3 server, SQLite and MariaDB: exactly the fixtures' expected result. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunReport } from '@tagmill/shared/api/report';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { evaluateByHand, registeredBetween, TAGS_BY_HAND } from '../../src/e2e/by-hand.ts';
import { endAll, FIXTURES, run } from '../../src/e2e/command.ts';
import { type MatrixPlaces, nameOf, newTarget, PAIRWISE, runCombination, uploadTables } from '../../src/e2e/matrix.ts';
import { differences, type Evaluated, evaluation, merged, part, rowsAfter, rowsBefore } from '../../src/e2e/oracle.ts';
import { SqliteTargets } from '../../src/e2e/target.ts';
import { startMariadb } from '../../src/mariadb.ts';
import { startS3Server } from '../../src/s3-server.ts';

let places: MatrixPlaces;
const temp = mkdtempSync(join(tmpdir(), 'tagmill-oracle-'));
beforeAll(async () => {
  const [mariadb, s3] = await Promise.all([startMariadb(), startS3Server()]);
  places = { mariadb, s3, sqlite: new SqliteTargets() };
  await uploadTables(s3);
});
afterEach(endAll);
afterAll(async () => {
  await places?.mariadb.stop();
  await places?.s3.stop();
  places?.sqlite.remove();
  rmSync(temp, { recursive: true, force: true });
});

test('the oracle of these tests gives the fixtures’ rows when all users and tags are merged', () => {
  const rows = merged(rowsBefore(), evaluation()).sort((a, b) => (a.user_id < b.user_id ? -1 : 1));
  expect(rows).toEqual(rowsAfter().sort((a, b) => (a.user_id < b.user_id ? -1 : 1)));
});

describe('task-all gives the oracle row for row, and again changes nothing', () => {
  test('the combinations cover every pair of values', () => {
    const names = Object.keys(PAIRWISE[0]!) as (keyof (typeof PAIRWISE)[number])[];
    for (const a of names)
      for (const b of names) {
        if (a >= b) continue;
        const values = (name: typeof a): unknown[] => [...new Set(PAIRWISE.map((one) => one[name]))];
        const pairs = new Set(PAIRWISE.map((one) => `${one[a]} ${one[b]}`));
        expect(pairs.size, `${a} with ${b}`).toBe(values(a).length * values(b).length);
      }
  });

  test.each(PAIRWISE.map((one) => [nameOf(one), one] as const))('%s', async (_, one) => {
    // 100 shards twice take long; the soak does it.
    expect(await runCombination(places, one, one.shards < 100)).toEqual([]);
  });
});

describe('parts of the work give their part of the result', () => {
  const common = ['--tables', join(FIXTURES, 'tables'), '--time-zone', 'Asia/Shanghai', '--json'];

  /** Runs a command on top of the rows before, and holds the rows to what `found` makes of them. */
  async function gives(sink: 'sqlite' | 'mariadb', args: readonly string[], found: readonly Evaluated[], code: number): Promise<RunReport> {
    const target = await newTarget(places, sink, 'before');
    try {
      const before = await target.rows();
      const ended = await run([...args, '--database', target.url, ...common], { env: { TMPDIR: temp } });
      expect(ended.code, ended.stderr).toBe(code);
      expect(differences(await target.rows(), merged(rowsBefore(), found), before)).toEqual([]);
      const report = JSON.parse(ended.stdout) as RunReport;
      const seen = found.filter((user) => user.T.length + user.F.length + user.U.length > 0);
      expect(report.users.evaluated).toBe(seen.length);
      for (const tag of report.tags) {
        if (tag.state !== 'succeeded') continue;
        const count = (letter: 'T' | 'U'): number => found.filter((user) => user[letter].includes(tag.tag_id)).length;
        expect([tag.matched, tag.unknown], `tag ${tag.tag_id}`).toEqual([count('T'), count('U')]);
      }
      return report;
    } finally {
      await target.close();
    }
  }

  test('task-tags', async () => {
    const found = part(evaluation(), new Set([1, 3, 20]));
    await gives('mariadb', ['task-tags', '--tag-ids', '20,3,1', '--business-date', '2026-11-22'], found, 0);
  });

  test('task-users: some users of odd shapes, all tags', async () => {
    const users = ['user_000007', 'User_A', 'user_a', '007', '1e3', 'NULL', 'null', 'ghost_of_nobody'];
    const found = part(evaluation(), undefined, new Set(users));
    await gives('sqlite', ['task-users', '--user-ids', users.join(','), '--business-date', '2026-11-22'], found, 1);
  });

  test('task-users: a file of 5,000 users, two tags', async () => {
    const all = evaluation();
    const users = all.filter((_, index) => index % 4 === 1 || index < 30).map((user) => user.user_id);
    const five = users.slice(0, 5_000);
    expect(five).toHaveLength(5_000);
    const file = join(temp, 'users.txt');
    writeFileSync(file, `${five.join('\n')}\n`);
    const found = part(all, new Set([2, 15]), new Set(five));
    const args = ['task-users', '--user-file', file, '--tag-ids', '2,15', '--business-date', '2026-11-22', '--shard-rows', '700'];
    await gives('mariadb', args, found, 0);
  });

  test('incremental --days 7', async () => {
    const users = await registeredBetween('2026-11-22', '2026-11-16', '2026-11-22');
    expect(users.size).toBeGreaterThan(100);
    await gives('sqlite', ['incremental', '--days', '7', '--business-date', '2026-11-22'], part(evaluation(), undefined, users), 1);
  });

  test('the rules written by hand are those of the fixtures', async () => {
    const asSets = (found: readonly Evaluated[]): Map<string, string> =>
      new Map(found.map((user) => [user.user_id, JSON.stringify([user.T, user.F, user.U])]));
    expect(asSets(await evaluateByHand('2026-11-22', '2026-11-22'))).toEqual(asSets(part(evaluation(), new Set(TAGS_BY_HAND))));
  });

  test.each([
    ['--business-date 2026-11-21', ['--business-date', '2026-11-21'], '2026-11-21', '2026-11-21'],
    [
      '--as-of a week before the date of the tables',
      ['--business-date', '2026-11-22', '--as-of', '2026-11-15'],
      '2026-11-22',
      '2026-11-15',
    ],
  ] as const)('%s', async (_, flags, businessDate, today) => {
    const report = await gives(
      'sqlite',
      ['task-tags', '--tag-ids', TAGS_BY_HAND.join(','), ...flags],
      await evaluateByHand(businessDate, today),
      0,
    );
    expect(report).toMatchObject({ business_date: businessDate, as_of: today });
  });

  test('without a date: the newest that the tables have', async () => {
    const report = await gives('sqlite', ['task-tags', '--tag-ids', '7'], part(evaluation(), new Set([7])), 0);
    expect(report.business_date).toBe('2026-11-22');
  });
});
