/**
 * The journal file's format. 2 has the term of each batch and the position
 * behind which it was trimmed; files of format 1 are brought to it when they
 * are opened. A file of a newer format is refused, never guessed at.
 */
import { randomUUID } from 'node:crypto';
import { TagmillError } from '@tagmill/shared/errors';
import type Database from 'better-sqlite3';
import { termTakenIn } from './codec.ts';
import { CHAIN_START, type Position } from './journal.ts';

export const JOURNAL_FORMAT = 2;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS journal (seq INTEGER PRIMARY KEY, term INTEGER NOT NULL, hash BLOB NOT NULL, batch BLOB NOT NULL);
`;

/** Makes the tables of a new file, whose first batch comes behind `base`. */
export function createSchema(database: Database.Database, base: Position): void {
  database.transaction(() => {
    database.exec(SCHEMA);
    writeMeta(database, 'format', String(JOURNAL_FORMAT));
    writeMeta(database, 'lineage', base.lineage);
    writeBase(database, base);
  })();
}

/** Where a journal without history begins. */
export const newBeginning = (): Position => ({ lineage: randomUUID(), term: 0, seq: 0, hash: CHAIN_START });

/** The format of a file; undefined when it has no tables yet. Errors: CONFIG_INVALID when it is newer. */
export function formatOf(database: Database.Database, path: string): number | undefined {
  const hasMeta = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'").pluck().get();
  const format = hasMeta === undefined ? undefined : readMeta(database, 'format');
  if (format === undefined) return undefined;
  if (Number(format) > JOURNAL_FORMAT) {
    throw new TagmillError(
      'CONFIG_INVALID',
      `the journal ${path} has format ${format}, and this version reads up to ${JOURNAL_FORMAT}: start the version that wrote it, or a newer one`,
    );
  }
  return Number(format);
}

/** Brings a file of format 1 to format 2: the hashes stay, the terms are those that the batches themselves tell. */
export function migrate(database: Database.Database): void {
  database.transaction(() => {
    database.exec('ALTER TABLE journal ADD COLUMN term INTEGER NOT NULL DEFAULT 0');
    const rows = database.prepare('SELECT batch FROM journal WHERE seq = ?').pluck();
    const set = database.prepare('UPDATE journal SET term = ? WHERE seq = ?');
    let term = 0;
    for (const seq of database.prepare('SELECT seq FROM journal ORDER BY seq').pluck().all() as number[]) {
      term = termTakenIn(rows.get(seq) as Buffer) ?? term;
      set.run(term, seq);
    }
    writeMeta(database, 'format', String(JOURNAL_FORMAT));
  })();
}

/** The position behind which the file begins. */
export function readBase(database: Database.Database): Position {
  const lineage = readMeta(database, 'lineage') ?? '';
  const [seq, term, hash] = (readMeta(database, 'base') ?? '').split(' ');
  if (hash === undefined) return { lineage, term: 0, seq: 0, hash: CHAIN_START };
  return { lineage, seq: Number(seq), term: Number(term), hash: new Uint8Array(Buffer.from(hash, 'hex')) };
}

export function writeBase(database: Database.Database, { seq, term, hash }: Omit<Position, 'lineage'>): void {
  writeMeta(database, 'base', `${seq} ${term} ${Buffer.from(hash).toString('hex')}`);
}

const readMeta = (database: Database.Database, key: string): string | undefined =>
  database.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(key) as string | undefined;

function writeMeta(database: Database.Database, key: string, value: string): void {
  database.prepare('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value').run(key, value);
}
