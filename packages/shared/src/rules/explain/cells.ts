/** Values of the reference as people and JSON write them. */
import type { FieldType } from '../../fields.ts';
import { formatDay } from '../calendar.ts';
import { type Decimal, formatDecimal } from '../decimals.ts';
import { formatClock } from '../instants.ts';
import type { Value } from '../values.ts';

export type ShownValue = string | number | boolean | null | readonly ShownValue[];

/** Numbers as exact text, days and instants as written in rules; null is a missing value. */
export function shownValue(type: FieldType, value: Value | null): ShownValue {
  if (value === null) return null;
  switch (type.kind) {
    case 'array':
      return (value as readonly Value[]).map((item) => shownValue(type.of, item));
    case 'int64':
    case 'decimal':
      return formatDecimal(value as Decimal);
    case 'double':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'date':
      return formatDay(value as number);
    case 'timestamp':
      return `${formatClock(value as bigint) ?? String(value)}Z`;
    case 'string':
    case 'boolean':
      return value as string | boolean;
  }
}
