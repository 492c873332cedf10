/** Free space where the journal, the spool and the cache are. */
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Check, Finding } from './check.ts';

const GIB = 1024 ** 3;
const LITTLE_BYTES = 2 * GIB;
const TOO_LITTLE_BYTES = GIB / 4;

export const disk: Check = {
  name: 'disk',
  run: async ({ dataDir }) => {
    const places = [...new Set([existing(resolve(dataDir)), tmpdir()])];
    return Promise.all(places.map(spaceIn));
  },
};

/** The folder itself, or the nearest above it that exists. */
function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path));
}

async function spaceIn(path: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(path);
  const freeBytes = bavail * bsize;
  const text = `${(freeBytes / GIB).toFixed(1)} GiB free in ${path}`;
  if (freeBytes < TOO_LITTLE_BYTES) return { state: 'bad', text, todo: 'free some: without space the journal stops confirming' };
  if (freeBytes < LITTLE_BYTES) return { state: 'note', text, todo: 'journal, spool and cache need space; free some' };
  return { state: 'ok', text };
}
