/**
 * Pinned objects as local files that DuckDB can read: a folder's files in
 * place, S3's as sparse files that hold just the needed byte ranges at their
 * original offsets.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChunkCache, mapFull, removeOld } from './chunk-cache.ts';
import { type ByteRange, type Footer, readFooter } from './footer.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { planRequests, splitRanges } from './ranges.ts';

/** A file to read; `done` must be called after the last read. */
export interface LocalFile {
  readonly path: string;
  /** Errors: INPUT_CHANGED when the file was changed while it was read. */
  done(): Promise<void>;
  /** Gives up the file without looking at it again. Never fails. */
  discard(): Promise<void>;
}

/** Footers kept in memory, at most. */
const FOOTERS_KEPT = 2_000;
/** No shard takes so long: a sparse file of this age has no reader any more. */
const LEFT_BEHIND_MS = 6 * 3_600_000;

export class LocalCopies {
  readonly #store: ObjectStore;
  readonly #cache: ChunkCache;
  readonly #sparseDir: string;
  readonly #footers = new Map<string, Promise<Footer>>();
  #readInPlace = 0;
  #sparseDirMade: Promise<void> | undefined;

  /** `sparseDir` holds files of running reads only; it can be emptied when no process of ours runs. */
  constructor(store: ObjectStore, cache: ChunkCache, sparseDir: string) {
    this.#store = store;
    this.#cache = cache;
    this.#sparseDir = sparseDir;
  }

  /** Bytes that came over, and those of the column chunks that were read in place. */
  get bytesRead(): number {
    return this.#store.bytesRead + this.#readInPlace;
  }

  /**
   * The object with the given columns of the given row groups (by index) in place.
   * Errors: INPUT_CHANGED, TABLE_UNREADABLE, DISK_FULL, those of the store.
   */
  async open(object: StoredObject, rowGroups: readonly number[], columns: readonly string[], signal?: AbortSignal): Promise<LocalFile> {
    const path = this.#store.localPath(object.key);
    if (path === undefined) return this.#sparse(object, rowGroups, columns, signal);
    await this.#store.verify(object, signal);
    const footer = await this.#footer(object, signal);
    const done = async (): Promise<void> => {
      await this.#store.verify(object);
      for (const range of wantedRanges(footer, rowGroups, columns)) this.#readInPlace += range.end - range.start;
    };
    return { path, done, discard: () => Promise.resolve() };
  }

  /** Brings the byte ranges into the cache and nothing more. Errors: those of the store. */
  async prefetch(object: StoredObject, rowGroups: readonly number[], columns: readonly string[], signal?: AbortSignal): Promise<void> {
    const footer = await this.#footer(object, signal);
    await this.#fill(object, splitRanges(this.#rangesOf(object, footer, rowGroups, columns)), () => Promise.resolve(), signal);
  }

  #rangesOf(object: StoredObject, footer: Footer, rowGroups: readonly number[], columns: readonly string[]): ByteRange[] {
    return [{ start: footer.footerStart, end: object.sizeBytes }, ...wantedRanges(footer, rowGroups, columns)];
  }

  async #sparse(object: StoredObject, rowGroups: readonly number[], columns: readonly string[], signal?: AbortSignal): Promise<LocalFile> {
    const footer = await this.#footer(object, signal);
    const wanted = this.#rangesOf(object, footer, rowGroups, columns);
    await this.#makeSparseDir();
    const path = join(this.#sparseDir, `${randomUUID()}.parquet`);
    const discard = (): Promise<void> => rm(path, { force: true });
    try {
      const file = await open(path, 'wx');
      try {
        await file.truncate(object.sizeBytes);
        await file.write(Buffer.from('PAR1'), 0, 4, 0);
        await this.#fill(object, splitRanges(wanted), (bytes, at) => file.write(bytes, 0, bytes.length, at), signal);
      } finally {
        await file.close();
      }
    } catch (thrown) {
      await discard();
      throw mapFull(thrown, this.#sparseDir);
    }
    return { path, done: discard, discard };
  }

  /** The first time also rids it of files that a killed process left. */
  #makeSparseDir(): Promise<void> {
    this.#sparseDirMade ??= (async () => {
      await mkdir(this.#sparseDir, { recursive: true });
      for (const name of await readdir(this.#sparseDir)) await removeOld(join(this.#sparseDir, name), LEFT_BEHIND_MS);
    })();
    return this.#sparseDirMade;
  }

  async #fill(
    object: StoredObject,
    wanted: readonly ByteRange[],
    write: (bytes: Uint8Array, at: number) => Promise<unknown>,
    signal?: AbortSignal,
  ): Promise<void> {
    const missing: ByteRange[] = [];
    for (const range of wanted) {
      const bytes = await this.#cache.get(this.#store.place, object, range);
      if (bytes === undefined) missing.push(range);
      else await write(bytes, range.start);
    }
    await allOrFirstError(
      planRequests(missing).map(async (request) => {
        const bytes = await this.#store.readRange(object, request.start, request.end, signal);
        for (const range of request.brings) {
          const part = bytes.subarray(range.start - request.start, range.end - request.start);
          await write(part, range.start);
          await this.#cache.put(this.#store.place, object, range, part);
        }
      }),
    );
  }

  #footer(object: StoredObject, signal?: AbortSignal): Promise<Footer> {
    const name = `${object.key}\n${object.etag}`;
    const known = this.#footers.get(name);
    if (known !== undefined) return known;
    const reading = readFooter(this.#store, object, signal);
    this.#footers.set(name, reading);
    reading.catch(() => this.#footers.delete(name));
    for (const oldest of this.#footers.keys()) {
      if (this.#footers.size <= FOOTERS_KEPT) break;
      this.#footers.delete(oldest);
    }
    return reading;
  }
}

function wantedRanges(footer: Footer, rowGroups: readonly number[], columns: readonly string[]): ByteRange[] {
  return rowGroups.flatMap((index) => columns.flatMap((column) => footer.ranges[index]?.get(column) ?? []));
}

/** Waits for all, so that nothing goes on in the background, and fails with the first error. */
export async function allOrFirstError<T>(running: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(running);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}
