/**
 * What can be told of a rule without any data: conditions on one field that
 * contradict each other, or that leave nobody out. Only where it is certain.
 */
import type { ScalarType } from '../fields.ts';
import type { RuleWarning } from './codes.ts';
import { literalValue } from './literals.ts';
import type { Group, NormalLeaf, WholeRule } from './normal.ts';
import { compareValues, type Value } from './values.ts';

/** Ends of what a leaf allows; an open end is absent. */
interface Range {
  readonly low?: Value;
  readonly lowIn: boolean;
  readonly high?: Value;
  readonly highIn: boolean;
}

const CLOCK = { asOf: '2000-01-01T00:00:00.000000Z', today: '2000-01-01', zone: 'UTC' } as const;

/** Warnings in document order. */
export function lintRule(rule: WholeRule, path = ''): readonly RuleWarning[] {
  if (!('logic' in rule)) return [];
  const own = lintGroup(rule, path);
  return [...own, ...rule.conditions.flatMap((child, index) => lintRule(child, `${path}/conditions/${index}`))];
}

function lintGroup(group: Group<WholeRule>, path: string): readonly RuleWarning[] {
  const all = group.logic === 'AND' || group.logic === 'NOT_ALL';
  const any = group.logic === 'OR' || group.logic === 'NONE';
  if (!all && !any) return [];
  const found: RuleWarning[] = [];
  for (const leaves of byField(group).values()) {
    const [first] = leaves;
    if (first === undefined || leaves.length < 2) continue;
    const { name, type } = first.field;
    if (all && isEmpty(type as ScalarType, leaves)) {
      const message = `no value of \`${name}\` meets all of these conditions: ${group.logic === 'AND' ? 'they hold for nobody' : 'the group holds for everybody who has a value'}`;
      found.push({ code: group.logic === 'AND' ? 'ALWAYS_FALSE' : 'ALWAYS_TRUE', path, message });
    }
    if (any && isFull(type as ScalarType, leaves)) {
      const message = `every value of \`${name}\` meets one of these conditions: ${group.logic === 'OR' ? 'they hold for everybody who has a value' : 'the group holds for nobody'}`;
      found.push({ code: group.logic === 'OR' ? 'ALWAYS_TRUE' : 'ALWAYS_FALSE', path, message });
    }
  }
  return found;
}

function byField(group: Group<WholeRule>): ReadonlyMap<string, readonly NormalLeaf[]> {
  const leaves = group.conditions.filter((child): child is NormalLeaf => !('logic' in child) && !('kind' in child));
  const plain = leaves.filter(
    (leaf) => leaf.other === undefined && leaf.salt === undefined && leaf.missing !== 'match' && leaf.case !== 'fold',
  );
  return Map.groupBy(plain, (leaf) => JSON.stringify([leaf.field.table, leaf.field.name]));
}

const ORDERED: readonly string[] = ['int64', 'decimal', 'double', 'date', 'string'];

/** The values that a leaf allows, as ranges; undefined where that cannot be told. */
function rangesOf(leaf: NormalLeaf): readonly Range[] | undefined {
  const { type } = leaf.field;
  if (!ORDERED.includes(type.kind)) return undefined;
  const read = (text: string): Value => literalValue(type as ScalarType, text, CLOCK);
  const { value } = leaf;
  const point = (text: string): Range => ({ low: read(text), lowIn: true, high: read(text), highIn: true });
  if (typeof value === 'string') {
    switch (leaf.operator) {
      case '=':
      case 'on':
        return [point(value)];
      case '!=':
        return [
          { high: read(value), highIn: false, lowIn: false },
          { low: read(value), lowIn: false, highIn: false },
        ];
      case '>':
      case 'after':
      case '>=':
        return [{ low: read(value), lowIn: leaf.operator === '>=', highIn: false }];
      case '<':
      case 'before':
      case '<=':
        return [{ high: read(value), highIn: leaf.operator === '<=', lowIn: false }];
    }
  }
  if (!Array.isArray(value)) return undefined;
  const [low, high] = value as readonly string[];
  if (leaf.operator === 'in') return (value as readonly string[]).map(point);
  if ((leaf.operator === 'in_range' || leaf.operator === 'date_between') && low !== undefined && high !== undefined)
    return [{ low: read(low), lowIn: true, high: read(high), highIn: true }];
  return undefined;
}

/** Ranges of large lists would be compared each with each. */
const MOST_RANGES = 200;

function isEmpty(type: ScalarType, leaves: readonly NormalLeaf[]): boolean {
  let left: readonly Range[] = [{ lowIn: false, highIn: false }];
  for (const leaf of leaves) {
    const own = rangesOf(leaf);
    if (own === undefined || own.length * left.length > MOST_RANGES) continue;
    left = left.flatMap((a) => own.flatMap((b) => intersection(type, a, b)));
    if (left.length === 0) return true;
  }
  return false;
}

function intersection(type: ScalarType, a: Range, b: Range): readonly Range[] {
  const low = higher(type, a, b);
  const high = lower(type, a, b);
  const range: Range = { ...low, ...high };
  if (range.low === undefined || range.high === undefined) return [range];
  const order = compareValues(type, range.low, range.high);
  return order < 0 || (order === 0 && range.lowIn && range.highIn) ? [range] : [];
}

function higher(type: ScalarType, a: Range, b: Range): Pick<Range, 'low' | 'lowIn'> {
  if (a.low === undefined) return b.low === undefined ? { lowIn: false } : { low: b.low, lowIn: b.lowIn };
  if (b.low === undefined) return { low: a.low, lowIn: a.lowIn };
  const order = compareValues(type, a.low, b.low);
  return order === 0
    ? { low: a.low, lowIn: a.lowIn && b.lowIn }
    : order > 0
      ? { low: a.low, lowIn: a.lowIn }
      : { low: b.low, lowIn: b.lowIn };
}

function lower(type: ScalarType, a: Range, b: Range): Pick<Range, 'high' | 'highIn'> {
  if (a.high === undefined) return b.high === undefined ? { highIn: false } : { high: b.high, highIn: b.highIn };
  if (b.high === undefined) return { high: a.high, highIn: a.highIn };
  const order = compareValues(type, a.high, b.high);
  return order === 0
    ? { high: a.high, highIn: a.highIn && b.highIn }
    : order < 0
      ? { high: a.high, highIn: a.highIn }
      : { high: b.high, highIn: b.highIn };
}

/** Whether the leaves together allow every value: what they leave out, leaf by leaf, has nothing in common. */
function isFull(type: ScalarType, leaves: readonly NormalLeaf[]): boolean {
  let out: readonly Range[] = [{ lowIn: false, highIn: false }];
  for (const leaf of leaves) {
    const own = rangesOf(leaf);
    if (own === undefined || own.length > 20 || out.length > MOST_RANGES) continue;
    for (const range of own) out = out.flatMap((a) => complement(range).flatMap((b) => intersection(type, a, b)));
    if (out.length === 0) return true;
  }
  return false;
}

function complement({ low, lowIn, high, highIn }: Range): readonly Range[] {
  return [
    ...(low === undefined ? [] : [{ high: low, highIn: !lowIn, lowIn: false }]),
    ...(high === undefined ? [] : [{ low: high, lowIn: !highIn, highIn: false }]),
  ];
}
