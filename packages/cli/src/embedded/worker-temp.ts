/** A folder for what an executor's workers put aside, in its cache folder; what a killed one left is removed by the next. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';
import { onExit } from '../lifecycle.ts';

const NAME = /^tmp-(\d+)$/;

/** Makes the folder and names it in TMPDIR, which workers inherit. Errors: CONFIG_INVALID, DISK_FULL. */
export function useWorkerTemp(cacheDir: string): void {
  const path = join(cacheDir, `tmp-${process.pid}`);
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new TagmillError(
      code === 'ENOSPC' ? 'DISK_FULL' : 'CONFIG_INVALID',
      `cannot make a folder in ${cacheDir} (${code}); choose another with --cache-dir`,
      {},
      error,
    );
  }
  for (const entry of readdirSync(cacheDir)) {
    const pid = Number(NAME.exec(entry)?.[1]);
    if (pid > 0 && !isAlive(pid)) rmSync(join(cacheDir, entry), { recursive: true, force: true });
  }
  process.env['TMPDIR'] = path;
  onExit(() => rmSync(path, { recursive: true, force: true }));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
