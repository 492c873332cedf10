/** Starts the product's Node on a script and stands in for it: same streams, same signals, same end. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { COMPILE_CACHE } from './paths.mjs';
import { environment, nodePath } from './tools.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const PARENT_POLL_MS = 250;

/**
 * Runs `script` with the project's Node and gives its exit code. The child has
 * a channel to this process, so that it ends when this one is killed; when npm
 * started this process and is killed, this one ends the child.
 */
export async function launch(script, args, { ipc = true, env = {} } = {}) {
  const child = spawn(nodePath(), ['--disable-warning=ExperimentalWarning', script, ...args], {
    stdio: ipc ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
    env: environment({ NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? COMPILE_CACHE, ...env }),
  });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  const watch = followNpm(() => child.kill('SIGKILL'));
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (...end) => resolve(end));
  });
  clearInterval(watch);
  for (const name of SIGNALS) process.removeAllListeners(name);
  if (signal !== null) {
    process.kill(process.pid, signal);
    // The signal ends this process; if it is one that does not, end as a shell would say.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return 128;
  }
  return code;
}

/** Watches the npm that started this process; anybody else may leave it running in the background. */
function followNpm(gone) {
  if (process.env.npm_lifecycle_event !== 'tagmill' && process.env.npm_lifecycle_event !== 'demo') return undefined;
  const npm = ancestorNamed('npm');
  if (npm === undefined) return undefined;
  const watch = setInterval(() => {
    if (statusOf(npm)?.name !== 'npm') gone();
  }, PARENT_POLL_MS);
  watch.unref();
  return watch;
}

/** The process that started this one, or the one that started its shell, when that is its name. Known on Linux only. */
function ancestorNamed(name) {
  const parent = statusOf(process.ppid);
  if (parent?.name === name) return process.ppid;
  return parent !== undefined && statusOf(parent.parent)?.name === name ? parent.parent : undefined;
}

function statusOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    // npm names itself after what it runs: `npm run tagmill`.
    return { name: /^Name:\s+(\S+)/.exec(status)?.[1], parent: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]) };
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  }
}
