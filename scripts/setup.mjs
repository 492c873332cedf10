/**
 * Brings what the project runs on: Node and pnpm, the dependencies and, with
 * `--all`, the built page and what the tests need. Parses on Node 20 and needs
 * nothing installed. Doing it again when all is there takes milliseconds.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withLock } from './lib/lock.mjs';
import { ROOT } from './lib/paths.mjs';
import { runMain, say } from './lib/say.mjs';
import { ensureSystemPackages } from './lib/system-packages.mjs';
import { ensureTools, nodeIsReady } from './lib/tools.mjs';
import { dashboardIsReady, ensureDashboard, ensureWorkspace, workspaceIsReady } from './lib/workspace.mjs';

const LOCK = join(ROOT, '.cache', 'setup.lock');

/** Sets up Node and the dependencies; with `dashboard` the page too, with `tests` what the tests need. */
export async function setup({ dashboard = false, tests = false } = {}) {
  const ready = nodeIsReady() && workspaceIsReady() && (!dashboard || dashboardIsReady());
  if (!ready) {
    await withLock(LOCK, async () => {
      if (!(nodeIsReady() && workspaceIsReady())) await ensureTools();
      await ensureWorkspace();
      if (dashboard) await ensureDashboard();
    });
  }
  if (tests) await withLock(LOCK, ensureSystemPackages);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await runMain(async () => {
    const all = process.argv.includes('--all');
    await setup({ dashboard: all, tests: all });
    say('everything is set up');
    return 0;
  });
}
