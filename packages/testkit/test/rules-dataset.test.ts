/** The rules of the data set, checked against a catalogue of its tables and evaluated over its Parquet files. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { CatalogField, FieldCatalog, FieldType } from '@tagmill/shared/fields';
import { checkRule } from '@tagmill/shared/rules/check';
import { makeClock } from '@tagmill/shared/rules/clock';
import type { NormalRule } from '@tagmill/shared/rules/normal';
import { tablesOf } from '@tagmill/shared/rules/reads';
import { expect, test } from 'vitest';
import { parseType } from '../src/corpus.ts';
import { overParquet, type ParquetTable, parquetTable } from '../src/duck/parquet-rules.ts';

interface Tag {
  readonly tag_id: number;
  readonly is_active: boolean;
  readonly reads: readonly string[];
  readonly expect: 'evaluated' | 'refused' | 'not run';
  readonly error?: { readonly code: string; readonly path: string };
  readonly rule_conditions: unknown;
}

const fixture = (path: string): URL => new URL(`../fixtures/${path}`, import.meta.url);
const dataset = JSON.parse(readFileSync(fixture('rules/tag_rules.json'), 'utf8')) as { as_of: string; zone: string; tags: readonly Tag[] };
const TABLES = ['user_basic_info', 'user_asset_summary', 'user_activity_summary'];

/** Types of the catalogue for those of DuckDB. */
function typeOf(duck: string): FieldType {
  const element = duck.endsWith('[]') ? typeOf(duck.slice(0, -2)) : null;
  if (element !== null && element.kind !== 'array') return { kind: 'array', of: element };
  if (duck.startsWith('TIMESTAMP')) return { kind: 'timestamp' };
  if (duck.startsWith('DECIMAL')) return parseType(duck.toLowerCase());
  const names: Record<string, string> = {
    VARCHAR: 'string',
    INTEGER: 'int64',
    BIGINT: 'int64',
    DOUBLE: 'double',
    BOOLEAN: 'boolean',
    DATE: 'date',
  };
  return parseType(names[duck] ?? 'string');
}

async function readTables(): Promise<{ tables: ParquetTable[]; catalog: FieldCatalog }> {
  const tables: ParquetTable[] = [];
  for (const name of TABLES) {
    const folder = fixture(`tables/${name}/dt=${dataset.as_of}/`);
    const files = readdirSync(folder).filter((file) => !/^[_.]/.test(file));
    tables.push(
      await parquetTable(
        name,
        files.map((file) => fileURLToPath(new URL(file, folder))),
      ),
    );
  }
  const fields = tables.flatMap((table) =>
    [...table.columns].map(([name, duck]): CatalogField => ({ table: table.name, name, type: typeOf(duck), nullable: true })),
  );
  return { tables, catalog: { fields } };
}

const { tables, catalog } = await readTables();

test.each(dataset.tags)('rule of tag $tag_id: $expect', (tag) => {
  const result = checkRule(JSON.stringify(tag.rule_conditions), catalog);
  if (tag.expect === 'refused') {
    expect(result.errors.map(({ code, path }) => ({ code, path }))).toEqual([{ code: tag.error?.code, path: tag.error?.path }]);
    return;
  }
  expect(result.errors).toEqual([]);
  if (tag.expect === 'evaluated') expect(tablesOf(result.rule!).sort()).toEqual([...tag.reads].sort());
});

test('every user and tag of the data set has its letter', async () => {
  const tags = dataset.tags.filter((tag) => tag.expect === 'evaluated');
  const rules = tags.map((tag): NormalRule => checkRule(JSON.stringify(tag.rule_conditions), catalog).rule!);
  const clock = makeClock({ businessDate: dataset.as_of, zone: dataset.zone });
  expect(clock).toEqual({ asOf: '2026-11-22T15:59:59.999999Z', today: '2026-11-22', zone: 'Asia/Shanghai' });
  const letters = await overParquet(tables, catalog, rules, clock);
  const lines = gunzipSync(readFileSync(fixture('expected/evaluation.jsonl.gz')))
    .toString('utf8')
    .trim()
    .split('\n');
  const expected = lines.map((line) => JSON.parse(line) as { user_id: string; T: number[]; F: number[]; U: number[] });
  expect(letters.size).toBe(expected.length);
  const wrong = expected.flatMap((user) => {
    const got = letters.get(user.user_id);
    return tags.flatMap((tag, index) => {
      const wanted = (['T', 'F', 'U'] as const).find((letter) => user[letter].includes(tag.tag_id));
      if (wanted === undefined || got?.[index] === wanted) return [];
      return [`${user.user_id} tag ${tag.tag_id}: ${got?.[index]}, not ${wanted}`];
    });
  });
  expect(wrong.slice(0, 20)).toEqual([]);
});
