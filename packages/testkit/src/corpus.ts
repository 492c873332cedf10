/**
 * The rule corpus (fixtures/corpus/README.md) as cases that any engine can run:
 * read without loss, macros expanded, cases of several rules split.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { CatalogField, FieldCatalog, FieldType, NamedList, RunClock, ScalarType, StoredForm } from '@tagmill/shared/fields';
import { makeClock } from '@tagmill/shared/rules/clock';
import { isList, isObject, type Json, JsonNumber, type JsonObject, parseJson } from '@tagmill/shared/rules/json';
import type { Cell } from '@tagmill/shared/rules/reference';

const FOLDER = new URL('../fixtures/corpus/', import.meta.url);

/** Table that the user's columns are in. */
export const USER_TABLE = 'users';

export type CorpusRow = Readonly<Record<string, Cell>>;

interface CaseBase {
  readonly id: string;
  readonly about: string;
  readonly catalog: FieldCatalog;
  /** JSON text of the rule. */
  readonly rule: string;
}

/** A rule that must be refused with a code and path, or accepted. */
export interface CheckCase extends CaseBase {
  readonly kind: 'check';
  readonly error: { readonly code: string; readonly path: string } | null;
}

/** A rule with rows and one letter per row. */
export interface RowsCase extends CaseBase {
  readonly kind: 'rows';
  readonly rows: readonly CorpusRow[];
  readonly clock: RunClock;
  /** One of T, F, U per row; null where the run fails. */
  readonly expect: string | null;
  /** Code and path of that failure. */
  readonly failure: string | null;
}

export type CorpusCase = CheckCase | RowsCase;

const textOf = (value: Json | undefined): string => {
  if (typeof value !== 'string') throw new Error(`the corpus has ${String(value)} where a text is needed`);
  return value;
};

const objectOf = (value: Json | undefined): JsonObject => {
  if (!isObject(value)) throw new Error('the corpus has no object where one is needed');
  return value;
};

const listOf = (value: Json | undefined): readonly Json[] => {
  if (!isList(value)) throw new Error('the corpus has no list where one is needed');
  return value;
};

/** JSON text of a value; numbers as they were written. */
export function jsonText(value: Json): string {
  if (value instanceof JsonNumber) return value.text;
  if (isList(value)) return `[${value.map(jsonText).join(',')}]`;
  if (isObject(value)) return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}:${jsonText(item)}`).join(',')}}`;
  return JSON.stringify(value);
}

const numberOf = (value: Json | undefined): number => {
  if (!(value instanceof JsonNumber)) throw new Error('the corpus has no number where one is needed');
  return Number(value.text);
};

/** The three macros: `$repeat` in lists, `$pad`, `$nest`. */
function expand(value: Json): Json {
  if (isList(value)) {
    return value.flatMap((item) => {
      if (!isObject(item) || !item.has('$repeat')) return [expand(item)];
      const repeated = expand(item.get('item') ?? null);
      return Array.from({ length: numberOf(item.get('$repeat')) }, () => repeated);
    });
  }
  if (!isObject(value)) return value;
  if (value.has('$pad')) return 'a'.repeat(numberOf(value.get('$pad')));
  if (value.has('$nest')) {
    let node = expand(value.get('item') ?? null);
    for (let i = numberOf(value.get('depth')); i > 0; i -= 1) {
      node = new Map([
        ['logic', value.get('$nest') ?? null],
        ['conditions', [node]],
      ] as [string, Json][]);
    }
    return node;
  }
  return new Map([...value].map(([key, item]) => [key, expand(item)]));
}

/** `decimal(20,8)`, `array<string>` and so on. */
export function parseType(text: string): FieldType {
  const array = /^array<(.+)>$/.exec(text);
  if (array !== null) return { kind: 'array', of: parseType(array[1] ?? '') as ScalarType };
  const decimal = /^decimal\((\d+),(\d+)\)$/.exec(text);
  if (decimal !== null) return { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]) };
  return { kind: text } as ScalarType;
}

function readCatalog(catalog: JsonObject): FieldCatalog {
  const fields = [...objectOf(catalog.get('fields'))].map(([name, declared]): CatalogField => {
    const base = { table: USER_TABLE, name, nullable: true };
    if (typeof declared === 'string') return { ...base, type: parseType(declared) };
    const form = objectOf(declared);
    const zone = form.get('zone');
    return {
      ...base,
      type: parseType(textOf(form.get('type'))),
      stored: textOf(form.get('stored')) as StoredForm,
      ...(zone === undefined ? {} : { zone: textOf(zone) }),
    };
  });
  return { fields, lists: readLists(catalog) };
}

const readLists = (catalog: JsonObject): NamedList[] =>
  [...objectOf(catalog.get('lists') ?? new Map())].map(([name, declared]) => ({
    name,
    type: parseType(textOf(objectOf(declared).get('type'))) as NamedList['type'],
    values: listOf(objectOf(declared).get('values')).map(textOf),
  }));

function toCell(value: Json): Cell {
  if (value instanceof JsonNumber) return Number(value.text);
  if (isList(value)) return value.map(toCell);
  if (isObject(value)) throw new Error('the corpus has an object as a cell');
  return value;
}

const toRow = (value: Json): CorpusRow => Object.fromEntries([...objectOf(value)].map(([name, cell]) => [name, toCell(cell)]));

/** All users of a `users` case that its letters name: the row of the user table, or nothing where there is none. */
function usersCase(source: JsonObject): { rows: CorpusRow[]; expect: string | null } {
  const expect = objectOf(source.get('expect'));
  if (expect.has('error')) return { rows: [], expect: null };
  const rows = listOf(source.get('users')).map(toRow);
  const byId = new Map(rows.map((row) => [String(row['user_id']), row]));
  const letters = [...expect];
  return {
    rows: letters.map(([id]) => byId.get(id) ?? {}),
    expect: letters.map(([, letter]) => textOf(letter)).join(''),
  };
}

function failureOf(expected: JsonObject): string | null {
  const error = expected.get('error');
  return isObject(error) ? `${textOf(error.get('code'))} ${textOf(error.get('path'))}` : null;
}

function casesOf(source: JsonObject, catalogs: ReadonlyMap<string, FieldCatalog>): CorpusCase[] {
  const kind = textOf(source.get('kind'));
  if (kind === 'bucket') return [];
  const catalog = catalogs.get(textOf(source.get('catalog')));
  if (catalog === undefined) throw new Error('the corpus names a catalogue that it does not have');
  const base = { id: textOf(source.get('id')), about: textOf(source.get('about')), catalog };
  const expected = source.get('expect');
  if (kind === 'check') {
    const error = expected === 'ok' ? null : objectOf(objectOf(expected).get('error'));
    const fault = error === null ? null : { code: textOf(error.get('code')), path: textOf(error.get('path')) };
    return [{ ...base, kind: 'check', rule: jsonText(expand(source.get('rule') ?? null)), error: fault }];
  }
  const asOf = textOf(source.get('asOf'));
  const clock = makeClock({ asOf, businessDate: asOf.slice(0, 10), zone: textOf(source.get('zone')) });
  const rules = kind === 'same' ? listOf(source.get('rules')) : [source.get('rule') ?? null];
  const rows = kind === 'row' ? [toRow(source.get('row') ?? null)] : kind === 'users' ? [] : listOf(source.get('rows')).map(toRow);
  const letters = kind === 'users' ? usersCase(source) : { rows, expect: typeof expected === 'string' ? expected : null };
  return rules.map((rule, index) => ({
    ...base,
    id: rules.length === 1 ? base.id : `${base.id}/${index + 1}`,
    kind: 'rows',
    rule: jsonText(expand(rule)),
    clock,
    ...letters,
    failure: isObject(expected) ? failureOf(expected) : null,
  }));
}

export interface Corpus {
  readonly cases: readonly CorpusCase[];
  readonly catalogs: ReadonlyMap<string, FieldCatalog>;
  /** Cases of kind `bucket`, which have no rule. */
  readonly buckets: number;
}

/** Reads the whole corpus. */
export function readCorpus(): Corpus {
  const read = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8');
  const catalogs = new Map(
    [...objectOf(parseJson(read('catalogs.json')))].map(([name, catalog]) => [name, readCatalog(objectOf(catalog))]),
  );
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl'));
  const lines = files.flatMap((name) => read(name).split('\n')).filter((line) => line !== '');
  const sources = lines.map((line) => objectOf(parseJson(line)));
  const cases = sources.flatMap((source) => casesOf(source, catalogs));
  return { cases, catalogs, buckets: sources.filter((source) => source.get('kind') === 'bucket').length };
}
