/** Uploaded lists in SQL: a name and the hash of its content; contents in parts, which never change. */
import { createHash } from 'node:crypto';
import { TagmillError } from '@tagmill/shared/errors';
import { LIMITS } from '@tagmill/shared/limits';
import { INLINE_VALUES, linesOf, valuesOf } from '@tagmill/shared/value-set';
import type { ListRow, NamedLists } from './metadata.ts';
import { numberOf, type SqlDatabase, type SqlRow, type SqlTransaction, textOf } from './sql-database.ts';

/** Characters of one part: far below what a server takes in one statement. */
const PART_CHARACTERS = 512 * 1024;
/** A content without a name is kept so long: for the runs that have pinned it. */
const KEEP_MS = 14 * 86_400_000;

/** Short sets kept in memory, at most. */
const SHORT_KEPT = 200;

const SELECT = 'SELECT list_name, value_type, content_hash, value_count, who, updated_ms FROM tagmill_lists';

const listRow = (row: SqlRow): ListRow => ({
  name: textOf(row['list_name']),
  type: textOf(row['value_type']) === 'int64' ? 'int64' : 'string',
  hash: textOf(row['content_hash']),
  count: numberOf(row['value_count']),
  who: textOf(row['who']),
  updatedMs: numberOf(row['updated_ms']),
});

export class SqlNamedLists implements NamedLists {
  readonly #database: SqlDatabase;
  #made: Promise<void> | undefined;
  /** Short sets that were read: a content never changes, and every check of a rule asks for them. */
  readonly #short = new Map<string, readonly string[]>();

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  async all(): Promise<ListRow[]> {
    await this.#tables();
    return (await this.#database.all(`${SELECT} ORDER BY list_name`)).map(listRow);
  }

  async put(list: Parameters<NamedLists['put']>[0]): Promise<ListRow> {
    const values = canonical(list.type, list.values);
    const { name, type, who, atMs } = list;
    await this.#tables();
    return await this.#database.transaction(async (transaction) => {
      const hash = await keepIn(transaction, linesOf(values), atMs);
      await transaction.run('DELETE FROM tagmill_lists WHERE list_name = ?', [name]);
      await transaction.run(
        'INSERT INTO tagmill_lists (list_name, value_type, content_hash, value_count, who, updated_ms) VALUES (?, ?, ?, ?, ?, ?)',
        [name, type, hash, values.length, who, atMs],
      );
      await forgetOld(transaction, atMs);
      return { name, type, hash, count: values.length, who, updatedMs: atMs };
    });
  }

  async drop(name: string): Promise<boolean> {
    await this.#tables();
    return await this.#database.transaction(
      async (transaction) => (await transaction.run('DELETE FROM tagmill_lists WHERE list_name = ?', [name])) > 0,
    );
  }

  async values(hash: string): Promise<readonly string[] | undefined> {
    const known = this.#short.get(hash);
    if (known !== undefined) return known;
    const lines = await this.lines(hash);
    const values = lines === undefined ? undefined : valuesOf(lines);
    if (values !== undefined && values.length <= INLINE_VALUES) {
      if (this.#short.size >= SHORT_KEPT) this.#short.clear();
      this.#short.set(hash, values);
    }
    return values;
  }

  async lines(hash: string): Promise<string | undefined> {
    await this.#tables();
    const rows = await this.#database.all('SELECT parts, lines_text FROM tagmill_value_sets WHERE content_hash = ? ORDER BY part', [hash]);
    if (rows.length === 0 || rows.length !== numberOf(rows[0]?.['parts'])) return undefined;
    return rows.map((row) => textOf(row['lines_text'])).join('');
  }

  async keepPiece(lines: string, atMs: number): Promise<string> {
    await this.#tables();
    return await this.#database.transaction((transaction) => keepIn(transaction, lines, atMs));
  }

  async forgetOld(atMs: number): Promise<void> {
    await this.#tables();
    await this.#database.transaction((transaction) => forgetOld(transaction, atMs));
  }

  /** Made when first needed: an older database has none. */
  async #tables(): Promise<void> {
    this.#made ??= this.#database.create(this.#database.dialect.listTables, false);
    try {
      await this.#made;
    } catch (error) {
      this.#made = undefined;
      throw error;
    }
  }
}

const INTEGER = /^[+-]?\d{1,40}$/;
const [LEAST, MOST] = [-(2n ** 63n), 2n ** 63n - 1n];

/** Each value once, in one form, ascending by bytes. Errors: USAGE. */
function canonical(type: ListRow['type'], values: readonly string[]): string[] {
  if (values.length > LIMITS.listValues)
    throw new TagmillError('USAGE', `the list has ${values.length} values; ${LIMITS.listValues} are allowed`);
  const own = values.map((value, at) => {
    if (type === 'string') {
      if (!value.isWellFormed()) throw new TagmillError('USAGE', `value ${at + 1} is no text of whole characters`);
      if (Buffer.byteLength(value) > LIMITS.ruleStringBytes)
        throw new TagmillError('USAGE', `value ${at + 1} has more than ${LIMITS.ruleStringBytes} bytes`);
      return value;
    }
    const number = INTEGER.test(value) ? BigInt(value.replace(/^\+/, '')) : null;
    if (number === null || number < LEAST || number > MOST)
      throw new TagmillError('USAGE', `value ${at + 1}, "${value.slice(0, 40)}", is no whole number of 64 bits`);
    return String(number);
  });
  return sortedOnce(own);
}

function sortedOnce(values: readonly string[]): string[] {
  const sorted = [...new Set(values)].map((value) => Buffer.from(value)).sort(Buffer.compare);
  return sorted.map((bytes) => bytes.toString());
}

/** Writes a content unless it is there. Gives its hash. */
async function keepIn(transaction: SqlTransaction, lines: string, atMs: number): Promise<string> {
  const hash = createHash('sha256').update(lines).digest('hex');
  const known = await transaction.run('UPDATE tagmill_value_sets SET created_ms = ? WHERE content_hash = ?', [atMs, hash]);
  const there = await transaction.all('SELECT COUNT(*) AS n FROM tagmill_value_sets WHERE content_hash = ?', [hash]);
  if (known > 0 || numberOf(there[0]?.['n']) > 0) return hash;
  const parts = cut(lines);
  for (const [part, text] of parts.entries()) {
    await transaction.run('INSERT INTO tagmill_value_sets (content_hash, part, parts, lines_text, created_ms) VALUES (?, ?, ?, ?, ?)', [
      hash,
      part,
      parts.length,
      text,
      atMs,
    ]);
  }
  return hash;
}

/** Whole lines; at least one part, so that an empty list is there too. */
function cut(lines: string): string[] {
  const parts: string[] = [];
  let from = 0;
  while (lines.length - from > PART_CHARACTERS) {
    const end = lines.indexOf('\n', from + PART_CHARACTERS) + 1;
    if (end === 0) break;
    parts.push(lines.slice(from, end));
    from = end;
  }
  return from < lines.length || parts.length === 0 ? [...parts, lines.slice(from)] : parts;
}

async function forgetOld(transaction: SqlTransaction, atMs: number): Promise<void> {
  await transaction.run(
    'DELETE FROM tagmill_value_sets WHERE created_ms < ? AND content_hash NOT IN (SELECT content_hash FROM tagmill_lists)',
    [atMs - KEEP_MS],
  );
}
