import { orderToLiteral } from '../literals.ts';
import { one } from '../operand.ts';
import { negation, NUMBERS, oneOf, type Operator, operandType } from '../operator.ts';
import { pairHolds, pairSql } from '../pairs.ts';
import { comparisonSql, textSql } from '../sql-literals.ts';
import { foldCase } from '../values.ts';

const equals: Operator = {
  name: '=',
  aliases: [],
  group: 'compare',
  types: [...NUMBERS, 'string', 'boolean', 'date', 'timestamp'],
  operand: one('one value of the field’s type'),
  keys: ['case', 'missing'],
  other: 'may',
  meaning: 'x equals the value; a timestamp meets a day by its date in the run’s zone',
  label: { en: 'is', zh: '等于' },
  example: { field: 'kyc_status', operator: '=', value: 'verified' },
  evaluate(value, leaf, clock, other) {
    if (other !== undefined) return pairHolds('=', value, other, leaf);
    if (leaf.case === 'fold') return foldCase(value as string) === foldCase(String(oneOf(leaf)));
    return orderToLiteral(operandType(leaf.field.type), value, oneOf(leaf), clock) === 0;
  },
  sql(column, leaf, clock, other) {
    if (other !== undefined) return pairSql('=', column, other, leaf);
    if (leaf.case === 'fold') return `(lower(${column}) = lower(${textSql(String(oneOf(leaf)))}))`;
    return comparisonSql(column, operandType(leaf.field.type), '=', oneOf(leaf), clock);
  },
};

export const equal: readonly Operator[] = [
  equals,
  negation(equals, {
    name: '!=',
    aliases: ['<>'],
    meaning: 'x differs from the value; a missing x stays UNKNOWN',
    label: { en: 'is not', zh: '不等于' },
    example: { field: 'kyc_status', operator: '!=', value: 'verified', missing: 'match' },
  }),
];
