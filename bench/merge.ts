/**
 * The merge alone: users with eight tags into MariaDB and SQLite, first load,
 * repeat and 1 % changed, beside LOAD DATA of the same rows by the mariadb
 * client.
 */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { MysqlTagSink } from '../packages/executor/src/sinks/mysql/sink.ts';
import { SqliteTagStoreClient } from '../packages/manager/src/tagstore/sqlite/client.ts';
import { type MysqlTarget, parseDatabaseUrl } from '../packages/shared/src/database-url.ts';
import { MERGE_BATCH_USERS, type MergeBatch } from '../packages/shared/src/merge/batch.ts';
import { PassTags, mergeJobOf } from '../packages/shared/src/merge/pass-tags.ts';
import type { TagSink } from '../packages/shared/src/merge/sink.ts';
import { makeMysqlWorld } from '../packages/testkit/src/contracts/mysql-world.ts';
import { makeCommand, makeJob, oracleTags } from '../packages/testkit/src/contracts/sink-fixtures.ts';
import { startMariadb } from '../packages/testkit/src/mariadb.ts';
import type { BenchOptions } from './lib/options.ts';
import { Results } from './lib/results.ts';

const TAGS = oracleTags().slice(0, 8);
const KEY_BYTES = 13;
const run = promisify(execFile);

/** The same users every time; `flip` changes two tags of every hundredth. */
function* batches(users: number, flip: boolean): Generator<MergeBatch> {
  const encoder = new TextEncoder();
  let seed = 1;
  for (let first = 0; first < users; first += MERGE_BATCH_USERS) {
    const count = Math.min(MERGE_BATCH_USERS, users - first);
    const keys = new Uint8Array(count * KEY_BYTES);
    const offsets = Uint32Array.from({ length: count + 1 }, (_, row) => row * KEY_BYTES);
    const matched = new Uint32Array(count);
    for (let row = 0; row < count; row += 1) {
      encoder.encodeInto(`user_${String(first + row).padStart(8, '0')}`, keys.subarray(row * KEY_BYTES));
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      const bits = (seed >>> 16) & 255;
      matched[row] = flip && (first + row) % 100 === 0 ? bits ^ 5 : bits;
    }
    yield { count, keys, offsets, words: 1, matched, notMatched: matched.map((bits) => ~bits & 255) };
  }
}

/** The rows that the merge writes, as a file for the client. */
async function writeRows(path: string, users: number): Promise<void> {
  const tags = new PassTags(
    mergeJobOf(makeJob('file', TAGS)),
    TAGS.map((tag) => tag.tagId),
  );
  const file = createWriteStream(path);
  const decoder = new TextDecoder();
  for (const batch of batches(users, false)) {
    const lines: string[] = [];
    for (let row = 0; row < batch.count; row += 1) {
      const texts = tags.newRow(batch, row);
      const key = decoder.decode(batch.keys.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES));
      if (texts !== undefined) lines.push(`${key}\t${texts.tagIds}\t${texts.tagDetails}\n`);
    }
    if (!file.write(lines.join(''))) await new Promise<void>((resolve) => file.once('drain', () => resolve()));
  }
  file.end();
  await finished(file);
}

async function timeMerges(sink: TagSink, users: number, round: number): Promise<Record<string, number>> {
  const times: Record<string, number> = {};
  for (const name of ['first', 'repeat', 'changed'] as const) {
    const input = [...batches(users, name === 'changed')];
    const startedAt = performance.now();
    await sink.merge(makeJob(`${name} ${round}`, TAGS), makeCommand(TAGS), input, new AbortController().signal);
    times[name] = Math.round(performance.now() - startedAt);
  }
  return times;
}

/** First load, repeat and 1 % changed, into MariaDB and SQLite, beside LOAD DATA. */
export async function benchMerge(options: BenchOptions): Promise<void> {
  const { users } = options;
  const results = new Results('merge', options);
  const directory = await mkdtemp(join(tmpdir(), 'tagmill-bench-merge-'));
  const server = await startMariadb({ bufferPoolBytes: 1024 * 1024 * 1024 });
  try {
    const rows = join(directory, 'rows.tsv');
    await writeRows(rows, users);
    const world = await makeMysqlWorld(server, 'bench');
    const keep = async (sink: string, times: Record<string, number>): Promise<void> => {
      for (const [name, ms] of Object.entries(times))
        await results.add({ subject: 'tagmill', work: `merge alone of ${users} users into ${sink}, ${name}`, unit: 's', value: ms / 1000 });
    };
    for (let round = 0; round < options.rounds; round += 1) {
      const work = `merge alone of ${users} users into mariadb, first`;
      await results.add({ subject: 'load-data', work, unit: 's', value: await loadByClient(server.socket, rows) });
      await world.query('TRUNCATE user_tags');
      const mysqlSink = new MysqlTagSink(parseDatabaseUrl(server.url('bench')) as MysqlTarget);
      await keep('mariadb', await timeMerges(mysqlSink, users, round));
      await mysqlSink.close();
      const store = await SqliteTagStoreClient.open(join(directory, `${round}.db`));
      await keep('sqlite', await timeMerges(store, users, round));
      await store.close();
    }
    await world.close();
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function loadByClient(socket: string, rows: string): Promise<number> {
  const load = `TRUNCATE user_tags; SET NAMES utf8mb4; LOAD DATA LOCAL INFILE '${rows}' INTO TABLE user_tags CHARACTER SET utf8mb4 (user_id, tag_ids, tag_details)`;
  const startedAt = performance.now();
  await run('mariadb', ['--no-defaults', '--local-infile=1', `--socket=${socket}`, '--user=root', 'bench', '-e', load]);
  return (performance.now() - startedAt) / 1000;
}
