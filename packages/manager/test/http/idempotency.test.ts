import { describe, expect, test } from 'vitest';
import { IDEMPOTENCY, IdempotencyStore, type KeptAnswer } from '../../src/http/idempotency.ts';
import { openMouths } from './support.ts';

const answerOf = (body: string): KeptAnswer => ({ status: 202, contentType: 'application/json', location: undefined, body });

describe('over REST', () => {
  test('the same key and body gives the same answer and starts one run', async () => {
    await using mouths = await openMouths();
    const send = (body: object, key = 'k1') => mouths.call('POST', '/api/v1/runs', body, { 'idempotency-key': key });
    // Both at once: the second waits for the first.
    const [a, b] = await Promise.all([send({ mode: 'task-all' }), send({ mode: 'task-all' })]);
    const c = await send({ mode: 'task-all' });
    expect(mouths.port.requests).toHaveLength(1);
    expect([b.status, b.text, c.text]).toEqual([202, a.text, a.text]);
    expect(c.headers.get('location')).toBe(a.headers.get('location'));
    expect(c.headers.get('content-type')).toBe(a.headers.get('content-type'));
    expect(c.headers.get('idempotent-replayed')).toBe('true');
    const other = await send({ mode: 'noop', shards: 1 });
    expect([other.status, other.body.code, other.body.status]).toEqual([422, 'USAGE', 422]);
    expect(mouths.port.requests).toHaveLength(1);
    await send({ mode: 'task-all' }, 'k2');
    expect(mouths.port.requests).toHaveLength(2);
  });

  test('the same key on another route is another key', async () => {
    await using mouths = await openMouths();
    const headers = { 'idempotency-key': 'k' };
    await mouths.call('POST', '/api/v1/runs', { mode: 'task-all' }, headers);
    const trigger = await mouths.call('POST', '/api/v1/tags/trigger', { tag_ids: [1] }, headers);
    expect(trigger.status).toBe(202);
    expect(mouths.port.requests).toHaveLength(2);
  });

  test('a refusal is not kept: it did nothing', async () => {
    await using mouths = await openMouths();
    const send = (tag: number) => mouths.call('POST', '/api/v1/tags/trigger', { tag_ids: [tag] }, { 'idempotency-key': 'k' });
    expect((await send(404)).status).toBe(404);
    expect((await send(404)).headers.get('idempotent-replayed')).toBeNull();
    expect((await send(500)).status).toBe(500);
    expect((await send(1)).status).toBe(202);
    expect((await send(1)).headers.get('idempotent-replayed')).toBe('true');
  });

  test('a key that cannot be one is refused', async () => {
    await using mouths = await openMouths();
    const answer = await mouths.call('POST', '/api/v1/runs', { mode: 'task-all' }, { 'idempotency-key': 'two words' });
    expect([answer.status, answer.body.code]).toEqual([400, 'USAGE']);
  });
});

describe('the store', () => {
  test('keeps a bounded number, the newest', () => {
    const store = new IdempotencyStore(() => 0);
    for (let i = 0; i <= IDEMPOTENCY.entries; i++) {
      const claim = store.claim(`k${i}`, 'h');
      if (claim.kind === 'first') claim.settle(answerOf('x'));
    }
    expect(store.claim('k0', 'h').kind).toBe('first');
    expect(store.claim(`k${IDEMPOTENCY.entries}`, 'h').kind).toBe('again');
  });

  test('keeps bounded bytes', () => {
    const store = new IdempotencyStore(() => 0);
    const large = answerOf('x'.repeat(IDEMPOTENCY.bytes / 2 + 1));
    for (const key of ['a', 'b']) {
      const claim = store.claim(key, 'h');
      if (claim.kind === 'first') claim.settle(large);
    }
    expect(store.claim('a', 'h').kind).toBe('first');
    expect(store.claim('b', 'h').kind).toBe('again');
  });

  test('forgets after a day', () => {
    let nowMs = 0;
    const store = new IdempotencyStore(() => nowMs);
    const claim = store.claim('k', 'h');
    if (claim.kind === 'first') claim.settle(answerOf('x'));
    nowMs = IDEMPOTENCY.keptMs - 1;
    expect(store.claim('k', 'h').kind).toBe('again');
    nowMs = IDEMPOTENCY.keptMs;
    expect(store.claim('k', 'other').kind).toBe('first');
  });
});
