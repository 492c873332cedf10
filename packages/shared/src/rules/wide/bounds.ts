/**
 * A condition on a user's place in the population as comparisons with values of
 * it: which places must be known once its size is, and the rule that follows.
 * Places count from 1, the smallest value first; who ties shares the fate.
 */
import type { NormalRule, PopulationLeaf } from '../normal.ts';
import { textOf } from '../operator.ts';
import { placeOf } from './percentile.ts';

/** The users of one tile: `before` of those before x, in the leaf's order, from `from` (in) to `to` (out). */
interface Tile {
  readonly from: number;
  readonly to: number;
}

function tilesOf(leaf: PopulationLeaf, users: number): Tile[] {
  const tiles = leaf.tiles ?? 1;
  const wanted = typeof leaf.value === 'object' ? leaf.value : [String(leaf.value)];
  const start = (tile: number): number => Number((BigInt(tile) * BigInt(users) + BigInt(tiles) - 1n) / BigInt(tiles));
  return [...new Set(wanted.map(Number))].map((tile) => ({ from: start(tile - 1), to: start(tile) }));
}

/** The place whose value bounds those before whom `before` users stand; the other way round where the order descends. */
const boundAt = (leaf: PopulationLeaf, before: number, users: number): number => (leaf.order === 'asc' ? before : users - before + 1);

const topPlace = (leaf: PopulationLeaf, users: number): number => {
  const most = BigInt(textOf(leaf));
  const place = most >= BigInt(users) ? users : Number(most);
  return leaf.order === 'asc' ? place : users - place + 1;
};

/** Places whose values `boundRule` asks for; none where there are no users. */
export function placesOf(leaf: PopulationLeaf, users: number): readonly number[] {
  if (users === 0) return [];
  switch (leaf.operator) {
    case 'top_n':
      return [topPlace(leaf, users)];
    case 'percentile':
      return [placeOf(textOf(leaf), users)];
    default:
      return [
        1,
        ...tilesOf(leaf, users).flatMap(({ from, to }) =>
          [from, to].filter((at) => at >= 1 && at <= users).map((at) => boundAt(leaf, at, users)),
        ),
      ];
  }
}

/** No rule that is written names infinity, so engines need not know what lies beyond it. */
function finite(operator: string, value: string): { readonly operator: string; readonly value: string } {
  if (value === 'Infinity' && operator === '<=') return { operator: '>=', value: '-Infinity' };
  return value === 'Infinity' && operator === '>' ? { operator: '<', value: '-Infinity' } : { operator, value };
}

/** Any value of the type: nobody has one to compare with it. */
function someValue(leaf: PopulationLeaf): string {
  if (leaf.field.type.kind === 'date') return '2000-01-01';
  return leaf.field.type.kind === 'timestamp' ? '2000-01-01T00:00:00Z' : '0';
}

/**
 * The condition over the user's row that says the same.
 *
 * @param users of the population
 * @param valueAt literal of the value at a place of `placesOf`
 */
export function boundRule(leaf: PopulationLeaf, users: number, valueAt: (place: number) => string): NormalRule {
  const { field, missing } = leaf;
  const compare = (operator: string, value: string): NormalRule => ({ field, ...finite(operator, value), missing });
  if (users === 0) return compare('=', someValue(leaf));
  if (leaf.operator === 'top_n') return compare(leaf.order === 'asc' ? '<=' : '>=', valueAt(topPlace(leaf, users)));
  if (leaf.operator === 'percentile') return compare(leaf.compare ?? '', valueAt(placeOf(textOf(leaf), users)));
  const [beyond, within] = leaf.order === 'asc' ? ['>', '<='] : ['<', '>='];
  // At least `count` users stand strictly before x: x is beyond the value of the last of them.
  const least = (count: number): NormalRule => compare(beyond!, valueAt(boundAt(leaf, count, users)));
  const fewer = (count: number): NormalRule => compare(within!, valueAt(boundAt(leaf, count, users)));
  const tiles = tilesOf(leaf, users).map(({ from, to }): NormalRule => {
    const conditions = [...(from >= 1 ? [least(from)] : []), ...(to < users ? [fewer(to)] : [])];
    if (conditions.length === 0) return compare('>=', valueAt(1));
    return conditions.length === 1 ? conditions[0]! : { logic: 'AND', conditions };
  });
  return tiles.length === 1 ? tiles[0]! : { logic: 'OR', conditions: tiles };
}
