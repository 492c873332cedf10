import { negation, type Operator } from '../operator.ts';
import { noOperand } from '../operand.ts';
import type { Value } from '../values.ts';

const isEmpty: Operator = {
  name: 'is_empty',
  aliases: [],
  group: 'presence',
  types: ['string', 'array'],
  operand: noOperand(),
  keys: ['missing'],
  meaning: 'x is the empty text or has no elements; a space is not empty',
  label: { en: 'is empty', zh: '为空串' },
  example: { field: 'coins_held', operator: 'is_empty' },
  evaluate: (value) => (value as string | readonly Value[]).length === 0,
  sql: (column, leaf) => (leaf.field.type.kind === 'array' ? `(list_count(${column}) = 0)` : `(${column} = '')`),
};

export const empty: readonly Operator[] = [
  isEmpty,
  negation(isEmpty, {
    name: 'not_empty',
    aliases: [],
    meaning: 'x is a text that is not empty, or has elements',
    label: { en: 'is not empty', zh: '不为空串' },
    example: { field: 'coins_held', operator: 'not_empty' },
  }),
];
