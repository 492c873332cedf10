import { describe, expect, test } from 'vitest';
import type { Input } from '../../src/core/events.ts';
import { emptyState } from '../../src/core/state.ts';
import { Loop, type LoopPorts } from '../../src/shell/loop.ts';

interface Disk {
  full: boolean;
  commits: number;
}

function loopOn(disk: Disk, failures: unknown[], act: LoopPorts['act'] = () => undefined): Loop {
  return new Loop(emptyState(), 0, {
    commit: (_, done) =>
      void setImmediate(() => {
        disk.commits += 1;
        if (disk.full) done(new Error('no space is left'));
        else done();
      }),
    now: () => 1_000,
    steady: () => 1_000,
    term: () => 1,
    act,
    changed: () => undefined,
    failed: (error) => failures.push(error),
    soon: (task) => void setImmediate(task),
    after: (delayMs, task) => {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
  });
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
