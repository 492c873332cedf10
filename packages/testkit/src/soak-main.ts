/**
 * `npm run soak [-- --repeats N --first SEED --only WORDS]`, with real
 * processes, from N seeds (20): every fault of the tests, every kill (failpoint
 * x role x kind) into both targets, the manager killed at 500 points of one
 * journal, and `task-all` in every combination of target, source, executors and
 * shards. `--only` names trials, or kills, by a part of their names. One line a
 * trial, a summary, and a non-zero end when one failed.
 */
import { parseArgs } from 'node:util';
import { endAll } from './e2e/command.ts';
import { startMariadb } from './mariadb.ts';
import { startS3Server } from './s3-server.ts';
import { uploadTables } from './e2e/matrix.ts';
import { SqliteTargets } from './e2e/target.ts';
import { type Trial, trialsOf } from './soak-trials.ts';

const { values } = parseArgs({
  options: {
    repeats: { type: 'string', default: '20' },
    first: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
const [repeats, first] = [Number(values.repeats), Number(values.first)];
if (!(repeats >= 1) || !(first >= 0)) {
  console.error('--repeats and --first are whole numbers');
  process.exit(2);
}

interface Sum {
  trials: number;
  failed: number;
  kills: number;
}

async function attempt({ name, act }: Trial, sum: Sum): Promise<void> {
  const startedMs = performance.now();
  let wrong: readonly string[];
  let kills = 0;
  try {
    const done = await act();
    [wrong, kills] = 'kills' in done ? [done.wrong, done.kills] : [done, 0];
  } catch (error) {
    wrong = [error instanceof Error ? error.message : String(error)];
  } finally {
    endAll();
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const counted = kills === 0 ? '' : `: ${kills} kills`;
  const lines = wrong.map((line) => `\n         ${line}`).join('');
  console.log(`${wrong.length === 0 ? 'ok    ' : 'FAILED'} ${seconds.padStart(6)} s  ${name}${counted}${lines}`);
  sum.trials += 1;
  sum.kills += kills;
  if (wrong.length > 0) sum.failed += 1;
}

const [mariadb, s3] = [await startMariadb(), await startS3Server()];
const sqlite = new SqliteTargets();
const sum: Sum = { trials: 0, failed: 0, kills: 0 };

async function cleanUp(): Promise<void> {
  endAll();
  await mariadb.stop();
  await s3.stop();
  sqlite.remove();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    cleanUp().then(
      () => process.exit(130),
      () => process.exit(130),
    );
  });

try {
  await uploadTables(s3);
  for (const trial of trialsOf({ mariadb, sqlite, s3 }, { first, repeats, only: values.only })) await attempt(trial, sum);
} finally {
  await cleanUp();
}
console.log(`${sum.trials - sum.failed} of ${sum.trials} trials ended well, ${sum.kills} kills in them`);
process.exitCode = sum.failed > 0 || sum.trials === 0 ? 1 : 0;
