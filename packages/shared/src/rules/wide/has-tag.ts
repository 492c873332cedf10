import { checkKeys } from '../check-context.ts';
import { readMissing } from '../check-options.ts';
import { readTag, refuseCycle } from './tags.ts';
import { type WideOperator, wideOperator } from './wide-operator.ts';

const state = (name: 'has_tag' | 'not_has_tag', meaning: string, label: WideOperator['label']): WideOperator =>
  wideOperator('tag', {
    name,
    types: 'none',
    takes: 'the id of a tag',
    meaning,
    label,
    example: { operator: name, value: 3 },
    check(node, faults, context) {
      checkKeys(node, ['operator', 'note', 'value', 'missing'], faults);
      const missing = readMissing(node, faults);
      const tag = readTag(node, name, faults, context);
      if (tag === null) return null;
      refuseCycle(tag, faults, context);
      return { kind: 'tag', operator: name, tag, missing };
    },
    evaluate(leaf, user, world) {
      const held = world.tagState(leaf.tag, user);
      return held === 'U' ? null : (held === 'T') === (name === 'has_tag');
    },
  });

export const hasTag: readonly WideOperator[] = [
  state('has_tag', 'the user has the tag: by hand, by this run’s result, or as stored where the run does not evaluate it', {
    en: 'has the tag',
    zh: '拥有标签',
  }),
  state('not_has_tag', 'the NOT of `has_tag`; where that is not known it stays UNKNOWN', { en: 'does not have the tag', zh: '没有标签' }),
];
