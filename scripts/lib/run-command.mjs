/** Runs a program of the setup, quietly: what it says is shown only when it fails. */
import { spawn } from 'node:child_process';
import { SetupError } from './say.mjs';

const TAIL_LINES = 25;
/** How long a program may go on trying while nothing answers it. */
const OFFLINE_MS = 45_000;
const OFFLINE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|network|error \(unknown\)\. Will retry|Temporary failure resolving|Could not resolve/i;

/**
 * Runs a program and waits for it. Its output goes nowhere, or to stderr with
 * `loud`. Throws a SetupError that says `what` failed and, when the words of the
 * program look like it, that the network cannot be reached.
 */
export async function runCommand(what, program, args, { cwd, env = process.env, loud = false } = {}) {
  let tail = '';
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let giveUp;
  const keep = (chunk) => {
    // pnpm tries each of hundreds of packages again and again: nobody waits that long.
    if (/Will retry in/.test(chunk)) giveUp ??= setTimeout(() => child.kill('SIGKILL'), OFFLINE_MS);
    else if (/downloaded [1-9]/.test(chunk)) giveUp = clearTimeout(giveUp);
    if (loud) process.stderr.write(chunk);
    tail = (tail + chunk).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const code = await new Promise((resolve, reject) => {
    child.on('error', (error) =>
      reject(
        new SetupError(
          `${what} failed: ${program} cannot be started (${error.code ?? error.message}); install it and run the command again`,
        ),
      ),
    );
    child.on('close', (exit, signal) => resolve(signal === null ? exit : 128));
  });
  clearTimeout(giveUp);
  if (code === 0) return;
  const isOffline = OFFLINE.test(tail);
  if (isOffline) {
    const line = tail.split('\n').find((one) => OFFLINE.test(one) && /request|reason|connect|resolv/i.test(one)) ?? '';
    const said = line.replace(/^.*?(request to|connect|getaddrinfo|Could not|Temporary)/, '$1').trim();
    const detail = said === '' ? '' : ` (${said})`;
    throw new SetupError(
      `${what} failed: the network cannot be reached${detail}; check it and the proxy settings, then run the command again`,
      75,
    );
  }
  if (!loud) process.stderr.write(`${tail.trimEnd().split('\n').slice(-TAIL_LINES).join('\n')}\n`);
  throw new SetupError(`${what} failed: ${program} ended with ${code}; its last words are above`, 1);
}
