import { describe, expect, it } from 'vitest';
import { chooseRules, parseRulesFile, sameJson } from '../../src/tagstore/rules.ts';

describe('files of rules', () => {
  it('keep the text of each rule, and ignore what they need not know', () => {
    const text =
      '\n{"as_of": 1, "tags": [ {"tag_id": 7, "x": [1], "rule_conditions": { "value" : 1.10, "v": 18446744073709551617 } } , {"tag_id": 8} ] }';
    expect(parseRulesFile(text, 'f')).toEqual([
      {
        tagId: 7,
        tagName: 'tag 7',
        category: '',
        description: null,
        isActive: true,
        ruleJson: '{ "value" : 1.10, "v": 18446744073709551617 }',
      },
      { tagId: 8, tagName: 'tag 8', category: '', description: null, isActive: true, ruleJson: null },
    ]);
  });

  it.each([
    ['{', 'is not JSON'],
    ['{}', 'no list of tags'],
    ['[1]', 'tag 1 of the list: is not an object'],
    ['[{"tag_id": 1}, {"tag_id": "2"}]', 'tag 2 of the list: tag_id'],
    ['[{"tag_id": 1}, {"tag_id": 1}]', 'tag_id 1 is there twice'],
    ['[{"tag_id": 1, "tag_name": 5}]', 'tag_name is not text'],
    ['[{"tag_id": 1, "is_active": "yes"}]', 'is_active'],
  ])('%s is refused: %s', (text, said) => {
    expect(() => parseRulesFile(text, 'rules.json')).toThrow(
      expect.objectContaining({ code: 'FILE_UNREADABLE', message: expect.stringContaining(said) }),
    );
  });
});

describe('rules', () => {
  it.each([
    ['{"a":1,"b":[1,2]}', '{ "b": [1, 2], "a": 1 }', true],
    ['9007199254740993', '9007199254740992', false],
    ['"\\u0041"', '"A"', true],
    ['[1,2]', '[2,1]', false],
    ['not json', 'not json', true],
    ['not json', '1', false],
  ])('%s and %s are one value: %s', (a, b, same) => {
    expect(sameJson(a, b)).toBe(same);
  });

  it('choose the newest active one, else the newest', () => {
    const row = (ruleId: number, ruleActive: boolean, tagId = 1) => ({
      ruleId,
      tagId,
      tagName: 't',
      category: 'c',
      description: null,
      ruleActive,
      tagActive: true,
      ruleJson: '{}',
    });
    const chosen = chooseRules([row(9, false, 2), row(8, false, 2), row(3, false), row(2, true), row(1, true)]);
    expect(chosen.map((rule) => [rule.tagId, rule.ruleId, rule.isActive, rule.passedOver])).toEqual([
      [1, 2, true, [1]],
      [2, 9, false, []],
    ]);
  });
});
