/** What `sum` and `avg` share. */
import type { FieldType } from '../../fields.ts';
import type { NodeFaults } from '../check-context.ts';
import { add, type Decimal } from '../decimals.ts';
import type { AggregateLeaf } from '../normal.ts';
import type { Value } from '../values.ts';

/** Digits of a column that may be summed: ten are left for the number of rows. */
const SUMMED_DIGITS = 28;

export const SUMMED: readonly FieldType['kind'][] = ['int64', 'decimal'];

/** A column that is too wide to be summed in 38 digits. */
export function refuseWide(leaf: AggregateLeaf, faults: NodeFaults): void {
  const type = leaf.field?.type;
  if (type?.kind !== 'decimal' || type.precision <= SUMMED_DIGITS) return;
  const sentence = `\`${leaf.operator}\` takes up to ${SUMMED_DIGITS} digits; \`${leaf.field?.name}\` has ${type.precision}`;
  faults.fail('OPERATOR_TYPE', '/operator', sentence);
}

export const sumOf = (values: readonly Value[]): Decimal =>
  values.reduce<Decimal>((sum, value) => add(sum, value as Decimal), { unscaled: 0n, scale: 0 });
