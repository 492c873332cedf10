import { orderToLiteral } from '../literals.ts';
import { one } from '../operand.ts';
import { NUMBERS, oneOf, type Operator, operandType } from '../operator.ts';
import { pairHolds, pairSql } from '../pairs.ts';
import { comparisonSql } from '../sql-literals.ts';
import { orderHolds } from '../values.ts';

type Order = '>' | '>=' | '<' | '<=';

const ordering = (name: Order, words: string, label: Operator['label']): Operator => ({
  name,
  aliases: [],
  group: 'compare',
  types: [...NUMBERS, 'string', 'date', 'timestamp'],
  operand: one('one value of the field’s type'),
  keys: ['missing'],
  other: 'may',
  meaning: `x is ${words} the value; texts are ordered by their UTF-8 bytes`,
  label,
  example: { field: 'total_asset_value', operator: name, value: 100000 },
  evaluate(value, leaf, clock, other) {
    if (other !== undefined) return pairHolds(name, value, other, leaf);
    return orderHolds(orderToLiteral(operandType(leaf.field.type), value, oneOf(leaf), clock), name);
  },
  sql(column, leaf, clock, other) {
    if (other !== undefined) return pairSql(name, column, other, leaf);
    return comparisonSql(column, operandType(leaf.field.type), name, oneOf(leaf), clock);
  },
});

export const order: readonly Operator[] = [
  ordering('>', 'above', { en: 'is above', zh: '大于' }),
  ordering('>=', 'at or above', { en: 'is at least', zh: '大于等于' }),
  ordering('<', 'below', { en: 'is below', zh: '小于' }),
  ordering('<=', 'at or below', { en: 'is at most', zh: '小于等于' }),
];
