import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinJsonObject, splitJsonObject } from '../../src/merge/json-object.ts';

describe('the top level of a JSON object', () => {
  it.each(['', '[]', '1', '"{}"', '{', '{"a":1', '{"a":1}x', '{a:1}'])('%s is none', (text) => {
    expect(splitJsonObject(text)).toBeUndefined();
  });

  it('gives raw texts', () => {
    expect(splitJsonObject('\n{ "a\\"" :\t[1, {"b":"]"}] ,"c":-1.50e3,"":null}')).toEqual([
      { key: 'a"', raw: '"a\\"" :\t[1, {"b":"]"}]', value: '[1, {"b":"]"}]' },
      { key: 'c', raw: '"c":-1.50e3', value: '-1.50e3' },
      { key: '', raw: '"":null', value: 'null' },
    ]);
  });

  it('splits and joins to the same object, whatever is in it and however it is spaced', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 1, '\t\n'), (object, space) => {
        const entries = splitJsonObject(JSON.stringify(object, null, space))!;
        expect(entries.map((entry) => [entry.key, JSON.parse(entry.value)])).toEqual(
          Object.entries(object).map(([key, value]) => [key, JSON.parse(JSON.stringify(value))]),
        );
        expect(JSON.parse(joinJsonObject(entries.map((entry) => entry.raw)))).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });
});
