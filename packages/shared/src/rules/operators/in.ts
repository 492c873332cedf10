import type { RunClock } from '../../fields.ts';
import { dayLiteral, isDayText, orderToLiteral } from '../literals.ts';
import type { NormalLeaf } from '../normal.ts';
import { list } from '../operand.ts';
import { listOf, negation, NUMBERS, type Operator, operandType } from '../operator.ts';
import { literalSql, textSql, windowSql } from '../sql-literals.ts';
import { foldCase } from '../values.ts';

/** Days that follow each other become one window, so that a month in a list costs one condition. */
function daysSql(column: string, leaf: NormalLeaf, clock: RunClock): string {
  const days = listOf(leaf)
    .map(dayLiteral)
    .sort((a, b) => a - b);
  const windows: { from: number; to: number }[] = [];
  for (const day of days) {
    const last = windows.at(-1);
    if (last !== undefined && day <= last.to + 1) last.to = day;
    else windows.push({ from: day, to: day });
  }
  return `(${windows.map((window) => windowSql(column, leaf.field.type, window, clock)).join(' OR ')})`;
}

function inSql(column: string, leaf: NormalLeaf, clock: RunClock): string {
  const items = listOf(leaf);
  const type = operandType(leaf.field.type);
  if (leaf.case === 'fold') return `(lower(${column}) IN (${items.map((item) => `lower(${textSql(item)})`).join(', ')}))`;
  if (type.kind === 'timestamp' && isDayText(items[0] ?? '')) return daysSql(column, leaf, clock);
  return `(${column} IN (${items.map((item) => literalSql(type, item, clock)).join(', ')}))`;
}

const isIn: Operator = {
  name: 'in',
  aliases: ['belongs_to'],
  group: 'set',
  types: [...NUMBERS, 'string', 'date', 'timestamp'],
  operand: list('a list of 1 to 10,000 values'),
  keys: ['case', 'missing'],
  meaning: 'x equals a value of the list; repeats are harmless',
  label: { en: 'is one of', zh: '属于' },
  example: { field: 'user_level', operator: 'in', value: ['VIP2', 'VIP3'] },
  evaluate(value, leaf, clock) {
    if (leaf.case === 'fold') return listOf(leaf).some((item) => foldCase(item) === foldCase(value as string));
    return listOf(leaf).some((item) => orderToLiteral(operandType(leaf.field.type), value, item, clock) === 0);
  },
  sql: inSql,
};

export const inOperators: readonly Operator[] = [
  isIn,
  negation(isIn, {
    name: 'not_in',
    aliases: ['not_belongs_to'],
    meaning: 'x equals no value of the list; a missing x stays UNKNOWN',
    label: { en: 'is none of', zh: '不属于' },
    example: { field: 'user_level', operator: 'not_in', value: ['BRONZE', 'SILVER'], missing: 'no_match' },
  }),
];
