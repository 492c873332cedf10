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

export async function hunt(mutant: Mutant): Promise<Hunted> {
  const startedMs = performance.now();
  const found = 'test' in mutant.foundBy ? await huntByTest(mutant, mutant.foundBy) : await huntBySeed(mutant, mutant.foundBy);
  return { name: mutant.name, seconds: (performance.now() - startedMs) / 1000, ...found };
}

type Found = Pick<Hunted, 'by' | 'sentence'>;

async function huntBySeed(mutant: Mutant, { mix, seeds }: { readonly mix: string; readonly seeds: number }): Promise<Found> {
  const { out, error } = await run(mutant, ['--import', PLANT, join(import.meta.dirname, 'seek-main.ts'), mix, String(seeds)]);
  if (error !== undefined) return { by: undefined, sentence: error };
  const found = JSON.parse(out.trim().split('\n').at(-1) ?? 'null') as { seed: number; sentence: string } | null;
  if (found === null) return { by: undefined, sentence: `none of ${seeds} seeds of the mix ${mix} found it` };
  return { by: `seed ${found.seed} of ${mix}`, sentence: found.sentence };
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

async function huntByTest(mutant: Mutant, by: { readonly test: string; readonly name?: string }): Promise<Found> {
  const folder = mkdtempSync(join(tmpdir(), 'tagmill-mutant-'));
  const report = join(folder, 'report.json');
  const names = by.name === undefined ? [] : ['-t', by.name];
  const args = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--config', join(import.meta.dirname, 'vitest.config.ts')];
  try {
    const { error } = await run(
      mutant,
      [...args, '--bail=1', '--reporter=json', `--outputFile=${report}`, by.test, ...names],
      `--import ${PLANT}`,
    );
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
    const failed = testResults.flatMap((file) => file.assertionResults).find((test) => test.status === 'failed');
    if (failed !== undefined) return { by: `${by.test}: ${failed.fullName}`, sentence: firstLine(failed.failureMessages[0]) };
    const broken = testResults.find((file) => file.status === 'failed');
    return { by: undefined, sentence: broken === undefined ? (error ?? 'every test passed') : `no test ran: ${firstLine(broken.message)}` };
  } catch (error) {
    return { by: undefined, sentence: `no report: ${error instanceof Error ? error.message : String(error)}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const firstLine = (text = ''): string => text.split('\n')[0]!.slice(0, 200);

function run(
  mutant: Mutant,
  args: readonly string[],
  nodeOptions = '',
): Promise<{ readonly out: string; readonly error: string | undefined }> {
  const env = { ...process.env, [MUTANT_VARIABLE]: JSON.stringify(mutant), NODE_OPTIONS: nodeOptions };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: ROOT, env, timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => {
      resolve({ out, error: error === null ? undefined : firstLine(err.trim() === '' ? error.message : err.trim()) });
    });
  });
}
