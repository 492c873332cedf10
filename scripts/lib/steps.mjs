/** Steps of the checks and tests: each runs, is counted, and its failure does not hide the next. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { COMPILE_CACHE, ROOT } from './paths.mjs';
import { environment, nodePath } from './tools.mjs';

const bin = (...path) => join(ROOT, 'node_modules', ...path);
const node = (script, ...args) => ({ args: [script, ...args], needs: script });

/** The static checks: name, and what to run with the project's Node. */
export const STATIC_STEPS = [
  { name: 'generated files are fresh', ...node(join(ROOT, 'scripts', 'generate.ts'), '--check') },
  { name: 'types', ...node(bin('typescript', 'bin', 'tsc'), '-p', '.') },
  { name: 'types of the dashboard', ...node(bin('typescript', 'bin', 'tsc'), '-p', 'packages/dashboard') },
  { name: 'format and lint', ...node(bin('@biomejs', 'biome', 'bin', 'biome'), 'ci', '--max-diagnostics=30', '--colors=off', '.') },
  {
    name: 'no promise is left floating',
    ...node(
      bin('oxlint', 'bin', 'oxlint'),
      '--type-aware',
      '-A',
      'all',
      '-D',
      'typescript/no-floating-promises',
      '--tsconfig',
      'tsconfig.json',
      'packages',
      'scripts',
      'bench',
      'tasks',
    ),
  },
  { name: 'who may import whom', ...node(join(ROOT, 'scripts', 'boundaries.ts')) },
  { name: 'no dead code', ...node(bin('knip', 'bin', 'knip.js')) },
];

/** Programs that are running, ended when this process is asked to end. */
const running = new Set();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    for (const child of running) endGroup(child, 'SIGKILL');
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}

function endGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * Runs the project's Node with arguments in a process group of its own, output
 * on this one's; whatever the group leaves running is ended with it. Gives the
 * exit code, 124 after `timeoutMs`.
 */
export async function runNode(args, { timeoutMs, env = {} }) {
  const child = spawn(nodePath(), ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: environment({ NODE_COMPILE_CACHE: COMPILE_CACHE, ...env }),
  });
  running.add(child);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endGroup(child, 'SIGKILL');
  }, timeoutMs);
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => resolve(exit ?? 128));
  });
  clearTimeout(timer);
  running.delete(child);
  endGroup(child, 'SIGKILL');
  return late ? 124 : code;
}

const STEP_TIMEOUT_MS = 5 * 60_000;

/** Runs the static checks; gives how many passed and failed. */
export async function runStatic() {
  let [passed, failed] = [0, 0];
  for (const step of STATIC_STEPS) {
    if (!existsSync(step.needs)) {
      console.log(`-- ${step.name}: ${step.needs} is missing`);
      failed += 1;
      continue;
    }
    const startedAt = Date.now();
    const code = await runNode(step.args, { timeoutMs: STEP_TIMEOUT_MS });
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    console.log(`-- ${step.name}: ${code === 0 ? 'passed' : code === 124 ? 'did not end in time' : `failed with ${code}`} (${seconds} s)`);
    if (code === 0) passed += 1;
    else failed += 1;
  }
  return { passed, failed };
}

export const closingLine = ({ passed, failed }) => `${passed} passed, ${failed} failed`;
