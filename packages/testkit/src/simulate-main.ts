/** `npm run simulate -- --seeds A..B [--mix NAME]`: runs simulated worlds and fails when one does (docs/reliability.md). */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { TagmillError, toTagmillError } from '@tagmill/shared/errors';
import { FAULT_KINDS, type FaultKind } from './world/faults.ts';
import { MIXES, mixOf } from './world/mixes.ts';
import { runSeeds, type SeedsDone, simulateSafely } from './world/run-seeds.ts';
import { commandOf, shrink } from './world/shrink.ts';
import type { WorldOptions } from './world/world.ts';

const HELP = `Simulates whole clusters, each from a seed: real cores, simulated machines, network, disks, database and people.

  --seeds A..B      seeds to run, or one (default 1..500)
  --mix NAME        mix of faults; \`list\` shows them (default drawn)
  --off KIND,...    kinds of faults that do not happen
  --story           prints the story of every seed
  --jobs N          threads (default: the cores of this machine)
  --faults-ms N     simulated time with faults (default 20000)
  --executors N --runs N --tags N --shards N --clicks N
                    at most so many of each
  --no-shrink       leaves a failing seed as it is

Exit code 0 when every seed ends well, 1 when one does not. A failing seed is made smaller while it
still fails; its story and the command that replays it byte for byte are printed.`;

const FLAGS = {
  seeds: { type: 'string', default: '1..500' },
  mix: { type: 'string', default: 'drawn' },
  off: { type: 'string', default: '' },
  story: { type: 'boolean', default: false },
  jobs: { type: 'string', default: String(availableParallelism()) },
  'faults-ms': { type: 'string' },
  executors: { type: 'string' },
  runs: { type: 'string' },
  tags: { type: 'string' },
  shards: { type: 'string' },
  clicks: { type: 'string' },
  'no-shrink': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Flags = ReturnType<typeof parseArgs<{ options: typeof FLAGS }>>['values'];

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new TagmillError('USAGE', `--${name} ${text} is no number from 1 on`);
  return value;
}

function rangeOf(text: string): { readonly from: number; readonly to: number } {
  const range = /^(\d+)(?:\.\.(\d+))?$/.exec(text);
  if (range === null) throw new TagmillError('USAGE', `--seeds ${text} cannot be read: write A..B or one number`);
  const from = Number(range[1]);
  const to = Number(range[2] ?? range[1]);
  if (to < from) throw new TagmillError('USAGE', `--seeds ${text} is empty: write the lower one first`);
  return { from, to };
}

function optionsOf(flags: Flags): Omit<WorldOptions, 'seed'> {
  const off = flags.off.split(',').filter((kind) => kind !== '');
  const unknown = off.find((kind) => !FAULT_KINDS.includes(kind as FaultKind));
  if (unknown !== undefined) throw new TagmillError('USAGE', `--off ${unknown} is no kind of fault; there are: ${FAULT_KINDS.join(', ')}`);
  mixOf(flags.mix, 1);
  const numbers = (['faults-ms', 'executors', 'runs', 'tags', 'shards', 'clicks'] as const).flatMap((name) => {
    const text = flags[name];
    return text === undefined ? [] : [[name === 'faults-ms' ? 'faultsMs' : name, wholeNumber(name, text)] as const];
  });
  return { mix: flags.mix, off: off as FaultKind[], ...Object.fromEntries(numbers) };
}

/** The smallest world that still fails in the same way, its story and how to see it again. */
function explain(options: WorldOptions, shrinks: boolean): void {
  const first = simulateSafely(options);
  const { result, options: small, tries } = shrinks ? shrink(options, first, simulateSafely) : { result: first, options, tries: 0 };
  console.error(`seed ${options.seed}${tries > 0 ? `, made smaller in ${tries} tries` : ''}:`);
  for (const line of result.story) console.error(`  ${line}`);
  for (const line of result.broken.slice(0, 5)) console.error(`  ${line}`);
  console.error(`  again: ${commandOf(small)}`);
}

function summary(done: SeedsDone): string {
  const faults = [...done.injected].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => `${kind} ${count}`);
  const rate = (done.seeds / done.seconds).toFixed(0);
  return [
    `faults: ${faults.length === 0 ? 'none' : faults.join(', ')}`,
    `${done.seeds - done.failed.length} of ${done.seeds} seeds ended well in ${done.seconds.toFixed(1)} s (${rate} a second, ${done.steps} steps)`,
  ].join('\n');
}

const STORIES = 3;

function readFlags(): Flags {
  try {
    return parseArgs({ options: FLAGS }).values;
  } catch (error) {
    throw new TagmillError('USAGE', error instanceof Error ? error.message : String(error));
  }
}

async function main(): Promise<number> {
  const flags = readFlags();
  if (flags.help) {
    console.log(HELP);
    return 0;
  }
  if (flags.mix === 'list') {
    for (const { name, about } of MIXES) console.log(`${name.padEnd(14)} ${about}`);
    return 0;
  }
  const { from, to } = rangeOf(flags.seeds);
  const options = optionsOf(flags);
  if (flags.story && from === to) {
    const result = simulateSafely({ ...options, seed: from });
    for (const line of result.story) console.log(line);
    for (const line of result.broken) console.log(line);
    console.log(`${result.broken.length === 0 ? 'ended well' : 'failed'}: ${result.fingerprint}`);
    return result.broken.length === 0 ? 0 : 1;
  }
  const done = await runSeeds(
    { from, to },
    options,
    ({ seed, steps, broken }) => console.error(`seed ${seed} failed after ${steps} steps: ${broken[0]?.slice(0, 300)}`),
    wholeNumber('jobs', flags.jobs),
  );
  for (const { seed } of done.failed.slice(0, STORIES)) explain({ ...options, seed }, !flags['no-shrink']);
  console.log(summary(done));
  return done.failed.length > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const { code, message } = toTagmillError(error);
  console.error(`${code}: ${message}`);
  process.exitCode = 2;
}
