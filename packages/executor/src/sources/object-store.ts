/**
 * Port of the places that tables lie in. `folder.ts` and `s3.ts` are twins:
 * one contract suite runs on both.
 */
import type { TablesLocation } from '@tagmill/shared/job';
import { FolderStore } from './folder.ts';
import type { S3StoreOptions } from './s3.ts';

/** An object as it was when it was listed; reading it later reads this or fails. */
export interface StoredObject {
  /** Path under the location's root, with `/` between names, none at either end. */
  readonly key: string;
  readonly etag: string;
  readonly sizeBytes: number;
}

export interface ObjectStore {
  /** For messages: the folder's path, or `s3://bucket/prefix`. */
  readonly place: string;
  /**
   * Names of the folders directly under `prefix`, ascending.
   * Errors: TABLES_NOT_FOUND (root is missing), S3_DENIED, S3_UNAVAILABLE.
   */
  listFolders(prefix: string, signal?: AbortSignal): Promise<string[]>;
  /** Every object under `prefix`, at any depth, ascending by key; empty when there is no such prefix. */
  list(prefix: string, signal?: AbortSignal): Promise<StoredObject[]>;
  /** The object as it is now, or undefined. */
  head(key: string, signal?: AbortSignal): Promise<StoredObject | undefined>;
  /**
   * Bytes [start, end) of the object as it was pinned.
   * Errors: INPUT_CHANGED when it is another object by now, S3_DENIED, S3_UNAVAILABLE.
   */
  readRange(object: StoredObject, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** Errors: INPUT_CHANGED when the object is not what was pinned. */
  verify(object: StoredObject, signal?: AbortSignal): Promise<void>;
  /** Where the object can be read in place; undefined when it must be fetched. */
  localPath(key: string): string | undefined;
  /** Bytes that came over so far, those of failed attempts too. */
  readonly bytesRead: number;
  close(): void;
}

/** Opens the store of a location. Nothing is read before the first call. The SDK is loaded for S3 alone: it takes as long as a small table. */
export async function openObjectStore(location: TablesLocation, s3: S3StoreOptions = {}): Promise<ObjectStore> {
  if (location.kind === 'folder') return new FolderStore(location.path);
  const { S3Store } = await import('./s3.ts');
  return new S3Store(location, s3);
}

/** Joins path pieces with `/`, leaving out empty ones. */
export const joinKey = (...pieces: readonly string[]): string => pieces.filter((piece) => piece !== '').join('/');

/** Names that begin with `_` or `.` are not data (Hadoop's habit: `_SUCCESS`, `_temporary`, `.crc`). */
export const isDataName = (name: string): boolean => name !== '' && !name.startsWith('_') && !name.startsWith('.');
