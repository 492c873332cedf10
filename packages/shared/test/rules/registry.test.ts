import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { FieldCatalog } from '../../src/fields.ts';
import { checkRule, checkWholeRule } from '../../src/rules/check.ts';
import { findOperator, OPERATOR_NAMES, OPERATORS } from '../../src/rules/operators/registry.ts';
import { WIDE_OPERATOR_NAMES, WIDE_OPERATORS } from '../../src/rules/wide/registry.ts';

const FOLDER = new URL('../../src/rules/operators/', import.meta.url);

test('every file of the folder is registered', () => {
  const registry = readFileSync(new URL('registry.ts', FOLDER), 'utf8');
  const files = readdirSync(FOLDER).filter((name) => name !== 'registry.ts');
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) {
    const imported = new RegExp(`import \\{ (\\w+) \\} from './${file.replace('.', '\\.')}';`).exec(registry)?.[1];
    expect(imported, `${file} is not imported by the registry`).toBeDefined();
    expect(registry, `${file} is not in the list`).toContain(`...${imported},`);
  }
});

test('the operators are those of the reference', () => {
  const names = `is_null is_not_null is_empty not_empty = != > >= < <= in not_in in_list not_in_list in_range not_in_range
    contains not_contains starts_with not_starts_with ends_with not_ends_with matches not_matches length is_true is_false
    on before after date_between date_not_between recent_days not_recent_days next_days days_ago older_than_days days_ago_between
    this_day this_week this_month this_quarter this_year previous_day previous_week previous_month previous_quarter previous_year
    anniversary_within has contains_any not_contains_any contains_all size ratio bucket`.split(/\s+/);
  expect(OPERATORS.map((operator) => operator.name)).toEqual(names);
  const aliases = Object.fromEntries(OPERATORS.filter((each) => each.aliases.length > 0).map((each) => [each.name, each.aliases]));
  expect(aliases).toEqual({
    '!=': ['<>'],
    matches: ['regex_match'],
    in: ['belongs_to'],
    not_in: ['not_belongs_to'],
    in_range: ['between'],
    date_between: ['date_in_range'],
    date_not_between: ['date_not_in_range'],
    contains_any: ['intersects'],
    not_contains_any: ['no_intersection'],
  });
});

test('names are found exactly, and nothing else is', () => {
  for (const name of OPERATOR_NAMES) expect(findOperator(name)).not.toBeNull();
  for (const name of [...WIDE_OPERATOR_NAMES, 'IN', 'constructor', '__proto__', 'toString', '', ' ='])
    expect(findOperator(name)).toBeNull();
});

test('every file of an operator that reads more than a row is registered', () => {
  const folder = new URL('../../src/rules/wide/', import.meta.url);
  const registry = readFileSync(new URL('registry.ts', folder), 'utf8');
  const operators = readdirSync(folder).filter((name) => /wideOperator\(|aggregate\(\{/.test(readFileSync(new URL(name, folder), 'utf8')));
  expect(operators.length).toBeGreaterThan(12);
  for (const file of operators.filter((name) => !['wide-operator.ts', 'aggregates.ts'].includes(name))) {
    const imported = new RegExp(`import \\{ (\\w+) \\} from './${file}';`).exec(registry)?.[1];
    expect(registry, `${file} is not in the list`).toContain(`...${imported},`);
  }
});

const catalog: FieldCatalog = {
  fields: [
    ...['user_id', 'kyc_status', 'user_level', 'email_suffix', 'country_code', 'nickname'].map((name) => ({
      name,
      type: { kind: 'string' } as const,
    })),
    ...['registration_date', 'last_login_date', 'matures_on', 'birthday'].map((name) => ({ name, type: { kind: 'date' } as const })),
    { name: 'age', type: { kind: 'int64' } as const },
    ...['total_asset_value', 'total_deposit'].map((name) => ({ name, type: { kind: 'decimal', precision: 20, scale: 8 } as const })),
    { name: 'is_blacklisted', type: { kind: 'boolean' } as const },
    { name: 'coins_held', type: { kind: 'array', of: { kind: 'string' } } as const },
  ].map((field) => ({ ...field, table: 't', nullable: true })),
  lists: [{ name: 'key_accounts', type: { kind: 'string' }, values: ['u1'] }],
  tables: [
    {
      name: 'trades',
      time: 'at',
      partitions: 'snapshot',
      columns: [
        { table: 'trades', name: 'at', type: { kind: 'timestamp' }, nullable: true },
        { table: 'trades', name: 'coin', type: { kind: 'string' }, nullable: true },
        { table: 'trades', name: 'amount', type: { kind: 'decimal', precision: 20, scale: 8 }, nullable: true },
      ],
    },
    {
      name: 'logins',
      time: 'at',
      partitions: 'daily',
      columns: [{ table: 'logins', name: 'at', type: { kind: 'timestamp' }, nullable: true }],
    },
  ],
  tags: [{ id: '3', reads: ['4'] }],
};

test.each(OPERATORS.map((operator) => [operator.name, operator] as const))(
  '%s has all that people see, and an example that passes',
  (name, operator) => {
    expect(operator.meaning.length).toBeGreaterThan(8);
    expect(operator.label.en).not.toBe('');
    expect(operator.label.zh).toMatch(/[\u4e00-\u9fff]/);
    expect(operator.example['operator']).toBe(name);
    expect(checkRule(operator.example, catalog).errors).toEqual([]);
    if (operator.negates !== undefined) expect(findOperator(operator.negates)?.negates).toBeUndefined();
  },
);

test.each(WIDE_OPERATORS.map((operator) => [operator.name, operator] as const))(
  '%s has all that people see, an example that passes, and is refused where rules run',
  (name, operator) => {
    expect(operator.meaning.length).toBeGreaterThan(8);
    expect(operator.takes.length).toBeGreaterThan(3);
    expect(operator.label.en).not.toBe('');
    expect(operator.label.zh).toMatch(/[\u4e00-\u9fff]/);
    expect(operator.example['operator']).toBe(name);
    expect(checkWholeRule(operator.example, catalog).errors).toEqual([]);
    expect(checkRule(operator.example, catalog).errors).toMatchObject([{ code: 'OPERATOR_UNKNOWN', path: '/operator' }]);
  },
);

test('a cycle of tags is told as the way that it goes', () => {
  const [error] = checkWholeRule({ operator: 'has_tag', value: 3 }, catalog, '4').errors;
  expect(error).toMatchObject({ code: 'TAG_CYCLE', path: '/value', message: 'the tag would read itself: 4 → 3 → 4' });
});

test('a filter of an aggregate may ask for a named list', () => {
  const filter = { field: 'coin', operator: 'in_list', value: 'key_accounts' };
  expect(checkWholeRule({ operator: 'count', table: 'trades', compare: '>', value: 1, filter }, catalog).errors).toEqual([]);
});
