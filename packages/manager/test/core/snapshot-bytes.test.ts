/** Whatever bytes come in place of a snapshot, they are read or refused with a sentence. */
import { TagmillError } from '@tagmill/shared/errors';
import { Prng } from '@tagmill/shared/prng';
import { describe, expect, test } from 'vitest';
import { digest } from '../../src/core/digest.ts';
import { decodeState } from '../../src/core/snapshot/decode.ts';
import { encodeState } from '../../src/core/snapshot/encode.ts';
import { checksum, TRAILER_BYTES } from '../../src/core/snapshot/records.ts';
import { SECTION_BYTES, type SnapshotSection, STATE_FORMAT } from '../../src/core/snapshot/section.ts';
import type { ManagerState } from '../../src/core/state.ts';
import { History, SETTINGS } from './snapshot-history.ts';
import { runOf } from './bench-of.ts';
import { Run } from '../../src/core/run.ts';

const small = () => new History(7, 90).state;

/** So large that it has several sections. */
function large(): ManagerState {
  const state = small();
  const tasks = Array.from({ length: 30_000 }, (_, i) => ({
    ...runOf('', 1, 1).tasks[1]!,
    name: `a-task-${i}`,
    title: `任务 ${i}`,
    tagId: i,
  }));
  const run = Run.of({ ...runOf('large', 0, 1), tasks, edges: [] });
  for (let row = 0; row < run.size; row++) run.stories.tell(row, row, `told ${row}`, null);
  state.runs.set(run.id, run);
  return state;
}

const sectionsOf = (state: ManagerState) => [...encodeState(state)].map(({ name, bytes }) => ({ name, bytes: bytes.slice() }));

/** As it is after a change, with checksums that fit again: as somebody would forge it. */
function resealed(sections: readonly SnapshotSection[]): SnapshotSection[] {
  let sum = 0;
  return sections.map(({ name, bytes }, number) => {
    const size = bytes.length - TRAILER_BYTES;
    if (size < 0) return { name, bytes };
    const copy = bytes.slice();
    sum = checksum(sum, new Uint32Array(copy.slice(0, size - (size % 4)).buffer));
    new DataView(copy.buffer).setUint32(size, sum, true);
    new DataView(copy.buffer).setUint32(size + 4, number, true);
    return { name, bytes: copy };
  });
}

function refusal(sections: Iterable<SnapshotSection>): TagmillError | undefined {
  try {
    decodeState(sections, SETTINGS);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(TagmillError);
    return error as TagmillError;
  }
}

describe('damage', () => {
  const sections = sectionsOf(large());
  const size = sections.reduce((sum, one) => sum + one.bytes.length, 0);

  test('there are several sections, none too long, and they are read as they are', () => {
    expect(sections.length).toBeGreaterThan(2);
    expect(Math.max(...sections.map((one) => one.bytes.length))).toBe(SECTION_BYTES);
    expect(refusal(sections)).toBeUndefined();
  });

  test.each(Array.from({ length: 50 }, (_, i) => i))('cut off after %i fiftieths', (part) => {
    let left = Math.floor((size * part) / 50);
    const cut: SnapshotSection[] = [];
    for (const { name, bytes } of sections) {
      if (left <= 0) break;
      cut.push({ name, bytes: bytes.subarray(0, left) });
      left -= bytes.length;
    }
    expect(refusal(cut)?.code).toBe('SNAPSHOT_UNUSABLE');
    if (part > 0) expect(refusal(resealed(cut))?.code).toBe('SNAPSHOT_UNUSABLE');
  });

  test('a flipped bit in any section', () => {
    const prng = new Prng(1);
    for (const number of sections.keys()) {
      for (let i = 0; i < 8; i++) {
        const flipped = sections.map((one) => ({ ...one, bytes: one.bytes.slice() }));
        const { bytes } = flipped[number]!;
        const at = prng.between(0, bytes.length - 1);
        bytes[at]! ^= 1 << prng.between(0, 7);
        expect(refusal(flipped)?.code, `byte ${at} of section ${number}`).toBe('SNAPSHOT_UNUSABLE');
      }
    }
  });

  test('a section missing, twice, in another place, or of another snapshot', () => {
    const [first, second, ...rest] = sections;
    const other = sectionsOf(new History(8, 90).state);
    for (const wrong of [
      [],
      [second!, ...rest],
      [first!, ...rest],
      [first!, first!, second!, ...rest],
      [second!, first!, ...rest],
      [...sections, sections.at(-1)!],
      [other[0]!, second!, ...rest],
    ])
      expect(refusal(wrong)?.code).toBe('SNAPSHOT_UNUSABLE');
  });

  test('sections without end are not read without end', () => {
    function* endless() {
      yield* sections.slice(0, 1);
      for (;;) yield sections[1]!;
    }
    expect(refusal(endless())?.code).toBe('SNAPSHOT_UNUSABLE');
  });
});

test('a newer format is refused, with what to do', () => {
  const sections = sectionsOf(small());
  new DataView(sections[0]!.bytes.buffer).setUint32(8, STATE_FORMAT + 1, true);
  const refused = refusal(resealed(sections));
  expect(refused?.code).toBe('CONFIG_INVALID');
  expect(refused?.message).toContain(
    `of format ${STATE_FORMAT + 1}, and this version reads ${STATE_FORMAT}: start the version that wrote it`,
  );
});

test('sizes that lie cost no memory', () => {
  for (const at of [4, 20]) {
    const sections = sectionsOf(small());
    new DataView(sections[0]!.bytes.buffer).setUint32(at, 0xfffffff0, true);
    const before = process.memoryUsage().arrayBuffers;
    expect(refusal(resealed(sections))?.code).toBe('SNAPSHOT_UNUSABLE');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  }
});

test('JSON of another form is refused by the name of what is wrong', () => {
  for (const [from, to, wrong] of [
    ['"queue":[', '"queux":[', 'queue of its head'],
    ['"slots":3', '"slots":[', 'is no JSON'],
    ['"drainAsked":', '"drainasked":', 'drainAsked of an executor'],
    ['"passTags":', '"passtags":', 'passTags of a run'],
    ['"phase":"', '"phase":"x', 'is no JSON'],
  ] as const) {
    const [first, ...rest] = sectionsOf(small());
    const text = Buffer.from(first!.bytes).toString('latin1');
    expect(text).toContain(from);
    const bytes = new Uint8Array(Buffer.from(text.replace(from, to), 'latin1').subarray(0, first!.bytes.length));
    expect(refusal(resealed([{ name: '', bytes }, ...rest]))?.message).toContain(wrong);
  }
});

test('forged bytes give a state that is whole, or a refusal', () => {
  const prng = new Prng(3);
  let read = 0;
  for (let i = 0; i < 600; i++) {
    const sections = sectionsOf(SMALL[i % SMALL.length]!);
    const { bytes } = sections[prng.between(0, sections.length - 1)]!;
    for (let n = prng.between(1, 3); n > 0; n--) bytes[prng.between(0, bytes.length - 9)] = prng.pick([0, 1, 2, 255, prng.between(0, 255)]);
    let state: ManagerState;
    try {
      state = decodeState(resealed(sections), SETTINGS);
    } catch (error) {
      expect(error).toBeInstanceOf(TagmillError);
      continue;
    }
    read += 1;
    digest(state, true);
    expect(() => [...encodeState(state)]).not.toThrow();
  }
  expect(read).toBeGreaterThan(30);
});

const SMALL = [1, 2, 3, 4].map((seed) => new History(seed, 60).state);
