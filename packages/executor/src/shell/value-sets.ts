/** Sets of values on the executor's disk, by content: asked for once, kept for later runs, read by the workers. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Sets that nobody has looked for so long are removed. */
const KEEP_MS = 14 * 86_400_000;

export class ValueSets {
  readonly #dir: string;
  /** Sets that the manager has not, or whose bytes are others than their name says. */
  readonly #lost = new Set<string>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** The first of these that must be asked for. One that is lost is not: whoever reads it will say so. */
  missing(hashes: readonly string[]): string | undefined {
    return hashes.find((hash) => !this.#lost.has(hash) && !this.#use(hash));
  }

  put(hash: string, bytes: Uint8Array): void {
    if (createHash('sha256').update(bytes).digest('hex') !== hash) {
      this.#lost.add(hash);
      return;
    }
    mkdirSync(this.#dir, { recursive: true });
    this.#removeOld();
    const temporary = `${this.#path(hash)}.${randomUUID()}.tmp`;
    writeFileSync(temporary, bytes);
    renameSync(temporary, this.#path(hash));
    this.#lost.delete(hash);
  }

  /** Whether the set is there; its time is that of its last use. */
  #use(hash: string): boolean {
    const path = this.#path(hash);
    if (!existsSync(path)) return false;
    const now = new Date();
    utimesSync(path, now, now);
    return true;
  }

  #removeOld(): void {
    for (const name of readdirSync(this.#dir)) {
      const path = join(this.#dir, name);
      if (Date.now() - statSync(path).mtimeMs > KEEP_MS) rmSync(path, { force: true });
    }
  }

  #path(hash: string): string {
    return join(this.#dir, hash);
  }
}
