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

export const elementSql = (literal: string, leaf: NormalLeaf, clock: RunClock): string =>
  literalSql(operandType(leaf.field.type), literal, clock);

export const elementsSql = (literals: readonly string[], leaf: NormalLeaf, clock: RunClock): string =>
  `[${literals.map((literal) => elementSql(literal, leaf, clock)).join(', ')}]`;
