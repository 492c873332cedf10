/** Random rules over the tables of `wide.test.ts`; the check refuses some of them. */

type Draw = (below: number) => number;

const COMPARES = ['=', '!=', '>', '>=', '<', '<=', 'in_range', 'not_in_range'] as const;

/** Draws of a number, the same for the same seed. */
export function drawsOf(seed: number): Draw {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
    return Math.floor(((state >>> 4) / 2 ** 28) * below);
  };
}

export function randomRule(draw: Draw, depth = 2): unknown {
  const logic = draw(depth === 0 ? 1 : 5);
  if (logic <= 2) return leaf(draw);
  const children = Array.from({ length: 1 + draw(3) }, () => randomRule(draw, depth - 1));
  if (logic === 3) return { logic: ['AND', 'OR', 'NONE', 'NOT_ALL'][draw(4)], conditions: children };
  return draw(2) === 0
    ? { logic: 'NOT', conditions: children.slice(0, 1) }
    : { logic: 'AT_LEAST', k: 1 + draw(children.length), conditions: children };
}

const missing = (draw: Draw): object => [{}, {}, { missing: 'match' }, { missing: 'no_match' }][draw(4)]!;

function leaf(draw: Draw): unknown {
  switch (draw(6)) {
    case 0:
    case 1:
      return { ...aggregate(draw), ...missing(draw) };
    case 2:
      return { ...change(draw), ...missing(draw) };
    case 3:
    case 4:
      return { ...place(draw), ...missing(draw) };
    default:
      return { field: 'coins', operator: '>', value: draw(30), ...missing(draw) };
  }
}

function aggregate(draw: Draw): object {
  const trades = draw(3) > 0;
  const fields = trades ? ['amount', 'pieces', 'coin', 'rate', 'at'] : ['day', 'device'];
  const operator = ['count', 'count_distinct', 'days_active', 'sum', 'avg', 'min', 'max'][draw(7)]!;
  const field = operator === 'days_active' || (operator === 'count' && draw(2) === 0) ? undefined : fields[draw(fields.length)]!;
  const compare = COMPARES[draw(COMPARES.length)]!;
  const one = (): unknown => {
    if (operator.startsWith('count') || operator === 'days_active') return draw(4);
    if (field === 'at' || field === 'day') return `2026-11-${17 + draw(6)}`;
    return field === 'pieces' && operator !== 'avg' ? draw(12) - 2 : (draw(800) - 100) / 10;
  };
  const [low, high] = [one(), one()].sort((a, b) => (a! < b! ? -1 : 1));
  const filters = trades
    ? [
        { field: 'amount', operator: '>', value: draw(20) },
        { field: 'coin', operator: 'in', value: ['BTC', 'btc'], missing: 'match' },
        { field: 'at', operator: 'recent_days', value: 1 + draw(5) },
      ]
    : [{ field: 'device', operator: '=', value: 'ios' }];
  return {
    operator,
    table: trades ? 'trades' : 'logins',
    ...(field === undefined ? {} : { field }),
    compare,
    value: compare.endsWith('in_range') ? [low, high] : one(),
    ...(trades || draw(2) === 0 ? { window: window(draw) } : {}),
    ...(draw(3) === 0 ? { filter: filters[draw(filters.length)] } : {}),
  };
}

function window(draw: Draw): object {
  const near = draw(5);
  return [
    { last_days: 1 + draw(3) },
    { days_ago: [near, near + draw(3)] },
    { period: ['this_day', 'previous_day', 'this_week'][draw(3)] },
    { from: `2026-11-${17 + draw(4)}`, to: `2026-11-${21 + draw(9)}` },
    { days_ago: [3, 5] },
  ][draw(5)]!;
}

function change(draw: Draw): object {
  if (draw(2) === 0)
    return { field: ['coins', 'worth', 'score', 'opened', 'seen', 'level'][draw(6)], operator: 'changed_since', value: '2026-11-01' };
  const unit = draw(2) === 0 ? 'amount' : 'percent';
  const value = unit === 'amount' ? (1 + draw(90)) / 10 : 1 + draw(200);
  return { field: ['coins', 'worth', 'score'][draw(3)], operator: 'increased_by', value, unit, since: '2026-11-01' };
}

function place(draw: Draw): object {
  const field = ['coins', 'worth', 'score', 'opened', 'seen'][draw(5)]!;
  const order = draw(2) === 0 ? 'asc' : 'desc';
  switch (draw(3)) {
    case 0:
      return { field, operator: 'top_n', value: 1 + draw(draw(2) === 0 ? 20 : 600), order };
    case 1:
      return { field, operator: 'percentile', compare: ['>', '>=', '<', '<='][draw(4)], value: (1 + draw(99_998)) / 1_000 };
    default: {
      const tiles = 2 + draw(draw(2) === 0 ? 8 : 999);
      return { field, operator: 'ntile', tiles, order, value: Array.from({ length: 1 + draw(3) }, () => 1 + draw(tiles)) };
    }
  }
}
