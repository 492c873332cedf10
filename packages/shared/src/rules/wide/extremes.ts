import type { ScalarType } from '../../fields.ts';
import { compared } from '../operand.ts';
import { readTyped } from '../operand-scalars.ts';
import { DATES, NUMBERS } from '../operator.ts';
import { compareValues } from '../values.ts';
import { aggregate, computedHolds, presentValues } from './aggregates.ts';
import type { WideOperator } from './wide-operator.ts';

const extreme = (name: 'min' | 'max', words: string, label: WideOperator['label']): WideOperator =>
  aggregate({
    name,
    field: 'must',
    kinds: [...NUMBERS, ...DATES],
    types: 'N D TS',
    operand: compared('', readTyped),
    takes: 'one value of the field’s type, or [low, high]',
    meaning: `the ${words} present value compares as \`compare\` says; without any value it is UNKNOWN`,
    label,
    example: { operator: name, table: 'trades', field: 'amount', compare: '>', value: 5000 },
    holds(leaf, rows, world) {
      const type = leaf.field!.type as ScalarType;
      const sign = name === 'max' ? 1 : -1;
      const [first, ...others] = presentValues(leaf, rows, world);
      if (first === undefined) return null;
      const best = others.reduce((one, other) => (sign * compareValues(type, other, one) > 0 ? other : one), first);
      return computedHolds(leaf, type, best, world);
    },
  });

export const extremes: readonly WideOperator[] = [
  extreme('min', 'least', { en: 'minimum', zh: '最小值' }),
  extreme('max', 'greatest', { en: 'maximum', zh: '最大值' }),
];
