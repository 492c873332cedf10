import type { CatalogField, ScalarType } from '../../fields.ts';
import { checkKeys, type NodeFaults } from '../check-context.ts';
import { readMissing } from '../check-options.ts';
import { add, compareDecimals, type Decimal, multiply } from '../decimals.ts';
import type { JsonObject } from '../json.ts';
import type { ChangeLeaf } from '../normal.ts';
import { one } from '../operand.ts';
import { readShortNumber } from '../operand-numbers.ts';
import { NUMBERS } from '../operator.ts';
import { exact } from '../pairs.ts';
import { widthOfDecimal, widthOfType, widthProblem } from '../widths.ts';
import { operandOf, readTypedField } from './check-wide.ts';
import { isSince, PREVIOUS } from './since.ts';
import { wideOperator } from './wide-operator.ts';

const HUNDRED: Decimal = { unscaled: 100n, scale: 0 };
const increase = one('a number above 0', readShortNumber);

function readUnit(node: JsonObject, faults: NodeFaults): 'amount' | 'percent' | null {
  const unit = node.get('unit');
  if (unit === 'amount' || unit === 'percent') return unit;
  if (unit === undefined) faults.fail('KEY_MISSING', '', '`increased_by` needs `unit`');
  else faults.fail('OPTION_INVALID', '/unit', '`unit` is `amount` or `percent`');
  return null;
}

function readSince(node: JsonObject, faults: NodeFaults): string {
  const since = node.get('since');
  if (since === undefined) return PREVIOUS;
  if (isSince(since)) return since;
  faults.fail('OPTION_INVALID', '/since', '`since` is `"previous"` or a day of the form YYYY-MM-DD');
  return PREVIOUS;
}

function readIncrease(node: JsonObject, faults: NodeFaults): string | null {
  const value = increase.read(node.get('value'), operandOf('increased_by', faults));
  if (typeof value !== 'string') return null;
  if (exact(value).unscaled > 0n) return value;
  faults.fail('OPERAND_RANGE', '/value', `an increase by ${value} would be nearly everybody’s; it must be above 0`);
  return null;
}

function checkWidth(field: CatalogField, unit: ChangeLeaf['unit'], value: string, faults: NodeFaults): void {
  const x = widthOfType(field.type as ScalarType);
  if (x === null) return;
  const v = widthOfDecimal(exact(value));
  const problem =
    unit === 'percent'
      ? widthProblem(x.whole + Math.max(v.whole, 3) + 1, x.fraction + v.fraction)
      : widthProblem(Math.max(x.whole, v.whole) + 1, Math.max(x.fraction, v.fraction));
  if (problem !== null) faults.fail('ARITH_WIDTH', '', problem);
}

const negative = (value: Decimal): Decimal => ({ unscaled: -value.unscaled, scale: value.scale });

function exactIncrease(now: Decimal, before: Decimal, by: Decimal, percent: boolean): boolean | null {
  const rise = add(now, negative(before));
  if (!percent) return compareDecimals(rise, by) >= 0;
  return before.unscaled <= 0n ? null : compareDecimals(multiply(rise, HUNDRED), multiply(before, by)) >= 0;
}

/** Each step rounded to binary64; NaN has no answer. */
function doubleIncrease(now: number, before: number, by: number, percent: boolean): boolean | null {
  if (percent && before <= 0) return null;
  const [left, right] = percent ? [(now - before) * 100, before * by] : [now - before, by];
  return Number.isNaN(left) || Number.isNaN(right) ? null : left >= right;
}

export const increasedBy = [
  wideOperator('change', {
    name: 'increased_by',
    types: 'N',
    takes: 'a number above 0; `unit` `amount` or `percent`; `since` `"previous"` (default) or a day',
    meaning:
      'now − before ≥ the value, or that many percent of before; missing on either side is UNKNOWN, and percent of what is not above 0',
    label: { en: 'has grown by', zh: '增长' },
    example: { field: 'total_asset_value', operator: 'increased_by', value: 10, unit: 'percent' },
    check(node, faults, context) {
      checkKeys(node, ['operator', 'note', 'field', 'type', 'value', 'unit', 'since', 'missing'], faults);
      const field = readTypedField(node, { name: 'increased_by', types: NUMBERS }, faults, context);
      const missing = readMissing(node, faults);
      const [unit, since, value] = [readUnit(node, faults), readSince(node, faults), readIncrease(node, faults)];
      if (field === null || unit === null || value === null) return null;
      checkWidth(field, unit, value, faults);
      return { kind: 'change', operator: 'increased_by', field, since, value, unit, missing };
    },
    evaluate(leaf, user, world) {
      const [now, before] = [world.value(user, leaf.field), world.earlierValue(leaf.since, user, leaf.field)];
      if (now === null || before === null) return null;
      const [by, percent] = [leaf.value ?? '', leaf.unit === 'percent'];
      return leaf.field.type.kind === 'double'
        ? doubleIncrease(now as number, before as number, Number(by), percent)
        : exactIncrease(now as Decimal, before as Decimal, exact(by), percent);
    },
  }),
];
