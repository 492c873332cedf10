import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_SETTINGS } from '@tagmill/manager/core/state';
import type { Input } from '@tagmill/manager/core/events';
import { encodeBatch } from '@tagmill/manager/store/codec';
import { SILENT_LOG } from '@tagmill/manager/store/journal-log';
import { SqliteJournal } from '@tagmill/manager/store/sqlite-journal';
import { openSqlite } from '@tagmill/manager/tagstore/sqlite/open';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endAll, run, tempFolder } from './support.ts';

const RUN: Input = {
  type: 'run-created',
  spec: {
    id: 'r1',
    who: 'anna',
    createdAtMs: 1,
    timeZone: 'UTC',
    asOf: null,
    businessDate: '2026-11-22',
    users: null,
    days: null,
    rules: [],
    mode: 'noop',
    shardRows: 1,
    tables: null,
    tasks: [{ name: 'noop', title: 'noop', handler: 'noop', tagId: null, domain: null, gate: 'auto', shards: 3 }],
    edges: [],
  },
};
const EVENTS: readonly Input[] = [
  { type: 'term-taken', term: 1 },
  { type: 'tokens-reserved', upTo: 1_000 },
  RUN,
  { type: 'command', runId: 'r1', action: 'stop', names: ['noop'], downstream: 'as-success', reason: 'too late', who: 'berta' },
];

let folder: ReturnType<typeof tempFolder>;
let dataDir: string;
let journal: SqliteJournal;

/** A journal with one event an entry and a snapshot behind the second; still open. */
beforeEach(async () => {
  folder = tempFolder();
  dataDir = folder.path;
  journal = new SqliteJournal({ dataDir, settings: DEFAULT_SETTINGS, snapshotEvents: 1e9, snapshotMs: 1e9, log: SILENT_LOG });
  await journal.open();
  for (const [i, event] of EVENTS.entries()) {
    await journal.append({ seq: i + 1, term: 1, blob: encodeBatch([{ atMs: Date.UTC(2026, 10, 22), event }]) });
    if (i === 1) await journal.snapshot();
  }
});
afterEach(async () => {
  endAll();
  await journal.close();
  folder[Symbol.dispose]();
});

const spoil = (sql: string): void => {
  const database = openSqlite(join(dataDir, 'journal.db'));
  database.prepare(sql).run();
  database.close();
};

describe('journal', () => {
  test('verify says that all holds, also while a manager works there', async () => {
    const busy = await run(['journal', 'verify', '--data-dir', dataDir]);
    expect(busy).toMatchObject({ code: 0, stderr: expect.stringContaining('a manager works in this directory') as string });
    expect(busy.stdout).toMatch(
      /snapshot .*000000000002\.db: whole, entry 2.*\n.*a start comes to entry 4.*\neverything that a start needs holds/,
    );
    await journal.close();
    const { stdout, stderr } = await run(['journal', 'verify', '--data-dir', dataDir, '--json']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ head: { seq: 4, term: 1 }, snapshots: [{ head: { seq: 2 }, why: null }], fault: null });
  });

  test('verify finds a missing entry, and ends with 1', async () => {
    await journal.close();
    spoil('DELETE FROM journal WHERE seq = 3');
    const { code, stdout } = await run(['journal', 'verify', '--data-dir', dataDir]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/a start comes to entry 2/);
    expect(stdout).toMatch(/broken: .*entry 3 is missing/);
  });

  test('dump prints entries as JSON Lines', async () => {
    const { code, stdout } = await run(['journal', 'dump', '--data-dir', dataDir, '--from', '2', '--to', '3']);
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number; events: { type: string; at: string }[] });
    expect(lines.map(({ seq, events }) => [seq, events[0]?.type, events[0]?.at])).toEqual([
      [2, 'tokens-reserved', '2026-11-22T00:00:00.000Z'],
      [3, 'run-created', '2026-11-22T00:00:00.000Z'],
    ]);
  });

  test('explain says what happened and what it changed', async () => {
    const { code, stdout } = await run(['journal', 'explain', '4', '--data-dir', dataDir]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^entry 4, term 1, hash [0-9a-f]{8}, \d+ bytes\n2026-11-22T00:00:00.000Z berta asked for stop of 1 tasks of run r1: noop \(“too late”\)\n {4}r1\/noop: \w+ -> \w+\n$/,
    );
    const missing = await run(['journal', 'explain', '9', '--data-dir', dataDir]);
    expect(missing).toMatchObject({ code: 3, stderr: expect.stringMatching(/NOT_FOUND: entry 9 .* holds entries 1 to 4/) as string });
  });

  test('a directory without a journal is told', async () => {
    using empty = tempFolder();
    expect(await run(['journal', 'dump', '--data-dir', empty.path])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('there is no journal in') as string,
    });
  });
});

describe('backup and restore', () => {
  test('a backup of a running manager holds what was confirmed, and becomes a journal again', async () => {
    using elsewhere = tempFolder();
    const backup = join(elsewhere.path, 'backup');
    const made = await run(['backup', '--data-dir', dataDir, '--to', backup]);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    expect(made.stderr).toMatch(/up to entry 4 of term 1, behind the snapshot at entry 2/);
    expect((await run(['journal', 'verify', '--data-dir', backup])).code).toBe(0);
    expect((await run(['backup', '--data-dir', dataDir, '--to', backup])).stderr).toMatch(/NOT_ALLOWED: .* exists already/);

    const busy = await run(['restore', '--from', backup, '--data-dir', dataDir, '--force']);
    expect(busy).toMatchObject({ code: 4, stderr: expect.stringContaining('MANAGER_LIVE') as string });
    await journal.close();
    const held = await run(['restore', '--from', backup, '--data-dir', dataDir]);
    expect(held).toMatchObject({ code: 4, stderr: expect.stringMatching(/holds a journal already.*--force/) as string });
    spoil('DELETE FROM journal WHERE seq > 3');
    const forced = await run(['restore', '--from', backup, '--data-dir', dataDir, '--force']);
    expect(forced, forced.stderr).toMatchObject({ code: 0 });
    expect(readdirSync(dataDir).filter((name) => name.startsWith('aside-'))).toHaveLength(1);
    expect(existsSync(join(dataDir, 'incoming'))).toBe(false);

    const fresh = join(elsewhere.path, 'fresh');
    expect((await run(['restore', '--from', backup, '--data-dir', fresh])).code).toBe(0);
    for (const place of [dataDir, fresh]) {
      const again = new SqliteJournal({
        dataDir: place,
        settings: DEFAULT_SETTINGS,
        snapshotEvents: 1e9,
        snapshotMs: 1e9,
        log: SILENT_LOG,
      });
      expect(await again.open()).toMatchObject({ head: { seq: 4 }, fault: null });
      await again.close();
    }
  }, 60_000);

  test('a backup that does not hold is refused', async () => {
    await journal.close();
    spoil("UPDATE journal SET batch = x'0100' WHERE seq = 3");
    using elsewhere = tempFolder();
    const refused = await run(['restore', '--from', dataDir, '--data-dir', join(elsewhere.path, 'new')]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/is not whole: .*entry 3/) as string });
  });
});
