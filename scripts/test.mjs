/**
 * `npm test`: sets up what the tests need, runs the static checks and all
 * tests. `npm test -- PATH ...` runs just the tests named. The last line is
 * `N passed, N failed`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './lib/paths.mjs';
import { runMain } from './lib/say.mjs';
import { closingLine, runNode, runStatic } from './lib/steps.mjs';
import { setup } from './setup.mjs';

/** All of it must end within 25 minutes; what hangs is ended before. */
const VITEST_TIMEOUT_MS = 22 * 60_000;

async function runTests(args) {
  const folder = mkdtempSync(join(tmpdir(), 'tagmill-test-'));
  const report = join(folder, 'report.json');
  try {
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
    const code = await runNode([vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args], {
      timeoutMs: VITEST_TIMEOUT_MS,
    });
    if (code === 124) console.log('-- the tests did not end in time and were ended');
    return countsOf(report, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that failed without a failed test (it could not be loaded, or a hook failed) counts as one, and so does a run that failed for no test. */
function countsOf(report, code) {
  let json;
  try {
    json = JSON.parse(readFileSync(report, 'utf8'));
  } catch (error) {
    console.log(`-- the tests left no report (${error.code ?? error.message})`);
    return { passed: 0, failed: 1 };
  }
  const brokenFiles = json.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = json.numFailedTests + brokenFiles.length;
  return { passed: json.numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed };
}

await runMain(async () => {
  const paths = process.argv.slice(2);
  await setup({ dashboard: true, tests: true });
  const checks = paths.length === 0 ? await runStatic() : { passed: 0, failed: 0 };
  const tests = await runTests(paths);
  const counts = { passed: checks.passed + tests.passed, failed: checks.failed + tests.failed };
  console.log(closingLine(counts));
  return counts.failed === 0 ? 0 : 1;
});
