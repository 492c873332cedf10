import type { NodeFaults } from '../check-context.ts';
import { isList, type JsonObject } from '../json.ts';
import { list, one } from '../operand.ts';
import { wholeNumber } from '../operand-scalars.ts';
import { operandOf } from './check-wide.ts';
import { rankOf, readOrder, readRanked } from './populations.ts';
import { wideOperator } from './wide-operator.ts';

const MAX_TILES = 1_000;
const tilesReader = wholeNumber(2, MAX_TILES);

function readTiles(node: JsonObject, faults: NodeFaults): number | null {
  const given = node.get('tiles');
  if (given === undefined) faults.fail('KEY_MISSING', '', '`ntile` needs `tiles`');
  const tiles = given === undefined ? null : tilesReader(given, operandOf('tiles', faults), '/tiles');
  return tiles === null ? null : Number(tiles.text);
}

export const ntile = [
  wideOperator('population', {
    name: 'ntile',
    types: 'N D TS',
    takes: 'a tile or a list of tiles; `tiles` k, 2 to 1,000; `order` `asc` or `desc`',
    meaning: '⌊(r−1)·k/n⌋ + 1 is such a tile, r − 1 being the users strictly before x in that order; who ties shares the fate',
    label: { en: 'is in the tile', zh: '分位组' },
    example: { field: 'total_asset_value', operator: 'ntile', tiles: 4, order: 'desc', value: 1 },
    check(node, faults, context) {
      const { field, missing } = readRanked(node, 'ntile', ['tiles', 'order'], faults, context);
      const tiles = readTiles(node, faults);
      const order = readOrder(node, 'ntile', null, faults);
      const reader = wholeNumber(1, tiles ?? MAX_TILES);
      const operand = isList(node.get('value')) ? list('tiles', reader) : one('a tile', reader);
      const value = operand.read(node.get('value'), operandOf('ntile', faults));
      if (field === null || tiles === null || value === undefined) return null;
      return { kind: 'population', operator: 'ntile', field, value, tiles, order, missing };
    },
    evaluate(leaf, user, world) {
      const rank = rankOf(leaf, user, world);
      if (rank === null) return null;
      const tile = Math.floor((rank.before * (leaf.tiles ?? 1)) / rank.users) + 1;
      const wanted = typeof leaf.value === 'object' ? leaf.value : [leaf.value];
      return wanted.includes(String(tile));
    },
  }),
];
