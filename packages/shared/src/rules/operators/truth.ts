import { noOperand } from '../operand.ts';
import type { Operator } from '../operator.ts';

const truth = (wanted: boolean, label: Operator['label']): Operator => ({
  name: wanted ? 'is_true' : 'is_false',
  aliases: [],
  group: 'boolean',
  types: ['boolean'],
  operand: noOperand([wanted, String(wanted)]),
  keys: ['missing'],
  meaning: `x is ${wanted}`,
  label,
  example: { field: 'is_blacklisted', operator: wanted ? 'is_true' : 'is_false' },
  evaluate: (value) => value === wanted,
  sql: (column) => `(${column} = ${wanted ? 'TRUE' : 'FALSE'})`,
});

export const truthOperators: readonly Operator[] = [
  truth(true, { en: 'is true', zh: '为真' }),
  truth(false, { en: 'is false', zh: '为假' }),
];
