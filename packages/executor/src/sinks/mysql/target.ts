/** What the merge must know of the installation's `user_tags`: it keeps whatever schema it has. */
import type { MysqlTarget } from '@tagmill/shared/database-url';
import { describeDatabase } from '@tagmill/shared/database-url';
import { TagmillError } from '@tagmill/shared/errors';
import { MYSQL_SINK_TABLES } from '@tagmill/shared/sinks/mysql-tables';
import { type Session, quote } from './session.ts';

const NEEDED = ['user_id', 'tag_ids', 'tag_details', 'created_time', 'updated_time'];
const INTEGERS = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint']);
const BYTE_ORDERED = /^(utf8mb4|utf8mb3|utf8|ascii)_(0900_|nopad_)?bin$/;

export interface TargetTable {
  /** How keys are written in SQL. */
  readonly keyKind: 'text' | 'bytes' | 'integer';
  /** Column type of the key with character set and collation, for staging tables. */
  readonly keyType: string;
  /** Keys compare as their bytes do, but for control characters and trailing spaces where `padSpace`. */
  readonly byteOrdered: boolean;
  /** Trailing spaces do not count when keys are compared. */
  readonly padSpace: boolean;
  /** Characters (bytes for `bytes`) that the key column holds. */
  readonly maxKeyLength: number;
  /** Unique index on user_id. */
  readonly index: string;
}

const text = (cell: Buffer | null | undefined): string => cell?.toString('utf8') ?? '';

/** Reads the schema and makes the sink's own tables. Throws DATABASE_SCHEMA naming what is missing. */
export async function readTarget(session: Session, target: MysqlTarget): Promise<TargetTable> {
  const where = describeDatabase(target);
  const columns = await session.rows(
    `SELECT column_name, data_type, column_type, character_set_name, collation_name, character_maximum_length
     FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'user_tags'`,
  );
  if (columns.length === 0) {
    throw new TagmillError('DATABASE_SCHEMA', `${where} has no table user_tags; \`tagmill db init\` creates it`, { table: 'user_tags' });
  }
  const byName = new Map(columns.map((column) => [text(column[0]).toLowerCase(), column]));
  const missing = NEEDED.find((name) => !byName.has(name));
  if (missing !== undefined) {
    throw new TagmillError('DATABASE_SCHEMA', `user_tags in ${where} has no column ${missing}; add it`, {
      table: 'user_tags',
      column: missing,
    });
  }
  const index = await uniqueIndex(session);
  if (index === undefined) {
    throw new TagmillError('DATABASE_SCHEMA', `user_tags in ${where} has no unique index on user_id alone; add one`, {
      table: 'user_tags',
    });
  }
  for (const statement of MYSQL_SINK_TABLES) await session.write(statement);
  const [, dataType, columnType, charset, collation, length] = byName.get('user_id')!.map(text);
  return describeKey(dataType!, columnType!, charset!, collation!, Number(length), index);
}

function describeKey(dataType: string, columnType: string, charset: string, collation: string, length: number, index: string): TargetTable {
  if (INTEGERS.has(dataType)) {
    return { keyKind: 'integer', keyType: columnType, byteOrdered: false, padSpace: false, maxKeyLength: 20, index };
  }
  if (collation === '') {
    return { keyKind: 'bytes', keyType: columnType, byteOrdered: true, padSpace: false, maxKeyLength: length, index };
  }
  return {
    keyKind: 'text',
    keyType: `${columnType} CHARACTER SET ${charset} COLLATE ${collation}`,
    byteOrdered: BYTE_ORDERED.test(collation),
    padSpace: !/_(nopad|0900)_/.test(collation),
    maxKeyLength: length,
    index,
  };
}

async function uniqueIndex(session: Session): Promise<string | undefined> {
  const rows = await session.rows(
    `SELECT index_name FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND table_name = 'user_tags' AND non_unique = 0
     GROUP BY index_name HAVING COUNT(*) = 1 AND MAX(LOWER(column_name)) = 'user_id'`,
  );
  return rows[0] === undefined ? undefined : text(rows[0][0]);
}

/** The key as a literal of the column's own kind, so that the index is used. */
export function keyLiteral(table: TargetTable, key: Uint8Array): string {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  if (table.keyKind === 'bytes') return bytes.length === 0 ? "''" : `X'${bytes.toString('hex')}'`;
  const value = bytes.toString('utf8');
  if (table.keyKind === 'text') return quote(value);
  if (!/^-?(0|[1-9][0-9]{0,19})$/.test(value)) {
    throw new TagmillError(
      'DATABASE_SCHEMA',
      `user_tags.user_id is an integer, but the tables hold users such as ${JSON.stringify(value)}; make it text`,
    );
  }
  return value;
}

/** Throws DATABASE_SCHEMA for a key that the column cannot hold: the server would cut it silently in a bulk load. */
export function checkKeyLength(table: TargetTable, key: Uint8Array): void {
  if (key.byteLength <= table.maxKeyLength) return;
  const length = table.keyKind === 'text' ? [...Buffer.from(key).toString('utf8')].length : key.byteLength;
  if (length <= table.maxKeyLength) return;
  throw new TagmillError(
    'DATABASE_SCHEMA',
    `a user has ${length} characters, but user_tags.user_id holds ${table.maxKeyLength}; widen the column`,
    { column: 'user_id', length, holds: table.maxKeyLength },
  );
}
