/** Rules at random, the same for a seed, whose conditions all hold for some users of the fixtures and not for others. */
const LEAVES: readonly (readonly [string, readonly string[], readonly unknown[]])[] = [
  ['age', ['>', '<=', '=', '!='], [18, 25, 30, 41, 60]],
  [
    'age',
    ['in_range', 'not_in_range'],
    [
      [18, 30],
      [25, 60],
    ],
  ],
  ['total_asset_value', ['>=', '<'], [0, 1000, '50000.5', 100000]],
  ['risk_score', ['>', '<='], [10, 30.5, 60]],
  ['user_level', ['in', 'not_in'], [['VIP1'], ['VIP2', 'VIP3']]],
  ['nickname', ['contains', 'not_starts_with', 'is_empty', 'is_null'], ['a', 'u']],
  ['last_login_date', ['recent_days', 'not_recent_days', 'older_than_days'], [3, 7, 90]],
  ['registration_date', ['this_month', 'previous_year', 'is_not_null'], [null]],
  ['coins_held', ['contains_any', 'contains_all', 'not_contains_any'], [['BTC'], ['BTC', 'USDT']]],
  ['is_blacklisted', ['is_true', 'is_false'], [null]],
];

const NO_OPERAND = new Set(['is_empty', 'is_null', 'is_not_null', 'is_true', 'is_false', 'this_month', 'previous_year']);

/** A rule over the fields of the fixtures and of the sample tables; `others`: more conditions that may stand in it. */
export function randomRule(next: () => number, depth: number, others: readonly unknown[] = []): unknown {
  const one = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!;
  if (depth === 0 || next() < 0.3) {
    if (others.length > 0 && next() < 0.15) return one(others);
    const [field, operators, values] = one(LEAVES);
    const operator = one(operators);
    const missing = NO_OPERAND.has(operator) && operator.includes('null') ? undefined : one([undefined, 'match', 'no_match', 'unknown']);
    return { field, operator, ...(NO_OPERAND.has(operator) ? {} : { value: one(values) }), ...(missing === undefined ? {} : { missing }) };
  }
  const logic = one(['AND', 'OR', 'NONE', 'NOT_ALL', 'NOT', 'AT_LEAST']);
  const conditions = Array.from({ length: logic === 'NOT' ? 1 : 2 + Math.floor(next() * 2) }, () => randomRule(next, depth - 1, others));
  return { logic, ...(logic === 'AT_LEAST' ? { k: 2 } : {}), conditions };
}

/** The same numbers in every run: mulberry32. */
export function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
