import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { FieldCatalog } from '../../src/fields.ts';
import { checkRule } from '../../src/rules/check.ts';
import { findOperator, LATER_OPERATORS, OPERATOR_NAMES, OPERATORS } from '../../src/rules/operators/registry.ts';

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
  for (const name of [...LATER_OPERATORS, 'IN', 'constructor', '__proto__', 'toString', '', ' =']) expect(findOperator(name)).toBeNull();
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
