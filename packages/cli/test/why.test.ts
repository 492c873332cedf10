import type { WhyAnswer } from '@tagmill/shared/api/why';
import { expect, test } from 'vitest';
import { whyText } from '../src/show/why-text.ts';

const since = '2026-11-24T01:00:00.000Z';
const answer: WhyAnswer = {
  now: {
    instance_id: 'r/report',
    name: 'report',
    state: 'registered',
    sentence: 'waits for tag 1 and 11 more',
    causes: [
      {
        code: 'upstream',
        sentence: 'waits for tag 1 and 11 more',
        since,
        until: null,
        more: 11,
        waits_for: [
          {
            instance_id: 'r/tag-1',
            name: 'tag 1',
            state: 'running',
            sentence: 'shard 3 failed and is tried again',
            causes: [
              {
                code: 'back-off',
                sentence: '1 shards wait for another try',
                since,
                until: '2026-11-24T01:00:09.000Z',
                more: 0,
                waits_for: [],
              },
            ],
          },
        ],
      },
    ],
  },
  history: [
    { state: 'registered', held: false, from: since, to: since, seconds: 0.04, sentence: 'waited for plan, which ended last' },
    { state: 'pending', held: true, from: since, to: since, seconds: 245, sentence: 'held, until ann released it' },
    { state: 'pending', held: false, from: since, to: since, seconds: 7_500, sentence: 'waited for its turn' },
    { state: 'registered', held: false, from: since, to: null, seconds: 3, sentence: 'waited for the tasks before it' },
  ],
};

test('a tree of causes, each task with its own below it, and what was waited for before', () => {
  expect(whyText(answer).split('\n')).toEqual([
    'report is registered: waits for tag 1 and 11 more',
    `  upstream: waits for tag 1 and 11 more, since ${since}`,
    '    tag 1 is running: shard 3 failed and is tried again',
    `      back-off: 1 shards wait for another try, since ${since}, until 2026-11-24T01:00:09.000Z`,
    '    and 11 more',
    'before:',
    '      0.0 s  waited for plan, which ended last',
    '  4 min 5 s  held, until ann released it',
    '  2 h 5 min  waited for its turn',
    '',
  ]);
});
