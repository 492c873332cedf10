import { deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangeRecorder, encodeChanges } from '../../src/merge/change-recorder.ts';
import { decodeChanges } from '../../src/merge/changes.ts';

const ids = fc.array(fc.integer({ min: 1, max: 2_000_000_000 }), { maxLength: 5 });

describe('change blocks', () => {
  it('decode to what was encoded', () => {
    const entry = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant(null), fc.constant(undefined));
    const left = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), entry), { maxLength: 4 });
    const user = fc.record({ userId: fc.string({ unit: 'grapheme' }), entered: ids, left }).map(({ userId, entered, left }) => ({
      userId,
      entered,
      exited: left.map(([id]) => id),
      exitedEntries: left.map(([, text]) => text),
    }));
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
    recorder.changed(Buffer.from('x'), [2], [3], [null]);
    expect(recorder.tagCounts()).toEqual([
      [1, 1_000, 0],
      [2, 1_001, 0],
      [3, 0, 1],
    ]);
    expect(recorder.encode([[1, 1]]).length).toBeLessThan(4_000);
  });

  it('more sets than 16 bits number', () => {
    const users = Array.from({ length: 70_000 }, (_, index) => ({
      userId: String(index),
      entered: [index + 1],
      exited: [],
      exitedEntries: [],
    }));
    expect(decodeChanges(encodeChanges({ ruleVersions: new Map(), users })).users.at(-1)).toEqual(users.at(-1));
  });

  it('without entries, as the first version wrote them, are read: what went with a tag is not known', () => {
    const header = Buffer.from(JSON.stringify({ v: 1, tags: [[1, 3]], sets: [[[2], [1]]], count: 2, wide: false }));
    const head = Buffer.alloc(4);
    head.writeUInt32LE(header.length);
    const block = deflateRawSync(Buffer.concat([head, header, Buffer.from([1, 0, 2, 0, 0, 0, 0, 0]), Buffer.from('abc')]));
    const change = { entered: [2], exited: [1], exitedEntries: [undefined] };
    expect(decodeChanges(block)).toEqual({
      ruleVersions: new Map([[1, 3]]),
      users: [
        { userId: 'a', ...change },
        { userId: 'bc', ...change },
      ],
    });
  });

  it('of a version to come, or cut, are refused', () => {
    const whole = encodeChanges({ ruleVersions: new Map(), users: [{ userId: 'ab', entered: [1], exited: [], exitedEntries: [] }] });
    const bytes = inflateRawSync(whole);
    expect(() => decodeChanges(deflateRawSync(bytes.subarray(0, -1)))).toThrow('1 users');
    expect(() => decodeChanges(deflateRawSync(Buffer.from(bytes.toString('latin1').replace('"v":2', '"v":9'), 'latin1')))).toThrow(
      'version 9',
    );
  });

  it('keep the entries of a whole batch, but never so many that no server takes the block', () => {
    const since = (index: number): string =>
      `"7":{"tag_name":"name","reason":"reason","source":"AUTO","rule_version":1,"since":"${index}"}`;
    const recorder = new ChangeRecorder();
    for (let index = 0; index < 65_536; index += 1) recorder.changed(Buffer.from(`u${index}`), [], [7], [since(index % 1_000)]);
    for (let index = 0; index < 8; index += 1) recorder.changed(Buffer.from(`v${index}`), [], [8], [String(index).repeat(700_000)]);
    const block = recorder.encode([[7, 1]]);
    const kept = decodeChanges(block).users.map((user) => user.exitedEntries[0]?.length);
    expect(kept.filter((length) => length === undefined)).toHaveLength(6);
    expect(kept.slice(0, 65_536)).not.toContain(undefined);
    expect(block.length).toBeLessThan(1_500_000);
  });
});
