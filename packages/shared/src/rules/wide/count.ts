import { countHolds } from '../counted.ts';
import { compared } from '../operand.ts';
import { ALL_TYPES } from '../operator.ts';
import { aggregate, presentValues } from './aggregates.ts';

export const count = [
  aggregate({
    name: 'count',
    field: 'may',
    kinds: ALL_TYPES,
    types: 'none, or any',
    operand: compared(''),
    takes: 'a whole number of 0 or more, or [low, high]',
    meaning: 'the number of the user’s rows, or of those where the field is present, compares as `compare` says; no row is 0',
    label: { en: 'number of records', zh: '记录数' },
    example: { operator: 'count', table: 'trades', compare: '>=', value: 3, window: { last_days: 30 } },
    holds: (leaf, rows, world) => countHolds(leaf.field === undefined ? rows.length : presentValues(leaf, rows, world).length, leaf),
  }),
];
