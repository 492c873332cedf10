/** What the operators over elements of an array share. */
import type { RunClock } from '../fields.ts';
import { literalValue } from './literals.ts';
import type { NormalLeaf } from './normal.ts';
import { operandType } from './operator.ts';
import { literalSql } from './sql-literals.ts';
import { compareValues, type Value } from './values.ts';

/** Whether an array has an element equal to an operand. */
export function hasElement(value: Value, literal: string, leaf: NormalLeaf, clock: RunClock): boolean {
  const type = operandType(leaf.field.type);
  const wanted = literalValue(type, literal, clock);
  return (value as readonly Value[]).some((element) => compareValues(type, element, wanted) === 0);
}

const elementSql = (literal: string, leaf: NormalLeaf, clock: RunClock): string => literalSql(operandType(leaf.field.type), literal, clock);

/** Whether an array column has an element equal to one operand. */
export const hasElementSql = (column: string, literal: string, leaf: NormalLeaf, clock: RunClock): string =>
  `list_contains(${column}, ${elementSql(literal, leaf, clock)})`;

/** Up to so many operands, one look each is faster than DuckDB's functions over two lists (measured: five times for two). */
const FEW = 8;

/** Whether an array column has any, or all, of several elements. */
export function hasElementsSql(
  which: 'any' | 'all',
  column: string,
  literals: readonly string[],
  leaf: NormalLeaf,
  clock: RunClock,
): string {
  if (literals.length > FEW) {
    const wanted = literals.map((literal) => elementSql(literal, leaf, clock));
    return `list_has_${which}(${column}, [${wanted.join(', ')}])`;
  }
  const looks = literals.map((literal) => hasElementSql(column, literal, leaf, clock));
  return `(${looks.join(which === 'any' ? ' OR ' : ' AND ')})`;
}
