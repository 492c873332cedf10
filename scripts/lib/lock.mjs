/**
 * One setup at a time in a checkout. The lock is a file that names its holder's
 * process; a lock whose holder is gone is taken over.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './say.mjs';

const POLL_MS = 200;
/** Long enough for another process that stole the lock at the same moment to have written its name. */
const SETTLE_MS = 50;

/** Runs `work` while holding the lock; on Ctrl-C the lock is given back too. */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  await take(path);
  const release = () => {
    if (holderOf(path) === process.pid) rmSync(path, { force: true });
  };
  const interrupted = (signal) => {
    release();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.on('exit', release);
  process.on('SIGINT', interrupted);
  process.on('SIGTERM', interrupted);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
    release();
  }
}

async function take(path) {
  let told = false;
  for (;;) {
    if (create(path)) return;
    const holder = holderOf(path);
    if (holder === undefined || !isAlive(holder)) {
      steal(path, holder);
      await sleep(SETTLE_MS);
      if (holderOf(path) === process.pid) return;
      continue;
    }
    if (!told) say(`another setup is under way (process ${holder}); waiting for it`);
    told = true;
    await sleep(POLL_MS);
  }
}

/** The lock appears with its holder's name in it, or not at all. */
function create(path) {
  const own = `${path}.new-${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Moves a dead lock aside, puts it back when it has become another's meanwhile, then competes for a new one. */
function steal(path, dead) {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  const moved = holderOf(aside);
  if (moved !== undefined && moved !== dead) renameSync(aside, path);
  else {
    rmSync(aside, { force: true });
    create(path);
  }
}

function holderOf(path) {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
