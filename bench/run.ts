/** `npm run bench -- NAME`: runs one benchmark by hand. */
import { readOptions, USAGE, type BenchOptions } from './lib/options.ts';
import { writePage } from './lib/page.ts';

const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<void>>> = {
  job: async (options) => (await import('./job.ts')).benchJob(options),
  noop: async (options) => (await import('./noop.ts')).benchNoop(options),
  merge: async (options) => (await import('./merge.ts')).benchMerge(options),
  resident: async (options) => (await import('./resident.ts')).benchResident(options),
  latency: async (options) => (await import('./latency.ts')).benchLatency(options),
  commit: async (options) => (await import('./commit.ts')).benchCommit(options),
  restart: async (options) => (await import('./restart.ts')).benchRestart(options),
  rules: async (options) => (await import('./rules.ts')).benchRules(options),
  analyst: async (options) => (await import('./analyst.ts')).benchAnalyst(options),
  report: () => Promise.resolve(),
};

const { name, options } = readOptions(process.argv.slice(2));
const bench = BENCHES[name];
if (bench === undefined) {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = 2;
} else {
  await bench(options);
  if (options.write || name === 'report') writePage();
}
