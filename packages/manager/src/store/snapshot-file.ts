/**
 * A snapshot as one SQLite file: what it is of in `meta`, its sections in
 * `chunk`, each with its hash, and one hash over all of that. Written beside,
 * flushed, renamed, and the folder flushed: a crash at any byte leaves the
 * older ones as they were. What is read may come from another machine: nothing
 * but the two tables is taken.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { TagmillError } from '@tagmill/shared/errors';
import Database from 'better-sqlite3';
import { sameBytes } from './chain.ts';
import type { SnapshotHead, SnapshotSection } from './journal.ts';
import { flushFile } from './sync-folder.ts';

const FILE_FORMAT = 1;
const PAGE_BYTES = 16_384;
/** Flushed at a time: one large flush at the end would hold up the journal's own for as long as it takes. */
const FLUSH_BYTES = 4 * 1024 * 1024;

const HASHED_BYTES = 1024 * 1024;

const TABLES = [
  'CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE chunk (number INTEGER PRIMARY KEY, section TEXT NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL)',
];

type Facts = Omit<SnapshotHead, 'sizeBytes'>;

/** Writes a snapshot file and flushes it; its name is not durable yet. Errors: those of SQLite and the disk; nothing is left then. */
export function writeSnapshotFile(path: string, facts: Facts, sections: Iterable<SnapshotSection>): SnapshotHead {
  rmSync(path, { force: true });
  try {
    fillFile(path, facts, sections);
    flushFile(path);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
  return { ...facts, sizeBytes: statSync(path).size };
}

/** SHA-256 of a file, read in parts; `before` is called before each. */
export function hashOfFile(path: string, before: () => void): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const hash = createHash('sha256');
    const part = Buffer.allocUnsafe(HASHED_BYTES);
    for (;;) {
      before();
      const bytes = readSync(file, part);
      if (bytes === 0) return hash.digest();
      hash.update(part.subarray(0, bytes));
    }
  } finally {
    closeSync(file);
  }
}

function fillFile(path: string, facts: Facts, sections: Iterable<SnapshotSection>): void {
  const database = new Database(path);
  try {
    database.pragma(`page_size = ${PAGE_BYTES}`);
    database.pragma('journal_mode = OFF');
    database.pragma('synchronous = OFF');
    database.exec('BEGIN');
    for (const table of TABLES) database.exec(table);
    const insert = database.prepare('INSERT INTO chunk (number, section, hash, bytes) VALUES (?, ?, ?, ?)');
    const all = createHash('sha256');
    let chunks = 0;
    let unflushed = 0;
    for (const { name, bytes } of sections) {
      const hash = chunkHash(++chunks, name, bytes);
      all.update(hash);
      insert.run(chunks, name, hash, bytes);
      unflushed += bytes.length;
      if (unflushed < FLUSH_BYTES) continue;
      // Nobody reads the file before it has its name.
      database.exec('COMMIT');
      flushFile(path);
      database.exec('BEGIN');
      unflushed = 0;
    }
    const meta = metaOf(facts, chunks);
    const set = database.prepare('INSERT INTO meta (key, value) VALUES (?, ?)');
    for (const [key, value] of Object.entries(meta)) set.run(key, value);
    set.run('check', checkOf(meta, all.digest()));
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

/** What a file says that it is, its sections not looked at. Errors: SNAPSHOT_UNUSABLE. */
export function readSnapshotHead(path: string): SnapshotHead {
  return withFile(path, (database) => headOf(path, metaIn(database)));
}

/** The same after every byte of it was looked at. Errors: SNAPSHOT_UNUSABLE. */
export function verifySnapshotFile(path: string): SnapshotHead {
  const sections = readSections(path);
  for (;;) {
    const { done, value } = sections.next();
    if (done === true) return value;
  }
}

/** The sections in order, each verified before it is given; all of them together at the end. Errors: SNAPSHOT_UNUSABLE. */
export function* readSections(path: string): Generator<SnapshotSection, SnapshotHead> {
  const database = openFile(path);
  try {
    const meta = metaIn(database);
    const head = headOf(path, meta);
    const rows = database.prepare('SELECT number, section, hash, bytes FROM chunk ORDER BY number').iterate() as Iterable<Chunk>;
    const all = createHash('sha256');
    let chunks = 0;
    for (const { number, section, hash, bytes } of rows) {
      chunks += 1;
      if (number !== chunks || !sameBytes(hash, chunkHash(number, section, bytes))) throw new Error(`its part ${chunks} does not hold`);
      all.update(hash);
      yield { name: section, bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
    }
    const { check, ...facts } = meta;
    if (String(chunks) !== facts['chunks'] || check !== checkOf(facts, all.digest())) throw new Error('its parts are not all there');
    return head;
  } catch (error) {
    throw unusable(path, error);
  } finally {
    database.close();
  }
}

interface Chunk {
  readonly number: number;
  readonly section: string;
  readonly hash: Buffer;
  readonly bytes: Buffer;
}

type Meta = Readonly<Record<string, string>>;

const metaOf = (facts: Facts, chunks: number): Meta => ({
  file_format: String(FILE_FORMAT),
  format: String(facts.format),
  lineage: facts.lineage,
  term: String(facts.term),
  seq: String(facts.seq),
  hash: Buffer.from(facts.hash).toString('hex'),
  at_ms: String(facts.atMs),
  nodes: String(facts.nodes),
  chunks: String(chunks),
});

function headOf(path: string, meta: Meta): SnapshotHead {
  if (meta['file_format'] !== String(FILE_FORMAT)) throw new Error(`it has the file format ${meta['file_format']}`);
  const whole = (key: string): number => {
    const value = Number(meta[key]);
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`its ${key} is not a number`);
    return value;
  };
  const hash = new Uint8Array(Buffer.from(meta['hash'] ?? '', 'hex'));
  if (hash.length !== 32 || meta['lineage'] === undefined) throw new Error('it does not say what it is of');
  return {
    lineage: meta['lineage'],
    term: whole('term'),
    seq: whole('seq'),
    hash,
    atMs: whole('at_ms'),
    nodes: whole('nodes'),
    format: whole('format'),
    sizeBytes: statSync(path).size,
  };
}

const chunkHash = (number: number, section: string, bytes: Uint8Array): Buffer =>
  createHash('sha256').update(`${number} ${section}\n`).update(bytes).digest();

const checkOf = (meta: Meta, all: Buffer): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(meta).sort(([a], [b]) => (a < b ? -1 : 1))))
    .update(all)
    .digest('hex');

function withFile<T>(path: string, use: (database: Database.Database) => T): T {
  const database = openFile(path);
  try {
    return use(database);
  } catch (error) {
    throw unusable(path, error);
  } finally {
    database.close();
  }
}

function openFile(path: string): Database.Database {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { readonly: true, fileMustExist: true });
    database.pragma('trusted_schema = OFF');
    database.pragma('cell_size_check = ON');
    const tables = database.prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name = 'chunk'").pluck().all();
    if (JSON.stringify(tables) !== JSON.stringify(TABLES)) throw new Error('it has other tables than a snapshot');
    return database;
  } catch (error) {
    database?.close();
    throw unusable(path, error);
  }
}

const metaIn = (database: Database.Database): Meta =>
  Object.fromEntries(
    (database.prepare('SELECT key, value FROM meta').all() as { key: string; value: string }[]).map(({ key, value }) => [key, value]),
  );

function unusable(path: string, error: unknown): TagmillError {
  if (error instanceof TagmillError) return error;
  return new TagmillError(
    'SNAPSHOT_UNUSABLE',
    `the snapshot ${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    {},
    error,
  );
}
