/** A folder of the command's own, gone when the process ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';
import { onExit } from '../lifecycle.ts';

export interface TempDir {
  readonly path: string;
  remove(): void;
}

/** Errors: DISK_FULL, CONFIG_INVALID when no folder can be made. */
export function makeTempDir(): TempDir {
  let path: string;
  try {
    path = mkdtempSync(join(tmpdir(), 'tagmill-'));
  } catch (error) {
    const full = (error as NodeJS.ErrnoException).code === 'ENOSPC';
    throw new TagmillError(
      full ? 'DISK_FULL' : 'CONFIG_INVALID',
      `cannot make a folder in ${tmpdir()}; free space there or name another place in TMPDIR`,
      {},
      error,
    );
  }
  const remove = (): void => rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  const release = onExit(remove);
  return {
    path,
    remove: () => {
      release();
      remove();
    },
  };
}
