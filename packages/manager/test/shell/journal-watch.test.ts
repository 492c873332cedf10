import { TagmillError } from '@tagmill/shared/errors';
import pino from 'pino';
import { expect, test } from 'vitest';
import { JournalWatch } from '../../src/shell/journal-watch.ts';
import { MemoryJournal } from '../../src/store/memory-journal.ts';
import { batchOf } from '../store/journals.ts';

function watched() {
  const journal = new MemoryJournal();
  const said: string[] = [];
  const loop = { pause: (why: string) => void said.push(`pause: ${why}`), resume: () => void said.push('resume') };
  const watch = new JournalWatch(journal, loop, pino({ enabled: false }), () => said.push('changed'));
  return { journal, watch, said };
}

test('a journal that takes nothing stops the loop and refuses commands, and both go on when it takes writes again', async () => {
  const { journal, watch, said } = watched();
  watch.refuseUnwritable();
  journal.nextFault = { state: 'full', reached: false };
  await expect(journal.append(batchOf(1))).rejects.toThrow(TagmillError);
  expect(said).toEqual([expect.stringContaining('pause: '), 'changed']);
  expect(watch.fault).toContain('full');
  expect(watch.record.journal).toMatchObject({ state: 'full', sentence: watch.fault });
  expect(() => watch.refuseUnwritable()).toThrow(/^not taken: /);
  journal.heal();
  expect(said.slice(2)).toEqual(['resume', 'changed']);
  watch.refuseUnwritable();
  expect(watch.record.journal).toEqual({ state: 'ok', sentence: null, sinceMs: null });
  watch.close();
});

test('tells size and age of the newest snapshot', async () => {
  const { journal, watch, said } = watched();
  expect([watch.record.snapshot, watch.snapshotText(0)]).toEqual([null, 'none yet']);
  await journal.append(batchOf(1));
  const head = await journal.snapshot();
  expect(said).toEqual(['changed']);
  expect(watch.record.snapshot).toEqual({ seq: 1, atMs: head.atMs, sizeBytes: head.sizeBytes });
  expect(watch.snapshotText(head.atMs + 3_000)).toMatch(/^entry 1, 0 instances, \d+ KiB, made 3 s ago$/);
  watch.close();
});
