/** `docs/operators.md`, from the files of the operators themselves. */
import { LIMITS } from '../../packages/shared/src/limits.ts';
import { OPERATORS } from '../../packages/shared/src/rules/operators/registry.ts';
import { WIDE_OPERATORS } from '../../packages/shared/src/rules/wide/registry.ts';
import { WIDE_GROUPS, type WideGroup, type WideOperator } from '../../packages/shared/src/rules/wide/wide-operator.ts';
import { OPERATOR_GROUPS, type Operator, type OperatorGroup } from '../../packages/shared/src/rules/operator.ts';
import { RULE_CODES, WARNING_CODES } from '../../packages/shared/src/rules/codes.ts';

const TITLES: Readonly<Record<OperatorGroup, string>> = {
  presence: 'Presence',
  compare: 'Comparison',
  set: 'Sets',
  range: 'Ranges',
  string: 'Text',
  boolean: 'Booleans',
  date: 'Dates',
  array: 'Lists',
  pair: 'Field with field',
  sample: 'Samples',
};

const KINDS: Readonly<Record<string, string>> = {
  int64: 'N',
  decimal: 'N',
  double: 'N',
  string: 'S',
  boolean: 'B',
  date: 'D',
  timestamp: 'TS',
  array: 'A',
};

const typesOf = (operator: Operator): string => [...new Set(operator.types.map((kind) => KINDS[kind] ?? kind))].join(' ');

const cell = (text: string): string => text.replaceAll('|', '\\|');

function row(operator: Operator): string {
  const names = [operator.name, ...operator.aliases].map((name) => `\`${name}\``).join(', ');
  const example = `\`${JSON.stringify(operator.example)}\``;
  const cells = [
    names,
    `${operator.label.en} / ${operator.label.zh}`,
    typesOf(operator),
    operator.operand.takes,
    operator.meaning,
    example,
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

function section(group: OperatorGroup): string[] {
  return [
    `## ${TITLES[group]}`,
    '',
    '| operator (aliases) | label | types | value | TRUE when | example |',
    '| --- | --- | --- | --- | --- | --- |',
    ...OPERATORS.filter((operator) => operator.group === group).map(row),
    '',
  ];
}

const WIDE_TITLES: Readonly<Record<WideGroup, string>> = {
  aggregate: 'Aggregates over event tables',
  change: 'Change against earlier data',
  tag: 'Other tags',
  population: 'Population',
};

function wideRow(operator: WideOperator): string {
  const label = `${operator.label.en} / ${operator.label.zh}`;
  const example = `\`${JSON.stringify(operator.example)}\``;
  const cells = [`\`${operator.name}\``, label, operator.types, operator.takes, operator.meaning, example];
  return `| ${cells.map(cell).join(' | ')} |`;
}

function wideSection(group: WideGroup): string[] {
  return [
    `### ${WIDE_TITLES[group]}`,
    '',
    '| operator | label | field | value | TRUE when | example |',
    '| --- | --- | --- | --- | --- | --- |',
    ...WIDE_OPERATORS.filter((operator) => operator.group === group).map(wideRow),
    '',
  ];
}

/** The whole page, ending in a newline. */
export function operatorsDoc(): string {
  const count = (value: number): string => value.toLocaleString('en-US');
  return [
    '<!-- Generated from packages/shared/src/rules/operators by `npm run generate`; do not edit. -->',
    '# Operators',
    '',
    'A rule is a condition `{"field", "operator", "value"}` or a group `{"logic", "conditions"}` with `logic` one of `AND`, `OR`, `NOT` (one condition), `NONE`, `NOT_ALL`, `AT_LEAST` (with `k`). Groups nest. Each result is TRUE, FALSE or UNKNOWN, combined as SQL does; only TRUE tags a user.',
    '',
    'x is the field’s value. A missing x (NULL, no such column or row, NaN, a stored value that cannot be read as the declared type) gives UNKNOWN, except for `is_null` and `is_not_null`. `"missing": "match"` makes that TRUE, `"no_match"` FALSE, after any negation. The operators called `not_…`, `!=` and `no_intersection` are the NOT of their positive, so UNKNOWN stays UNKNOWN.',
    '',
    'Types: N number (int64, decimal, double), S text, B boolean, D date, TS timestamp, A list. *Today* is the date of the run’s `as_of` in its time zone; a timestamp’s date is its date in that zone. `"case": "fold"` (on `=`, `!=`, `in`, `not_in`, `contains`, `starts_with`, `ends_with` and their `not_` over text) compares without regard to case. `compare` (for `length`, `size` and `ratio`) is one of `= != > >= < <= in_range not_in_range`. Operators that take no value accept an absent `value`, null or `""`.',
    '',
    `Limits: ${count(LIMITS.ruleBytes)} bytes of text, depth ${LIMITS.ruleDepth}, ${count(LIMITS.ruleNodes)} conditions and groups, ${count(LIMITS.ruleListItems)} values in a list, ${count(LIMITS.ruleStringBytes)} bytes in a text. Numbers beyond ±9,007,199,254,740,991 or with more than 15 digits are written as strings.`,
    '',
    ...OPERATOR_GROUPS.flatMap(section),
    '`=`, `!=`, `>`, `>=`, `<` and `<=` also compare a field with a field: `other` instead of `value`, both numbers (doubles with doubles only), both texts, booleans, dates or timestamps, in one table. Numbers may have a `factor` (not 0) and `plus`: x op other × factor + plus, exactly, doubles rounded to binary64 at each step; dates and timestamps `plus` whole days of 24 hours. What exact working cannot hold in 38 digits is refused (`ARITH_WIDTH`). Example: `{"field":"balance","operator":">","other":"deposits","factor":2}`.',
    '',
    '## What reads more than the user’s row',
    '',
    '[event-tables.md](event-tables.md) says what must be there for them: declared event tables, earlier data, uploaded lists.',
    '',
    'Aggregates take `table`, `compare`, an optional `filter` (a rule over the columns of that table) and an optional `window`, one of `{"last_days": N}`, `{"days_ago": [a, b]}`, `{"last_months": N}`, `{"period": "previous_month"}` (any calendar period above) and `{"from": day, "to": day}`; a table with one partition a day needs one. Where a partition that is needed is missing, the result is UNKNOWN for every user.',
    '',
    ...WIDE_GROUPS.flatMap(wideSection).slice(0, -1),
    '',
    '## Refusals',
    '',
    'The check of a rule gives all errors as `{code, path, message, hint?}`, `path` being a JSON Pointer: those of the whole rule first, then node by node, in a node in this order:',
    '',
    RULE_CODES.map((code) => `\`${code}\``).join(', '),
    '',
    'Warnings (the rule is accepted all the same):',
    '',
    ...Object.entries(WARNING_CODES).map(([code, meaning]) => `- \`${code}\`: ${meaning}`),
    '',
  ].join('\n');
}
