/** The rule as one document: what the blocks do to it leaves all else as it was written. */
import { describe, expect, it } from 'vitest';
import { isObject, type Json, type JsonObject } from '@tagmill/shared/rules/json';
import { moved, newTagLeaf, readDocument, withChild, withField, withOperator, wrapped, writeDocument } from '../src/rules/document.ts';

const TEXT =
  '{"logic": "AND", "conditions": [{"field": "a", "operator": "=", "value": 9007199254740993, "type": "number"}, {"field": "b", "operator": "is_null"}, {"field": "c", "operator": ">", "value": 0.10}]}';
const leaf = (text: string): JsonObject => {
  const read = readDocument(text)!;
  if (!isObject(read)) throw new Error('no object');
  return read;
};
const document = leaf(TEXT);
const plain = (root: Json): unknown => JSON.parse(writeDocument(root));
const order = (root: Json): string[] => (plain(root) as { conditions: { field: string }[] }).conditions.map((one) => one.field);

describe('the document of a rule', () => {
  it('moves a condition among its siblings, and no further; digits stay', () => {
    expect(order(moved(document, '/conditions/0', 1))).toEqual(['b', 'a', 'c']);
    expect(order(moved(document, '/conditions/2', -1))).toEqual(['a', 'c', 'b']);
    expect(moved(document, '/conditions/0', -1)).toBe(document);
    expect(moved(document, '/conditions/2', 1)).toBe(document);
    expect(moved(document, '', 1)).toBe(document);
    expect(writeDocument(moved(document, '/conditions/0', 1))).toMatch(/9007199254740993[\s\S]*0\.10/);
  });

  it('draws a lone condition into a group, and takes a condition on a tag', () => {
    const lone = leaf('{"field": "a", "operator": "=", "value": 1}');
    const group = withChild(wrapped(lone, ''), '', newTagLeaf(7));
    expect(plain(group)).toEqual({
      logic: 'AND',
      conditions: [
        { field: 'a', operator: '=', value: 1 },
        { operator: 'has_tag', value: 7 },
      ],
    });
  });

  it('takes the value away where an operator wants none, and gives an empty one back; another field has another type', () => {
    const none = withOperator(leaf('{"field": "a", "operator": "=", "value": 1}'), 'is_null', false);
    expect(plain(none)).toEqual({ field: 'a', operator: 'is_null' });
    expect(plain(withOperator(none as JsonObject, '>', true))).toEqual({ field: 'a', operator: '>', value: '' });
    expect(plain(withField(leaf('{"field": "a", "operator": "=", "value": 1, "type": "number"}'), 'b'))).toEqual({
      field: 'b',
      operator: '=',
      value: 1,
    });
  });
});
