/** Tables in a folder: read in place, pinned by size and modification time. */
import type { BigIntStats } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';
import type { ObjectStore, StoredObject } from './object-store.ts';

const etagOf = (stats: BigIntStats): string => `${stats.size}-${stats.mtimeNs}`;

const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown ? String((thrown as NodeJS.ErrnoException).code) : undefined;

const isMissing = (thrown: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(thrown) ?? '');

export class FolderStore implements ObjectStore {
  readonly place: string;
  readonly #root: string;
  #bytesRead = 0;

  constructor(root: string) {
    this.#root = root;
    this.place = root;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  async listFolders(prefix: string): Promise<string[]> {
    const entries = await this.#entries(prefix);
    if (entries === undefined && prefix === '') {
      throw new TagmillError('TABLES_NOT_FOUND', `there is no folder ${this.#root}; give the folder that holds the tables`, {
        place: this.#root,
      });
    }
    return (entries ?? [])
      .filter((entry) => entry.folder)
      .map((entry) => entry.name)
      .sort();
  }

  async list(prefix: string): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    for (const entry of (await this.#entries(prefix)) ?? []) {
      const key = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      if (entry.folder) found.push(...(await this.list(key)));
      else {
        const object = await this.head(key);
        if (object !== undefined) found.push(object);
      }
    }
    return found.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  }

  async head(key: string): Promise<StoredObject | undefined> {
    const stats = await this.#stat(key);
    return stats?.isFile() ? { key, etag: etagOf(stats), sizeBytes: Number(stats.size) } : undefined;
  }

  async readRange(object: StoredObject, start: number, end: number): Promise<Uint8Array> {
    let file: Awaited<ReturnType<typeof open>>;
    try {
      file = await open(this.localPath(object.key), 'r');
    } catch (thrown) {
      throw isMissing(thrown) ? changed(object) : unreadable(object, this.place, thrown);
    }
    try {
      if (etagOf(await file.stat({ bigint: true })) !== object.etag) throw changed(object);
      const bytes = new Uint8Array(end - start);
      let have = 0;
      while (have < bytes.length) {
        const { bytesRead } = await file.read(bytes, have, bytes.length - have, start + have);
        if (bytesRead === 0) throw changed(object);
        have += bytesRead;
      }
      this.#bytesRead += have;
      return bytes;
    } finally {
      await file.close();
    }
  }

  async verify(object: StoredObject): Promise<void> {
    const now = await this.head(object.key);
    if (now?.etag !== object.etag) throw changed(object);
  }

  localPath(key: string): string {
    return join(this.#root, key);
  }

  close(): void {
    // Nothing is held open between calls.
  }

  async #stat(key: string): Promise<BigIntStats | undefined> {
    try {
      return await stat(this.localPath(key), { bigint: true });
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw unreadable({ key, etag: '', sizeBytes: 0 }, this.place, thrown);
    }
  }

  async #entries(prefix: string): Promise<{ name: string; folder: boolean }[] | undefined> {
    try {
      const entries = await readdir(this.localPath(prefix), { withFileTypes: true });
      return await Promise.all(
        entries.map(async (entry) => {
          if (!entry.isSymbolicLink()) return { name: entry.name, folder: entry.isDirectory() };
          const stats = await this.#stat(prefix === '' ? entry.name : `${prefix}/${entry.name}`);
          return { name: entry.name, folder: stats?.isDirectory() ?? false };
        }),
      );
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw unreadable({ key: prefix, etag: '', sizeBytes: 0 }, this.place, thrown);
    }
  }
}

function changed(object: StoredObject): TagmillError {
  return new TagmillError('INPUT_CHANGED', `${object.key} changed after it was planned; run again when the tables are at rest`, {
    object: object.key,
  });
}

function unreadable(object: StoredObject, place: string, cause: unknown): TagmillError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TagmillError('TABLES_NOT_FOUND', `${place}/${object.key} cannot be read: ${why}`, { object: object.key }, cause);
}
