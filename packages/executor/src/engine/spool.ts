/** Where pieces lie until they are merged: bounded on disk. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';

/** A measure of the folder holds for so long; what this process writes is added to it. */
const MEASURE_MS = 2_000;

export class Spool {
  readonly #dir: string;
  readonly #maxBytes: number;
  #bytes = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;

  /** `maxBytes` bounds all processes that share `dir` together. */
  constructor(dir: string, maxBytes: number) {
    this.#dir = dir;
    this.#maxBytes = maxBytes;
  }

  /** `<spool>/<runId>/<pass>/<shard>.piece` */
  path(runId: string, pass: number, shard: number): string {
    return join(this.#dir, runId, String(pass), `${shard}.piece`);
  }

  /** Room for a piece of so many bytes. Errors: DISK_FULL. */
  async reserve(sizeBytes: number): Promise<void> {
    const now = performance.now();
    if (now - this.#measuredAt > MEASURE_MS) {
      this.#bytes = await sizeOf(this.#dir);
      this.#measuredAt = now;
    }
    if (this.#bytes + sizeBytes > this.#maxBytes) {
      const message = `the spool ${this.#dir} holds ${this.#bytes} of ${this.#maxBytes} bytes; let merges go on, or allow it more`;
      throw new TagmillError('DISK_FULL', message, { spoolBytes: this.#bytes, maxBytes: this.#maxBytes });
    }
    this.#bytes += sizeBytes;
  }

  /** Removes the pieces of a run (of one pass of it). Never fails for want of them. */
  async remove(runId: string, pass?: number): Promise<void> {
    await rm(pass === undefined ? join(this.#dir, runId) : join(this.#dir, runId, String(pass)), { recursive: true, force: true });
    this.#measuredAt = Number.NEGATIVE_INFINITY;
  }
}

/** Bytes of all files under a folder; what goes away meanwhile counts nothing. */
async function sizeOf(dir: string): Promise<number> {
  let total = 0;
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true }).catch(nothingThere)) {
    if (!entry.isFile()) continue;
    const stats = await stat(join(entry.parentPath, entry.name)).catch(() => undefined);
    total += stats?.size ?? 0;
  }
  return total;
}

function nothingThere(thrown: unknown): [] {
  if (thrown instanceof Error && (thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
  throw thrown;
}
