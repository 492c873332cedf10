import { whole } from '../operand.ts';
import { textOf } from '../operator.ts';
import { operandOf } from './check-wide.ts';
import { rankOf, readOrder, readRanked } from './populations.ts';
import { wideOperator } from './wide-operator.ts';

const howMany = whole('', 1, Number.MAX_SAFE_INTEGER);

export const topN = [
  wideOperator('population', {
    name: 'top_n',
    types: 'N D TS',
    takes: 'a whole number of 1 or more; `order` `desc` (default) or `asc`',
    meaning: 'fewer than N users of the population are strictly better; who ties shares the fate',
    label: { en: 'is among the top', zh: '排名前' },
    example: { field: 'total_asset_value', operator: 'top_n', value: 1000 },
    check(node, faults, context) {
      const { field, missing } = readRanked(node, 'top_n', ['order'], faults, context);
      const order = readOrder(node, 'top_n', 'desc', faults);
      const value = howMany.read(node.get('value'), operandOf('top_n', faults));
      return field === null || value === undefined ? null : { kind: 'population', operator: 'top_n', field, value, order, missing };
    },
    evaluate(leaf, user, world) {
      const rank = rankOf(leaf, user, world);
      return rank === null ? null : rank.before < Number(textOf(leaf));
    },
  }),
];
