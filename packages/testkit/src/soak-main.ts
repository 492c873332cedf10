/**
 * `npm run soak [-- --repeats N --first SEED --only WORDS]`: every fault of the
 * tests with real processes from N seeds (20), and `task-all` in every
 * combination of target, source, executors and shards. One line a repeat; ends
 * non-zero when one failed.
 */
import { parseArgs } from 'node:util';
import { endAll } from './e2e/command.ts';
import { FAULTS, type FaultPlaces, handEdits, stopBeforeMerge, strikeOnce, twoRuns } from './e2e/faults.ts';
import { reloads } from './e2e/feed-run.ts';
import { everyCombination, nameOf, runCombination, uploadTables } from './e2e/matrix.ts';
import { SqliteTargets } from './e2e/target.ts';
import { startMariadb } from './mariadb.ts';
import { startS3Server } from './s3-server.ts';

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

type Trial = readonly [name: string, act: () => Promise<string[]>];

function faultTrials(places: FaultPlaces): Trial[] {
  const trials: Trial[] = [];
  for (let seed = first; seed < first + repeats; seed += 1) {
    // Both targets get half of the seeds where the fault can strike both.
    for (const fault of FAULTS)
      trials.push([`${fault.name}, seed ${seed}`, () => strikeOnce(places, fault, fault.sinks[seed % fault.sinks.length]!, seed)]);
    const sink = seed % 2 === 0 ? 'mariadb' : 'sqlite';
    trials.push([`hand edits in the middle of a merge, seed ${seed}`, () => handEdits(places, sink, seed)]);
    trials.push([`two runs of different tags at once, repeat ${seed}`, () => twoRuns(places, sink)]);
    trials.push([`a stop before the merge, seed ${seed}`, () => stopBeforeMerge(places, sink, seed)]);
    trials.push([`the browser reloading, seed ${seed}`, () => reloads(places, sink, seed)]);
  }
  return trials;
}

async function attempt([name, act]: Trial): Promise<boolean> {
  const startedMs = performance.now();
  let wrong: string[];
  try {
    wrong = await act();
  } catch (error) {
    wrong = [error instanceof Error ? error.message : String(error)];
  } finally {
    endAll();
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(
    `${wrong.length === 0 ? 'ok    ' : 'FAILED'} ${seconds.padStart(6)} s  ${name}${wrong.map((line) => `\n         ${line}`).join('')}`,
  );
  return wrong.length === 0;
}

const [mariadb, s3] = [await startMariadb(), await startS3Server()];
const sqlite = new SqliteTargets();
let failed = 0;
let done = 0;

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
  const places = { mariadb, sqlite, s3 };
  const matrix = everyCombination().map((one): Trial => [`task-all, ${nameOf(one)}`, () => runCombination(places, one)]);
  for (const trial of [...faultTrials(places), ...matrix]) {
    if (!trial[0].includes(values.only)) continue;
    done += 1;
    if (!(await attempt(trial))) failed += 1;
  }
} finally {
  await cleanUp();
}
console.log(`${done - failed} of ${done} repeats ended well`);
process.exitCode = failed > 0 || done === 0 ? 1 : 0;
