/**
 * The Node that the project runs on, and pnpm. Both come from the npm registry
 * into `tools/`, so that Node 20 and npm are all that a machine needs.
 */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { TOOLS } from './paths.mjs';
import { runCommand } from './run-command.mjs';
import { SetupError, say } from './say.mjs';
import { hashOfText, removeStamp, stampIs, writeStamp } from './stamp.mjs';

const OLDEST = [24, 15];
const STAMP = join(TOOLS, 'node_modules', '.tagmill-setup');
const PNPM = join(TOOLS, 'node_modules', 'pnpm', 'bin', 'pnpm.mjs');

function runningNodeIsNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

const toolsNode = () => join(TOOLS, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');

/** Path of the Node to run the product with. `TAGMILL_TOOLS_NODE=1` takes the one in tools even when the running one would do. */
export function nodePath() {
  return runningNodeIsNewEnough() && process.env.TAGMILL_TOOLS_NODE !== '1' ? process.execPath : toolsNode();
}

const lockHash = () => hashOfText(readFileSync(join(TOOLS, 'package-lock.json')));

/** Whether the Node to run with is there, without installing anything. */
export const nodeIsReady = () => nodePath() === process.execPath || (existsSync(toolsNode()) && stampIs(STAMP, lockHash()));

/** Installs the tools when they are missing or their lockfile changed. */
export async function ensureTools() {
  const hash = lockHash();
  if (stampIs(STAMP, hash) && existsSync(PNPM) && existsSync(nodePath())) return;
  say('installing Node 24 and pnpm into tools/ (once)');
  removeStamp(STAMP);
  const npm = process.env.npm_execpath;
  const [program, first] = npm !== undefined && /npm-cli\.[cm]?js$/.test(npm) ? [process.execPath, [npm]] : ['npm', []];
  const args = [...first, 'ci', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', TOOLS];
  await runCommand('installing Node and pnpm', program, args, { cwd: TOOLS });
  if (!existsSync(nodePath())) {
    throw new SetupError(
      `no Node ${OLDEST.join('.')} comes for ${process.platform}-${process.arch}; install Node ${OLDEST.join('.')} or newer and run the command again`,
    );
  }
  writeStamp(STAMP, hash);
}

export const pnpmPath = () => PNPM;

/** The environment with our Node first in PATH, for programs that start `node`. */
export function environment(extra = {}) {
  const path = `${dirname(nodePath())}${delimiter}${process.env.PATH ?? ''}`;
  return { ...process.env, PATH: path, ...extra };
}
