import type { ScalarType } from '../../fields.ts';
import { checkKeys } from '../check-context.ts';
import { readMissing } from '../check-options.ts';
import { ALL_TYPES } from '../operator.ts';
import { compareValues } from '../values.ts';
import { readTypedField } from './check-wide.ts';
import { isSince, PREVIOUS } from './since.ts';
import { wideOperator } from './wide-operator.ts';

export const changedSince = [
  wideOperator('change', {
    name: 'changed_since',
    types: 'all but A',
    takes: '`"previous"` or a day',
    meaning: 'the value differs from that in the previous run’s data, or in the data of the day; missing on either side is UNKNOWN',
    label: { en: 'has changed since', zh: '发生变化' },
    example: { field: 'user_level', operator: 'changed_since', value: 'previous' },
    check(node, faults, context) {
      checkKeys(node, ['operator', 'note', 'field', 'type', 'value', 'missing'], faults);
      const kinds = ALL_TYPES.filter((kind) => kind !== 'array');
      const field = readTypedField(node, { name: 'changed_since', types: kinds }, faults, context);
      const missing = readMissing(node, faults);
      const value = node.get('value');
      if (value === undefined) faults.fail('OPERAND_COUNT', '', '`changed_since` needs `"previous"` or a day');
      else if (value === null) faults.fail('OPERAND_NULL', '/value', 'NULL is no day; write `"previous"` or a day');
      else if (!isSince(value)) faults.fail('OPERAND_TYPE', '/value', '`changed_since` takes `"previous"` or a day of the form YYYY-MM-DD');
      if (field === null) return null;
      return { kind: 'change', operator: 'changed_since', field, since: isSince(value) ? value : PREVIOUS, missing };
    },
    evaluate(leaf, user, world) {
      const [now, before] = [world.value(user, leaf.field), world.earlierValue(leaf.since, user, leaf.field)];
      return now === null || before === null ? null : compareValues(leaf.field.type as ScalarType, now, before) !== 0;
    },
  }),
];
