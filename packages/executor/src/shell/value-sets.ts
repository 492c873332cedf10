/** Sets of values on the executor's disk, by content: asked for once, kept for later runs, read by the workers. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class ValueSets {
  readonly #dir: string;
  /** Sets that the manager has not, or whose bytes are others than their name says. */
  readonly #lost = new Set<string>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** The first of these that must be asked for. One that is lost is not: whoever reads it will say so. */
  missing(hashes: readonly string[]): string | undefined {
    return hashes.find((hash) => !this.#lost.has(hash) && !existsSync(this.#path(hash)));
  }

  put(hash: string, bytes: Uint8Array): void {
    if (createHash('sha256').update(bytes).digest('hex') !== hash) {
      this.#lost.add(hash);
      return;
    }
    mkdirSync(this.#dir, { recursive: true });
    const temporary = `${this.#path(hash)}.${randomUUID()}.tmp`;
    writeFileSync(temporary, bytes);
    renameSync(temporary, this.#path(hash));
    this.#lost.delete(hash);
  }

  #path(hash: string): string {
    return join(this.#dir, hash);
  }
}
