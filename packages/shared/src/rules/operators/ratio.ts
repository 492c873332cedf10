import { compareDecimals, type Decimal, multiply } from '../decimals.ts';
import type { NormalLeaf } from '../normal.ts';
import { comparedNumbers } from '../operand-numbers.ts';
import { listOf, NUMBERS, type Operator, operandType, textOf } from '../operator.ts';
import { exact, productSql } from '../pairs.ts';
import { isRange, quotientHolds } from '../quotients.ts';
import { EXACT_DIGITS, widthOfType } from '../widths.ts';

/** The comparison of a leaf in SQL, from that of the quotient with one literal. */
function quotientSql(leaf: NormalLeaf, one: (comparison: string, literal: string) => string): string {
  if (!isRange(leaf)) return one(leaf.compare === '!=' ? '<>' : (leaf.compare ?? ''), textOf(leaf));
  const [low, high] = listOf(leaf);
  const inside = `(${one('>=', low ?? '')} AND ${one('<=', high ?? '')})`;
  return leaf.compare === 'in_range' ? inside : `(NOT ${inside})`;
}

function doublesSql(column: string, other: string, leaf: NormalLeaf): string {
  const quotient = `(${column} / ${other})`;
  const holds = quotientSql(leaf, (comparison, literal) => `${quotient} ${comparison} CAST('${Number(literal)}' AS DOUBLE)`);
  return `(CASE WHEN ${other} <> 0 AND NOT isnan(${quotient}) THEN ${holds} END)`;
}

/** x / other op v is x op v × other, turned round where other is negative. */
function exactSql(column: string, other: string, leaf: NormalLeaf): string {
  const fraction = (type: NormalLeaf['field']['type']): number => widthOfType(operandType(type))?.fraction ?? 0;
  const sides = (positive: boolean): string =>
    quotientSql(leaf, (comparison, literal) => {
      const scale = Math.max(fraction(leaf.field.type), fraction(leaf.other!.type) + exact(literal).scale);
      const wide = (sql: string): string => `CAST(${sql} AS DECIMAL(${EXACT_DIGITS},${scale}))`;
      const [x, product] = [wide(column), wide(productSql(other, leaf, literal))];
      return positive ? `${x} ${comparison} ${product}` : `${product} ${comparison} ${x}`;
    });
  return `(CASE WHEN ${other} > 0 AND ${column} IS NOT NULL THEN ${sides(true)} WHEN ${other} < 0 AND ${column} IS NOT NULL THEN ${sides(false)} END)`;
}

export const ratio: readonly Operator[] = [
  {
    name: 'ratio',
    aliases: [],
    group: 'pair',
    types: NUMBERS,
    operand: comparedNumbers('a number, or [low, high]'),
    keys: ['compare', 'missing'],
    other: 'must',
    meaning: 'x divided by `other` compares as `compare` says, without rounding; by zero it is UNKNOWN',
    label: { en: 'ratio', zh: '比值' },
    example: { field: 'total_asset_value', operator: 'ratio', other: 'total_deposit', compare: '>=', value: 0.5 },
    evaluate(value, leaf, _clock, other) {
      if (operandType(leaf.field.type).kind === 'double') {
        const quotient = (value as number) / (other as number);
        if (other === 0 || Number.isNaN(quotient)) return null;
        return quotientHolds(leaf, (literal) => Math.sign(quotient - Number(literal)));
      }
      const divisor = other as Decimal;
      if (divisor.unscaled === 0n) return null;
      const turn = divisor.unscaled < 0n ? -1 : 1;
      return quotientHolds(leaf, (literal) => turn * compareDecimals(value as Decimal, multiply(divisor, exact(literal))));
    },
    sql: (column, leaf, _clock, other = '') =>
      operandType(leaf.field.type).kind === 'double' ? doublesSql(column, other, leaf) : exactSql(column, other, leaf),
  },
];
