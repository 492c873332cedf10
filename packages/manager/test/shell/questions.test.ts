import { TagmillError } from '@tagmill/shared/errors';
import { describe, expect, test } from 'vitest';
import { type AskDoor, Questions } from '../../src/shell/analyst/questions.ts';

interface Asked {
  readonly id: string;
  readonly question: number;
  readonly request: unknown;
  readonly job: string;
}

class Door implements AskDoor {
  readonly asked: Asked[] = [];
  readonly over: string[] = [];
  readonly there = new Set<string>();

  ask(id: string, question: number, requestJson: string, job: { readonly name: string }): boolean {
    if (!this.there.has(id)) return false;
    this.asked.push({ id, question, request: JSON.parse(requestJson), job: job.name });
    return true;
  }

  askOver(id: string, question: number): void {
    this.over.push(`${id} ${question}`);
  }

  forgetJob(name: string): void {
    this.over.push(name);
  }
}

function bench(...executors: string[]) {
  const door = new Door();
  for (const id of executors) door.there.add(id);
  const questions = new Questions(door, () => [...door.there]);
  const answer = (at: number, content: unknown, failed = false): void => {
    const { id, question } = door.asked[at]!;
    const bytes = Buffer.from(JSON.stringify(content));
    const half = Math.floor(bytes.length / 2);
    questions.answered(id, { question, failed, index: 0, last: false, data: bytes.subarray(0, half) });
    questions.answered(id, { question, failed, index: 1, last: true, data: bytes.subarray(half) });
  };
  const never = new AbortController().signal;
  return { door, questions, answer, never, ask: (shard: number) => questions.ask({ kind: 'preview', shard }, questions.job({}), never) };
}

test('questions go to the executor that has the fewest, and each answer to its own', async () => {
  const { door, answer, ask } = bench('a', 'b');
  const answers = [ask(0), ask(1), ask(2)];
  expect(door.asked.map(({ id }) => id).toSorted()).toEqual(['a', 'a', 'b']);
  expect(door.asked.map(({ request }) => request)).toEqual([0, 1, 2].map((shard) => ({ kind: 'preview', shard })));
  answer(2, 'two');
  answer(0, 'zero');
  answer(1, 'one');
  expect(await Promise.all(answers)).toEqual(['zero', 'one', 'two']);
});

test('what an executor has not answered when it goes is asked of another, and its late answer counts nothing', async () => {
  const { door, questions, answer, ask } = bench('a');
  const asked = ask(5);
  const { id, question } = door.asked[0]!;
  questions.answered(id, { question, failed: false, index: 0, last: false, data: Buffer.from('"h') });
  door.there.delete('a');
  questions.left('a');
  expect(door.asked).toHaveLength(1);
  door.there.add('b');
  questions.joined();
  expect(door.asked[1]).toMatchObject({ id: 'b', question, request: { kind: 'preview', shard: 5 } });
  questions.answered('a', { question, failed: false, index: 0, last: true, data: Buffer.from('"old"') });
  answer(1, 'new');
  expect(await asked).toBe('new');
});

describe('a question ends', () => {
  test('with the code of the executor', async () => {
    const { answer, ask } = bench('a');
    const asked = ask(0);
    answer(0, { code: 'INPUT_CHANGED', message: 'an object changed' }, true);
    await expect(asked).rejects.toMatchObject({ code: 'INPUT_CHANGED', message: 'an object changed' });
  });

  test('when nobody waits for it: the executor is told, with our reason', async () => {
    const { door, questions, answer } = bench('a');
    const stop = new AbortController();
    const asked = questions.ask({ kind: 'plan' }, questions.job({}), stop.signal);
    stop.abort(new TagmillError('ACTION_REFUSED', 'the preview was cancelled'));
    await expect(asked).rejects.toMatchObject({ code: 'ACTION_REFUSED' });
    expect(door.over).toEqual([`a ${door.asked[0]!.question}`]);
    // Its answer is on its way all the same.
    answer(0, 'late');
  });

  test('when the manager stops, and when what comes is no JSON', async () => {
    const { door, questions, ask } = bench('a');
    const [first, second] = [ask(0), ask(1)];
    questions.answered('a', { question: door.asked[0]!.question, failed: false, index: 0, last: true, data: Buffer.from('{') });
    questions.close();
    await expect(first).rejects.toMatchObject({ code: 'INTERNAL' });
    await expect(second).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});

test('a question with a job of its own forgets it', async () => {
  const { door, questions, answer } = bench('a');
  const asked = questions.once({ kind: 'plan' }, { tables: 1 }, 60_000);
  answer(0, { plan: 1 });
  expect(await asked).toEqual({ plan: 1 });
  expect(door.over).toEqual([door.asked[0]!.job]);
});
