/**
 * Byte ranges of pinned objects on the executor's disk, bounded by bytes. Every
 * range is a file of its own that never changes once its name is there, so that
 * worker processes share a folder without locks: a writer renames, a reader
 * either gets all of it or misses, and whoever is over the bound removes what
 * was used longest ago.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';
import type { ByteRange } from './footer.ts';
import type { StoredObject } from './object-store.ts';

interface CachedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly usedMs: number;
}

/** After a sweep so much of the bound is in use, so that not every write sweeps. */
const SWEEP_TO = 0.8;
/** The folder is measured again after so much of the bound was written by this process: others write too. */
const MEASURE_AFTER = 0.05;

export class ChunkCache {
  readonly #dir: string;
  readonly #maxBytes: number;
  #writtenSinceSweep = Number.POSITIVE_INFINITY;

  /** `maxBytes` bounds all processes that share `dir` together, give or take what they write at one moment. */
  constructor(dir: string, maxBytes: number) {
    this.#dir = dir;
    this.#maxBytes = maxBytes;
  }

  async get(place: string, object: StoredObject, range: ByteRange): Promise<Uint8Array | undefined> {
    const path = this.#path(place, object, range);
    try {
      const bytes = await readFile(path);
      if (bytes.length !== range.end - range.start) return undefined;
      const now = new Date();
      await utimes(path, now, now);
      return bytes;
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw thrown;
    }
  }

  async put(place: string, object: StoredObject, range: ByteRange, bytes: Uint8Array): Promise<void> {
    const path = this.#path(place, object, range);
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(temporary, bytes);
      await rename(temporary, path);
    } catch (thrown) {
      await rm(temporary, { force: true });
      throw mapFull(thrown, this.#dir);
    }
    this.#writtenSinceSweep += bytes.length;
    if (this.#writtenSinceSweep > this.#maxBytes * MEASURE_AFTER) await this.#sweep();
  }

  #path(place: string, object: StoredObject, range: ByteRange): string {
    const name = createHash('sha256')
      .update(JSON.stringify([place, object.key, object.etag, object.sizeBytes]))
      .digest('hex');
    return join(this.#dir, name.slice(0, 32), `${range.start}-${range.end}`);
  }

  async #sweep(): Promise<void> {
    this.#writtenSinceSweep = 0;
    const files = await this.#files();
    let total = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    if (total <= this.#maxBytes) return;
    for (const file of files.sort((a, b) => a.usedMs - b.usedMs)) {
      if (total <= this.#maxBytes * SWEEP_TO) return;
      await rm(file.path, { force: true });
      total -= file.sizeBytes;
    }
  }

  async #files(): Promise<CachedFile[]> {
    const files: CachedFile[] = [];
    for (const folder of await readdir(this.#dir)) {
      for (const name of await readdirOr(join(this.#dir, folder))) {
        const path = join(this.#dir, folder, name);
        try {
          const stats = await stat(path);
          files.push({ path, sizeBytes: stats.size, usedMs: stats.mtimeMs });
        } catch (thrown) {
          if (!isMissing(thrown)) throw thrown;
        }
      }
    }
    return files;
  }
}

const isMissing = (thrown: unknown): boolean =>
  thrown instanceof Error && ['ENOENT', 'ENOTDIR'].includes((thrown as NodeJS.ErrnoException).code ?? '');

async function readdirOr(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (thrown) {
    if (isMissing(thrown)) return [];
    throw thrown;
  }
}

/** Removes what a process that was killed left behind: files untouched for so long. Never fails. */
export async function removeOld(path: string, ageMs: number): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (stats !== undefined && Date.now() - stats.mtimeMs > ageMs) await rm(path, { force: true }).catch(() => undefined);
}

/** ENOSPC and EDQUOT as DISK_FULL, anything else as it is. */
export function mapFull(thrown: unknown, place: string): unknown {
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return thrown;
  return new TagmillError('DISK_FULL', `no space is left under ${place}; free some or set another folder`, { place }, thrown);
}
