import { type Decimal, formatDecimal } from '../decimals.ts';
import type { NormalLeaf } from '../normal.ts';
import { listName } from '../operand.ts';
import { negation, type Operator, operandType } from '../operator.ts';
import { literalSql, nameSql } from '../sql-literals.ts';

/** Values of the list; an empty one fails the tag before this, and must never mean everybody. */
function itemsOf(leaf: NormalLeaf): readonly string[] {
  const { items } = leaf;
  if (items === undefined || items.length === 0) throw new Error('a named list without values; only checked rules can be evaluated');
  return items;
}

/** Table of an engine that holds the values of a long list, in its column v. */
export const valueTable = (hash: string, kind: string): string => nameSql(`tagmill_values_${kind}_${hash}`);

const isInList: Operator = {
  name: 'in_list',
  aliases: [],
  group: 'set',
  types: ['string', 'int64'],
  operand: listName('the name of an uploaded list of the same type'),
  keys: ['missing'],
  meaning: 'x equals a value of the uploaded list, exactly',
  label: { en: 'is in the list', zh: '在名单中' },
  example: { field: 'user_id', operator: 'in_list', value: 'key_accounts' },
  evaluate(value, leaf) {
    // The values of a long list are elsewhere: whoever asks the reference fills them in, or does not know.
    if (leaf.itemsHash !== undefined) return null;
    const text = typeof value === 'string' ? value : formatDecimal(value as Decimal);
    return itemsOf(leaf).includes(text);
  },
  sql: (column, leaf, clock) => {
    if (leaf.itemsHash !== undefined) return `(${column} IN (SELECT v FROM ${valueTable(leaf.itemsHash, leaf.field.type.kind)}))`;
    return `(${column} IN (${itemsOf(leaf)
      .map((item) => literalSql(operandType(leaf.field.type), item, clock))
      .join(', ')}))`;
  },
};

export const inListOperators: readonly Operator[] = [
  isInList,
  negation(isInList, {
    name: 'not_in_list',
    aliases: [],
    meaning: 'x equals no value of the uploaded list; a missing x stays UNKNOWN',
    label: { en: 'is not in the list', zh: '不在名单中' },
    example: { field: 'user_id', operator: 'not_in_list', value: 'key_accounts' },
  }),
];
