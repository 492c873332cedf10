/** Rules as analysts write them, over the columns of the wide table: the same ones for the same seed. */
import { COUNTS, DAYS, FLAGS, INSTANTS, MONEY, SCORES, TEXT, WORDS } from './wide-table.ts';

export type RuleJson =
  | { readonly logic: string; readonly k?: number; readonly conditions: readonly RuleJson[] }
  | { readonly field: string; readonly operator: string; readonly [key: string]: unknown };

/** Numbers in [0, 1) from a seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  /** A whole number in [0, n). */
  below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  some<T>(values: readonly T[], most: number): T[] {
    const chosen = new Set<T>();
    const wanted = 1 + this.below(Math.min(most, values.length));
    while (chosen.size < wanted) chosen.add(this.of(values));
    return [...chosen];
  }
}

const ORDERS = ['>', '>=', '<', '<='];
/** People ask for round numbers, so that the same condition comes again in several rules. */
const ROUND = [1, 2, 3, 5, 7.5];
const DAY_COUNTS = [1, 3, 7, 10, 14, 15, 21, 30, 45, 60, 90, 120, 180, 270, 365, 540, 730];

function roundBelow(dice: Dice, most: number): number {
  const power = dice.below(Math.max(1, Math.floor(Math.log10(most)) + 1));
  return Math.max(1, Math.floor(dice.of(ROUND) * 10 ** power));
}

function numberLeaf(dice: Dice, field: string, most: number): RuleJson {
  if (dice.below(4) > 0) return { field, operator: dice.of(ORDERS), value: roundBelow(dice, most) };
  const [low, high] = [roundBelow(dice, most), roundBelow(dice, most)].sort((a, b) => a - b) as [number, number];
  return { field, operator: dice.of(['in_range', 'not_in_range']), value: [low, high] };
}

function dayLeaf(dice: Dice, field: string): RuleJson {
  const operator = dice.of([
    'recent_days',
    'not_recent_days',
    'days_ago',
    'older_than_days',
    'this_month',
    'previous_month',
    'before',
    'after',
  ]);
  if (operator === 'before' || operator === 'after')
    return { field, operator, value: `202${4 + dice.below(3)}-${dice.of(['01', '04', '07', '10'])}-01` };
  return operator.endsWith('month') ? { field, operator } : { field, operator, value: dice.of(DAY_COUNTS) };
}

function wordLeaf(dice: Dice, field: string): RuleJson {
  const words = WORDS[field]!;
  return dice.below(2) === 0
    ? { field, operator: dice.of(['=', '!=']), value: dice.of(words) }
    : { field, operator: dice.of(['in', 'in', 'not_in']), value: dice.some(words, 6) };
}

function textLeaf(dice: Dice): RuleJson {
  return dice.of<RuleJson>([
    { field: TEXT, operator: 'contains', value: String(dice.below(100)) },
    { field: TEXT, operator: 'starts_with', value: `user${dice.below(10)}` },
    { field: TEXT, operator: 'length', compare: '>=', value: 5 + dice.below(5) },
    { field: dice.of(MONEY), operator: '>', other: dice.of(MONEY) },
  ]);
}

function leaf(dice: Dice): RuleJson {
  const kind = dice.below(100);
  if (kind < 25) return numberLeaf(dice, ...dice.of(Object.entries(COUNTS)));
  if (kind < 45) return numberLeaf(dice, dice.of(MONEY), 1_000_000);
  if (kind < 50) return numberLeaf(dice, dice.of(SCORES), 100);
  if (kind < 66) return dayLeaf(dice, dice.of(DAYS));
  if (kind < 71) return dayLeaf(dice, dice.of(INSTANTS));
  if (kind < 90) return wordLeaf(dice, dice.of(Object.keys(WORDS)));
  if (kind < 94) return { field: dice.of(FLAGS), operator: dice.of(['is_true', 'is_false']) };
  if (kind < 98) return { field: dice.of([...MONEY, ...DAYS]), operator: dice.of(['is_null', 'is_not_null']) };
  return textLeaf(dice);
}

function group(dice: Dice, conditions: readonly RuleJson[]): RuleJson {
  if (conditions.length === 1) return conditions[0]!;
  const form = dice.below(10);
  if (form < 5 || conditions.length < 3) return { logic: 'AND', conditions };
  if (form < 6) return { logic: 'OR', conditions };
  if (form < 7) return { logic: 'AT_LEAST', k: 2, conditions };
  const [first, ...others] = conditions;
  return { logic: 'AND', conditions: [first!, { logic: form < 9 ? 'OR' : 'NONE', conditions: others }] };
}

/** So many rules with `leaves` conditions in all, one at least in each. */
export function wideRules(count: number, leaves: number): RuleJson[] {
  const dice = new Dice(11);
  const sizes = Array.from({ length: count }, () => 1);
  for (let left = leaves - count; left > 0; left -= 1) {
    let at = dice.below(count);
    while (sizes[at]! >= 12) at = dice.below(count);
    sizes[at]! += 1;
  }
  return sizes.map((size) => {
    const conditions = Array.from({ length: size }, () => leaf(dice));
    return group(dice, conditions);
  });
}

/** So many rules that share conditions: `different` ones, each in `times` rules. */
export function sharedRules(count: number, different: number, times: number): RuleJson[] {
  const dice = new Dice(13);
  const pool = new Map<string, RuleJson>();
  while (pool.size < different) {
    const one = leaf(dice);
    pool.set(JSON.stringify(one), one);
  }
  const conditions: RuleJson[][] = Array.from({ length: count }, () => []);
  for (let time = 0; time < times; time += 1) {
    const left = [...pool.values()];
    for (let at = 0; left.length > 0; at += 1) conditions[at % count]!.push(...left.splice(dice.below(left.length), 1));
  }
  return conditions.map((own) => group(dice, own));
}
