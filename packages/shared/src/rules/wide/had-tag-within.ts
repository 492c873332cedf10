import type { RunClock } from '../../fields.ts';
import { checkKeys } from '../check-context.ts';
import { readMissing } from '../check-options.ts';
import { instantOf, parseTime, SECOND_MICROS } from '../instants.ts';
import { dayLiteral } from '../literals.ts';
import { wholeNumber } from '../operand-scalars.ts';
import { DAYS_MAX } from '../windowed.ts';
import { instantsOfDays } from '../zones.ts';
import { operandOf } from './check-wide.ts';
import { readTag } from './tags.ts';
import { wideOperator } from './wide-operator.ts';

const daysReader = wholeNumber(1, DAYS_MAX);

/** First instant of the day N−1 days before today, and that of the clock; microseconds since 1970. */
export function historyWindow(days: number, clock: RunClock): { readonly start: bigint; readonly end: bigint } {
  const first = instantsOfDays(clock.zone, dayLiteral(clock.today) - (days - 1), undefined)[0]?.start;
  if (first === undefined) throw new Error('a day that has no first instant');
  const time = parseTime(clock.asOf);
  if (time === null) throw new Error(`"${clock.asOf}" is no instant of a run's clock`);
  return { start: BigInt(first) * SECOND_MICROS, end: instantOf(time, 'UTC') };
}

export const hadTagWithin = [
  wideOperator('tag', {
    name: 'had_tag_within',
    types: 'none',
    takes: 'the id of a tag; `days` 1 to 36,500',
    meaning:
      'by recorded history, without this run, the user held the tag at some instant of today and the N−1 days before; UNKNOWN where the history starts later',
    label: { en: 'had the tag within days', zh: '近期拥有过标签' },
    example: { operator: 'had_tag_within', value: 3, days: 30 },
    check(node, faults, context) {
      checkKeys(node, ['operator', 'note', 'value', 'days', 'missing'], faults);
      const missing = readMissing(node, faults);
      const tag = readTag(node, 'had_tag_within', faults, context);
      const given = node.get('days');
      if (given === undefined) faults.fail('KEY_MISSING', '', '`had_tag_within` needs `days`');
      const days = given === undefined ? null : daysReader(given, operandOf('days', faults), '/days');
      if (tag === null || days === null) return null;
      return { kind: 'tag', operator: 'had_tag_within', tag, days: Number(days.text), missing };
    },
    evaluate(leaf, user, world) {
      const history = world.history(leaf.tag);
      const { start, end } = historyWindow(leaf.days ?? 1, world.clock);
      const held = (history?.spans ?? []).some(
        (span) => span.user === user && span.entered <= end && (span.left === null || span.left > start),
      );
      if (held) return true;
      return history === undefined || history.begins > start ? null : false;
    },
  }),
];
