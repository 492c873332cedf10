import { ALL_TYPES, negation, type Operator } from '../operator.ts';
import { noOperand } from '../operand.ts';

const isNull: Operator = {
  name: 'is_null',
  aliases: [],
  group: 'presence',
  types: ALL_TYPES,
  operand: noOperand(),
  keys: [],
  meaning: 'x is missing: NULL, absent, NaN or not readable as the declared type; never UNKNOWN',
  label: { en: 'is missing', zh: '为空' },
  example: { field: 'kyc_status', operator: 'is_null' },
  onMissing: true,
  evaluate: () => false,
  sql: (column) => `(${column} IS NULL)`,
};

export const presence: readonly Operator[] = [
  isNull,
  negation(isNull, {
    name: 'is_not_null',
    aliases: [],
    meaning: 'x is present; never UNKNOWN',
    label: { en: 'is present', zh: '不为空' },
    example: { field: 'kyc_status', operator: 'is_not_null' },
  }),
];
