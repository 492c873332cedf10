/**
 * The rule corpus (fixtures/corpus/README.md) as cases that any engine can run:
 * read without loss, macros expanded, cases of several rules split.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { readCatalog, toRow } from '@tagmill/shared/conformance/catalog';
import type { FieldCatalog, RunClock } from '@tagmill/shared/fields';
import { makeClock } from '@tagmill/shared/rules/clock';
import { isList, isObject, type Json, JsonNumber, type JsonObject, jsonText, parseJson } from '@tagmill/shared/rules/json';
import type { Row } from '@tagmill/shared/rules/wide/world';

const FOLDER = new URL('../fixtures/corpus/', import.meta.url);

export { parseType } from '@tagmill/shared/conformance/catalog';

export type CorpusRow = Row;

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

/** A case as `rules conformance` takes it, with the answer that it must give. */
export interface ConformanceLine {
  readonly id: string;
  readonly about: string;
  /** One line of JSON: macros expanded, catalogue inline. */
  readonly line: string;
  /** `{"result"}` or `{"error": {"code", "path"}}`. */
  readonly expect: unknown;
}

const OWN_KEYS = ['about', 'expect', 'rule', 'rules', 'catalog'];

/** The whole corpus as lines for `rules conformance`; a case of several rules is one line for each. */
export function conformanceLines(): readonly ConformanceLine[] {
  const catalogs = objectOf(parseJson(readFixture('catalogs.json')));
  return readSources().flatMap((source) => {
    const id = textOf(source.get('id'));
    const catalog = catalogs.get(textOf(source.get('catalog'))) ?? null;
    const several = source.get('kind') === 'same';
    const rules = several ? listOf(source.get('rules')) : [source.get('rule')];
    const rest = [...source].filter(([key]) => !OWN_KEYS.includes(key));
    const expected = JSON.parse(jsonText(source.get('expect') ?? null)) as unknown;
    const refused = typeof expected === 'object' && expected !== null && 'error' in expected;
    return rules.map((rule, at) => {
      const own = several ? `${id}#${at}` : id;
      const parts: [string, Json][] = [...rest, ['id', own], ['catalog', catalog]];
      if (several) parts.push(['kind', 'rows']);
      if (rule !== undefined) parts.push(['rule', expand(rule)]);
      return {
        id: own,
        about: textOf(source.get('about')),
        line: jsonText(new Map(parts)),
        expect: refused ? expected : { result: expected },
      };
    });
  });
}

export interface Corpus {
  readonly cases: readonly CorpusCase[];
  readonly catalogs: ReadonlyMap<string, FieldCatalog>;
  /** Cases of kind `bucket`, which have no rule. */
  readonly buckets: number;
}

const readFixture = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8');

function readSources(): JsonObject[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl'));
  const lines = files.flatMap((name) => readFixture(name).split('\n')).filter((line) => line !== '');
  return lines.map((line) => objectOf(parseJson(line)));
}

/** Reads the whole corpus. */
export function readCorpus(): Corpus {
  const catalogs = new Map(
    [...objectOf(parseJson(readFixture('catalogs.json')))].map(([name, catalog]) => [name, readCatalog(objectOf(catalog))]),
  );
  const sources = readSources();
  const cases = sources.flatMap((source) => casesOf(source, catalogs));
  return { cases, catalogs, buckets: sources.filter((source) => source.get('kind') === 'bucket').length };
}
