import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangeRecorder, decodeChanges, encodeChanges } from '../../src/merge/changes.ts';

const ids = fc.array(fc.integer({ min: 1, max: 2_000_000_000 }), { maxLength: 5 });

describe('change blocks', () => {
  it('decode to what was encoded', () => {
    const user = fc.record({ userId: fc.string({ unit: 'grapheme' }), entered: ids, exited: ids });
    fc.assert(
      fc.property(fc.array(user), (users) => {
        const block = {
          ruleVersions: new Map([
            [1, 1],
            [7, 3],
          ]),
          users,
        };
        expect(decodeChanges(encodeChanges(block))).toEqual(block);
      }),
    );
  });

  it('counts by tag, and shares sets', () => {
    const recorder = new ChangeRecorder();
    const set = [1, 2];
    for (let index = 0; index < 1_000; index += 1) recorder.entered(Buffer.from(`user_${index}`), set);
    recorder.changed(Buffer.from('x'), [2], [3]);
    expect(recorder.tagCounts()).toEqual([
      [1, 1_000, 0],
      [2, 1_001, 0],
      [3, 0, 1],
    ]);
    expect(recorder.encode([[1, 1]]).length).toBeLessThan(4_000);
  });

  it('more sets than 16 bits number', () => {
    const users = Array.from({ length: 70_000 }, (_, index) => ({ userId: String(index), entered: [index + 1], exited: [] }));
    expect(decodeChanges(encodeChanges({ ruleVersions: new Map(), users })).users.at(-1)).toEqual(users.at(-1));
  });
});
