import { describe, expect, test } from 'vitest';
import type { Input } from '../../src/core/events.ts';
import { emptyState } from '../../src/core/state.ts';
import { Loop, type LoopPorts } from '../../src/shell/loop.ts';
import { decodeBatch } from '../../src/store/codec.ts';
import { Bench } from '../core/bench-of.ts';

interface Disk {
  full: boolean;
  commits: number;
}

interface Lease {
  stands: boolean;
  readonly waiting: (() => void)[];
}

const FOR_EVER: Lease = { stands: true, waiting: [] };

const loopOn = (disk: Disk, failures: unknown[], act: LoopPorts['act'] = () => undefined, lease = FOR_EVER): Loop =>
  new Loop(emptyState(), 0, portsOn(disk, failures, act, lease));

function portsOn(disk: Disk, failures: unknown[], act: LoopPorts['act'], lease = FOR_EVER): LoopPorts {
  return {
    commit: (_, done) =>
      void setImmediate(() => {
        disk.commits += 1;
        if (disk.full) done(new Error('no space is left'));
        else done();
      }),
    now: () => 1_000,
    steady: () => 1_000,
    term: () => 1,
    leads: () => lease.stands,
    whenLeading: (task) => void (lease.stands ? task() : lease.waiting.push(task)),
    act,
    changed: () => undefined,
    failed: (error) => failures.push(error),
    soon: (task) => void setImmediate(task),
    after: (delayMs, task) => {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
  };
}

const TERM: Input = { type: 'term-taken', term: 1 };

describe('a journal that takes no more', () => {
  test('ends the waiting, and the loop can still be stopped', async () => {
    const disk = { full: true, commits: 0 };
    const failures: unknown[] = [];
    const loop = loopOn(disk, failures);
    await expect(loop.submit(TERM)).rejects.toThrow('no space is left');
    expect(failures).toHaveLength(1);
    await loop.stop();
    loop.poke();
    await loop.stop();
    expect(disk.commits).toBe(1);
    await expect(loop.submit(TERM)).rejects.toThrow('stopping');
  });

  test('one that fails while the loop is being stopped ends the stop', async () => {
    const loop = loopOn({ full: true, commits: 0 }, []);
    const answer = loop.submit(TERM);
    const stopped = loop.stop();
    await expect(answer).rejects.toThrow('no space is left');
    await stopped;
  });
});

test('a defect of the core stops the loop with its sentence, and nothing more is acknowledged', async () => {
  const failures: unknown[] = [];
  const loop = loopOn({ full: false, commits: 0 }, failures);
  await loop.submit(TERM);
  const impossible: Input = JSON.parse('{"type":"not there"}');
  await expect(loop.submit(impossible)).rejects.toThrow('unexpected value');
  expect(String(failures[0])).toContain('unexpected value');
  await expect(loop.submit(TERM)).rejects.toThrow('stopping');
  await loop.stop();
});

describe('a manager whose lease has run out', () => {
  const waitFor = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setImmediate(resolve));
  };

  test('writes and tells nothing until it is renewed, and then goes on with what waited', async () => {
    const lease: Lease = { stands: true, waiting: [] };
    const disk = { full: false, commits: 0 };
    const loop = loopOn(disk, [], undefined, lease);
    lease.stands = false;
    const answer = loop.submit(TERM);
    await waitFor(() => lease.waiting.length === 1);
    expect(disk.commits).toBe(0);
    lease.stands = true;
    for (const task of lease.waiting.splice(0)) task();
    await answer;
    expect(loop.state.term).toBe(1);
  });

  test('that ran out while a batch was being written tells nobody of it before it is renewed', async () => {
    const lease: Lease = { stands: true, waiting: [] };
    const disk = { full: false, commits: 0 };
    const loop = loopOn(disk, [], undefined, lease);
    let told = false;
    const answer = loop.submit(TERM).then(() => {
      told = true;
    });
    setImmediate(() => {
      lease.stands = false;
    });
    await waitFor(() => disk.commits === 1 && lease.waiting.length === 1);
    expect([told, loop.state.term]).toEqual([false, 0]);
    lease.stands = true;
    for (const task of lease.waiting.splice(0)) task();
    await answer;
    expect(told).toBe(true);
  });

  test('can be stopped: what waits is refused, nothing is written', async () => {
    const lease: Lease = { stands: true, waiting: [] };
    const disk = { full: false, commits: 0 };
    const loop = loopOn(disk, [], undefined, lease);
    lease.stands = false;
    const answer = loop.submit(TERM);
    await waitFor(() => lease.waiting.length === 1);
    const stopped = loop.stop();
    await expect(answer).rejects.toThrow('does not lead');
    await stopped;
    expect(disk.commits).toBe(0);
  });
});

test('attempts at a rollback are sent once the journal knows of it: after a crash nobody else would know what they write', async () => {
  const bench = new Bench();
  bench.join('e1', 2);
  const run = bench.run(1, 1);
  bench.plan(run);
  bench.finishAll(run, 'evaluate');
  bench.finishAll(run, 'merge');
  const happened: string[] = [];
  const loop = new Loop(bench.state, 0, {
    ...portsOn({ full: false, commits: 0 }, [], (effects) => happened.push(...effects.map(({ type }) => type))),
    now: () => bench.nowMs,
    steady: () => bench.nowMs,
    commit: (batch, done) => {
      for (const { event } of decodeBatch(batch.blob)) happened.push(event.type);
      setImmediate(done);
    },
  });
  await loop.submit({
    type: 'command',
    runId: run.id,
    action: 'rollback',
    names: ['tag-1'],
    downstream: 'as-success',
    reason: null,
    who: 'me',
  });
  await loop.stop();
  expect(happened.filter((type) => type !== 'tokens-reserved')).toEqual([
    'command',
    'rollback-formed',
    'merge-started',
    'leased',
    'dispatch',
  ]);
});
