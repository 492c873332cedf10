import { TagmillError } from '@tagmill/shared/errors';
import { describe, expect, test } from 'vitest';
import type { Input } from '../../src/core/events.ts';
import { emptyState } from '../../src/core/state.ts';
import { Loop } from '../../src/shell/loop.ts';
import { decodeBatch } from '../../src/store/codec.ts';
import type { JournalBatch } from '../../src/store/journal.ts';

const TERM: Input = { type: 'term-taken', term: 1 };
const DRAINING: Input = { type: 'executor-draining', id: 'nobody' };
const unwritable = () => new TagmillError('JOURNAL_UNWRITABLE', 'no space is left');

/** A loop whose disk answers when the test says so; timers run when the test says so. */
function world() {
  const batches: JournalBatch[] = [];
  const failures: unknown[] = [];
  const timers: (() => void)[] = [];
  const waiting: ((error?: unknown) => void)[] = [];
  const arrivals: (() => void)[] = [];
  const loop = new Loop(emptyState(), 0, {
    commit: (batch, done) => {
      batches.push(batch);
      waiting.push(done);
      arrivals.shift()?.();
    },
    now: () => 1_000,
    steady: () => 1_000,
    term: () => 1,
    leads: () => true,
    whenLeading: (task) => task(),
    act: () => undefined,
    changed: () => undefined,
    failed: (error) => failures.push(error),
    soon: (task) => void setImmediate(task),
    after: (_, task) => {
      timers.push(task);
      return () => timers.splice(timers.indexOf(task) >>> 0, 1);
    },
  });
  return {
    loop,
    batches,
    failures,
    timers,
    commit: () => new Promise<void>((resolve) => (waiting.length > 0 ? resolve() : arrivals.push(resolve))),
    answer: (error?: unknown) => waiting.shift()?.(error),
    settled: () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve))),
  };
}

const typesOf = (batch: JournalBatch | undefined): string[] => decodeBatch(batch!.blob).map(({ event }) => event.type);

describe('a journal that takes nothing for a while', () => {
  test('a command whose batch failed is refused and never written; what nobody waits for is written later, under the same number', async () => {
    const { loop, batches, commit, answer, settled, failures } = world();
    const command = loop.submit(TERM);
    loop.push(DRAINING);
    await commit();
    expect(batches.map(({ seq }) => seq)).toEqual([1]);
    answer(unwritable());
    await expect(command).rejects.toMatchObject({ code: 'JOURNAL_UNWRITABLE', message: expect.stringContaining('not taken') as string });
    await settled();
    expect(batches).toHaveLength(1);
    expect(loop.state.term).toBe(0);
    loop.resume();
    await commit();
    expect(batches[1]?.seq).toBe(1);
    expect(typesOf(batches[1])).toContain('executor-draining');
    expect(typesOf(batches[1])).not.toContain('term-taken');
    answer();
    expect(failures).toEqual([]);
  });

  test('refuses commands meanwhile, and takes them again afterwards', async () => {
    const { loop, commit, answer } = world();
    loop.pause('no space is left');
    await expect(loop.submit(TERM)).rejects.toMatchObject({ code: 'JOURNAL_UNWRITABLE' });
    loop.resume();
    const command = loop.submit(TERM);
    await commit();
    answer();
    await command;
    expect(loop.state.term).toBe(1);
  });

  test('decides nothing meanwhile, and confirms nothing that is not on disk', async () => {
    const { loop, batches, settled } = world();
    loop.pause('no space is left');
    loop.poke();
    loop.push(DRAINING);
    await settled();
    expect(batches).toEqual([]);
  });

  test('a flush that failed and yet reached the disk counts', async () => {
    const { loop, commit, answer } = world();
    const command = loop.submit(TERM);
    await commit();
    loop.pause('the flush failed');
    answer();
    await command;
    expect(loop.state.term).toBe(1);
  });

  test('a person is told after a while that it is not known whether the command was taken', async () => {
    const { loop, commit, timers } = world();
    const command = loop.submit(TERM);
    await commit();
    loop.pause('the flush failed.');
    for (const timer of timers.splice(0)) timer();
    await expect(command).rejects.toThrow('Whether this was taken shows then');
  });

  test('does not hold up the end of the manager', async () => {
    const { loop, commit, answer } = world();
    loop.push(DRAINING);
    await commit();
    const stopped = loop.stop();
    answer(unwritable());
    await stopped;
    await loop.stop();
  });
});
