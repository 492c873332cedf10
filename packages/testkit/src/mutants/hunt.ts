/** Plants a mutant in a process of its own and says what found it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MUTANT_VARIABLE, type Mutant } from './mutant.ts';

export interface Hunted {
  readonly name: string;
  /** The seed or the test; undefined: it lives. */
  readonly by: string | undefined;
  readonly seconds: number;
  /** What it said, or why nothing was found. */
  readonly sentence: string;
}

const ROOT = join(import.meta.dirname, '../../../..');
const PLANT = pathToFileURL(join(import.meta.dirname, 'plant.ts')).href;
/** A hunt that takes longer is ended, and has found nothing. */
const LIMIT_MS = 300_000;

/** A find counts only when the same seed or test ends well without the bug. */
export async function hunt(mutant: Mutant): Promise<Hunted> {
  const startedMs = performance.now();
  const found = 'test' in mutant.foundBy ? await huntByTest(mutant, mutant.foundBy) : await huntBySeed(mutant, mutant.foundBy);
  return { name: mutant.name, seconds: (performance.now() - startedMs) / 1000, ...found };
}

type Found = Pick<Hunted, 'by' | 'sentence'>;

const lives = (sentence: string): Found => ({ by: undefined, sentence });

async function huntBySeed(mutant: Mutant, { mix, seeds }: { readonly mix: string; readonly seeds: number }): Promise<Found> {
  const found = await seek(mutant, mix, 1, seeds);
  if (typeof found === 'string') return lives(found);
  if (found === null) return lives(`none of ${seeds} seeds of the mix ${mix} found it`);
  const without = await seek(undefined, mix, found.seed, found.seed);
  if (without !== null) return lives(`seed ${found.seed} of ${mix} fails without the bug, too`);
  return { by: `seed ${found.seed} of ${mix}`, sentence: found.sentence };
}

type Seed = { readonly seed: number; readonly sentence: string };

async function seek(mutant: Mutant | undefined, mix: string, from: number, to: number): Promise<Seed | null | string> {
  const args = ['--import', PLANT, join(import.meta.dirname, 'seek-main.ts'), mix, String(from), String(to)];
  const { out, error } = await run(mutant, args);
  return error ?? (JSON.parse(out.trim().split('\n').at(-1) ?? 'null') as Seed | null);
}

async function huntByTest(mutant: Mutant, by: TestRun): Promise<Found> {
  const found = await failing(mutant, by);
  if (typeof found === 'string') return lives(found);
  const without = await failing(undefined, { ...by, name: found.fullName });
  if (without !== EVERY_TEST_PASSED) return lives(`${found.fullName} fails without the bug, too`);
  return { by: `${by.test}: ${found.fullName}`, sentence: firstLine(found.failureMessages[0]) };
}

interface TestRun {
  readonly test: string;
  readonly name?: string;
}

interface Assertion {
  readonly status: string;
  readonly fullName: string;
  readonly failureMessages: readonly string[];
}

interface Report {
  readonly testResults: readonly {
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const EVERY_TEST_PASSED = 'every test passed';

/** The first test that fails, or why there is none. */
async function failing(mutant: Mutant | undefined, by: TestRun): Promise<Assertion | string> {
  const folder = mkdtempSync(join(tmpdir(), 'tagmill-mutant-'));
  const report = join(folder, 'report.json');
  const names = by.name === undefined ? [] : ['-t', by.name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')];
  const args = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--config', join(import.meta.dirname, 'vitest.config.ts')];
  const output = ['--bail=1', '--reporter=json', `--outputFile=${report}`];
  try {
    const { error } = await run(mutant, [...args, ...output, by.test, ...names], `--import ${PLANT}`);
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
    const failed = testResults.flatMap((file) => file.assertionResults).find((test) => test.status === 'failed');
    if (failed !== undefined) return failed;
    const broken = testResults.find((file) => file.status === 'failed');
    return broken === undefined ? (error ?? EVERY_TEST_PASSED) : `no test ran: ${firstLine(broken.message)}`;
  } catch (error) {
    return `no report: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const firstLine = (text = ''): string => text.split('\n')[0]!.slice(0, 200);

function run(
  mutant: Mutant | undefined,
  args: readonly string[],
  nodeOptions = '',
): Promise<{ readonly out: string; readonly error: string | undefined }> {
  const planted = mutant === undefined ? {} : { [MUTANT_VARIABLE]: JSON.stringify(mutant) };
  const env = { ...process.env, ...planted, NODE_OPTIONS: nodeOptions };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: ROOT, env, timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => {
      resolve({ out, error: error === null ? undefined : firstLine(err.trim() === '' ? error.message : err.trim()) });
    });
  });
}
