/** Field with field: x op other × factor + plus, exactly (operators.md 4). Doubles go step by step in binary64. */
import { add, compareDecimals, type Decimal, multiply, parseDecimal } from './decimals.ts';
import type { NormalLeaf } from './normal.ts';
import { operandType } from './operator.ts';
import { typeSql } from './sql-literals.ts';
import { type Comparison, compareValues, foldCase, orderHolds, type Value } from './values.ts';
import { EXACT_DIGITS, widthOfType } from './widths.ts';

const DAY_MICROS = 86_400_000_000n;

/** The exact number of a checked leaf's text. */
export function exact(text: string): Decimal {
  const value = parseDecimal(text);
  if (value === null) throw new Error(`"${text}" is no number; only checked rules can be evaluated`);
  return value;
}

/** Order of two doubles; null where one is NaN. */
const orderOfDoubles = (a: number, b: number): number | null => (Number.isNaN(a) || Number.isNaN(b) ? null : a < b ? -1 : a > b ? 1 : 0);

function orderOfPair(value: Value, other: Value, leaf: NormalLeaf): number | null {
  const { factor, plus } = leaf;
  const type = operandType(leaf.field.type);
  switch (type.kind) {
    case 'int64':
    case 'decimal': {
      const product = factor === undefined ? (other as Decimal) : multiply(other as Decimal, exact(factor));
      return compareDecimals(value as Decimal, plus === undefined ? product : add(product, exact(plus)));
    }
    case 'double': {
      const product = factor === undefined ? (other as number) : (other as number) * Number(factor);
      return orderOfDoubles(value as number, plus === undefined ? product : product + Number(plus));
    }
    case 'date':
      return Math.sign((value as number) - ((other as number) + Number(plus ?? 0)));
    case 'timestamp':
      return compareValues(type, value, (other as bigint) + BigInt(plus ?? 0) * DAY_MICROS);
    case 'string':
      return leaf.case === 'fold'
        ? compareValues(type, foldCase(value as string), foldCase(other as string))
        : compareValues(type, value, other);
    case 'boolean':
      return compareValues(type, value, other);
  }
}

/** Whether a comparison of two values holds; null where a double becomes NaN. */
export function pairHolds(comparison: Comparison, value: Value, other: Value, leaf: NormalLeaf): boolean | null {
  const order = orderOfPair(value, other, leaf);
  return order === null ? null : orderHolds(order, comparison);
}

const doubleSql = (text: string): string => `CAST('${text}' AS DOUBLE)`;

/** NaN as NULL: a NaN result is UNKNOWN. */
const withoutNan = (sql: string): string => `(CASE WHEN NOT isnan(${sql}) THEN ${sql} END)`;

/**
 * The other column times a literal. Both are cast to the widest decimals first:
 * DuckDB multiplies narrow ones in 18 digits. The check has seen that 38 hold the product.
 */
export function productSql(other: string, leaf: NormalLeaf, factor: string): string {
  const scale = widthOfType(operandType(leaf.other!.type))?.fraction ?? 0;
  const wide = (sql: string, digits: number): string => `CAST(${sql} AS DECIMAL(${EXACT_DIGITS},${digits}))`;
  return `(${wide(other, scale)} * ${wide(`'${factor}'`, exact(factor).scale)})`;
}

function exactSql(comparison: Comparison, column: string, other: string, leaf: NormalLeaf): string {
  const { factor, plus } = leaf;
  // Two columns of one type need no wider one.
  const same = typeSql(operandType(leaf.field.type)) === typeSql(operandType(leaf.other!.type));
  if (same && factor === undefined && plus === undefined) return `(${column} ${comparison} ${other})`;
  const fraction = (type: NormalLeaf['field']['type']): number => widthOfType(operandType(type))?.fraction ?? 0;
  const scale = Math.max(
    fraction(leaf.field.type),
    fraction(leaf.other!.type) + (factor === undefined ? 0 : exact(factor).scale),
    plus === undefined ? 0 : exact(plus).scale,
  );
  const wide = (sql: string): string => `CAST(${sql} AS DECIMAL(${EXACT_DIGITS},${scale}))`;
  const product = factor === undefined ? other : productSql(other, leaf, factor);
  const right = plus === undefined ? wide(product) : `(${wide(product)} + ${wide(`'${plus}'`)})`;
  return `(${wide(column)} ${comparison} ${right})`;
}

/** A nullable BOOLEAN over two columns of the declared types. */
export function pairSql(comparison: Exclude<Comparison, '!='>, column: string, other: string, leaf: NormalLeaf): string {
  const { factor, plus } = leaf;
  switch (operandType(leaf.field.type).kind) {
    case 'int64':
    case 'decimal':
      return exactSql(comparison, column, other, leaf);
    case 'double': {
      const product = factor === undefined ? other : `(${other} * ${doubleSql(factor)})`;
      const sum = plus === undefined ? product : `(${product} + ${doubleSql(plus)})`;
      return `(${column} ${comparison} ${withoutNan(sum)})`;
    }
    case 'date':
      return plus === undefined
        ? `(${column} ${comparison} ${other})`
        : `(date_diff('day', ${other}, ${column}) ${comparison} CAST('${plus}' AS BIGINT))`;
    case 'timestamp':
      return plus === undefined
        ? `(${column} ${comparison} ${other})`
        : `(epoch_us(${column}) - epoch_us(${other}) ${comparison} CAST('${BigInt(plus) * DAY_MICROS}' AS BIGINT))`;
    default:
      return leaf.case === 'fold' ? `(lower(${column}) ${comparison} lower(${other}))` : `(${column} ${comparison} ${other})`;
  }
}
