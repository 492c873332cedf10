/** The workspace's dependencies and the built page. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DASHBOARD, MODULES, ROOT } from './paths.mjs';
import { runCommand } from './run-command.mjs';
import { say } from './say.mjs';
import { hashOfFiles, hashOfText, removeStamp, stampIs, writeStamp } from './stamp.mjs';
import { environment, nodePath, pnpmPath } from './tools.mjs';

const STAMP = join(MODULES, '.tagmill-setup');

const lockHash = () => hashOfText(readFileSync(join(ROOT, 'pnpm-lock.yaml')));

export const workspaceIsReady = () => stampIs(STAMP, lockHash());

/** pnpm does not read npm's variable for the registry. */
const registryOf = ({ npm_config_registry: npm, pnpm_config_registry: own }) =>
  npm === undefined || own !== undefined ? {} : { pnpm_config_registry: npm };

/** Installs what the lockfile says, when node_modules is missing or the lockfile changed. */
export async function ensureWorkspace() {
  const hash = lockHash();
  if (stampIs(STAMP, hash)) return;
  say('installing the dependencies (once; again when pnpm-lock.yaml changes)');
  removeStamp(STAMP);
  const args = [
    pnpmPath(),
    'install',
    '--frozen-lockfile',
    '--prefer-offline',
    '--reporter=append-only',
    '--config.fetch-retries=3',
    '--config.fetch-retry-mintimeout=1000',
    '--config.fetch-retry-maxtimeout=5000',
    '--config.confirm-modules-purge=false',
  ];
  await runCommand('installing the dependencies', nodePath(), args, {
    cwd: ROOT,
    env: environment({ CI: 'true', ...registryOf(process.env) }),
  });
  writeStamp(STAMP, hash);
}

const DIST = join(DASHBOARD, 'dist');
const DIST_STAMP = join(DASHBOARD, 'node_modules', '.tagmill-built');

const sourcesHash = () =>
  hashOfText(
    lockHash(),
    hashOfFiles(ROOT, [
      ...['src', 'public', 'index.html', 'vite.config.ts', 'package.json', 'tsconfig.json'].map((name) => join(DASHBOARD, name)),
      join(ROOT, 'packages', 'shared', 'src'),
    ]),
  );

export const dashboardIsReady = () => existsSync(join(DIST, 'index.html')) && stampIs(DIST_STAMP, sourcesHash());

/** Builds the page when it is missing or its sources changed; a manager that serves the old one goes on doing so until the swap. */
export async function ensureDashboard() {
  const hash = sourcesHash();
  if (existsSync(join(DIST, 'index.html')) && stampIs(DIST_STAMP, hash)) return;
  say('building the dashboard (again when its sources change)');
  removeStamp(DIST_STAMP);
  const next = join(DASHBOARD, 'node_modules', '.tagmill-dist');
  rmSync(next, { recursive: true, force: true });
  mkdirSync(next, { recursive: true });
  const vite = join(DASHBOARD, 'node_modules', 'vite', 'bin', 'vite.js');
  await runCommand('building the dashboard', nodePath(), [vite, 'build', '--outDir', next, '--emptyOutDir', '--logLevel', 'warn'], {
    cwd: DASHBOARD,
    env: environment({ NODE_ENV: 'production' }),
  });
  rmSync(DIST, { recursive: true, force: true });
  renameSync(next, DIST);
  writeStamp(DIST_STAMP, hash);
}
