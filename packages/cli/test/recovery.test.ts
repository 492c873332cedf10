import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import { expect, test } from 'vitest';
import { recoveryText } from '../src/show/recovery-text.ts';
import { run } from './support.ts';

const startedMs = Date.UTC(2026, 10, 21, 0, 47, 5, 800);
const report: RecoveryReport = {
  startedMs,
  firstDispatchMs: startedMs + 6_400,
  term: 42,
  termBefore: 41,
  lineage: '0f8fad5b-d9cb-469f-a165-70867728950e',
  outcome: 'copy',
  sentence: 'The copy of exec-02 is used.',
  candidates: [
    {
      source: 'own',
      name: 'own',
      term: 41,
      seq: 48_251_870,
      snapshotSeq: 48_219_000,
      hash: '11d04be2',
      writtenMs: null,
      chain: 'torn',
      verdict: 'not-used',
      why: 'last batch torn, valid up to 48,251,870',
    },
    {
      source: 'executor',
      name: 'exec-02',
      term: 41,
      seq: 48_251_904,
      snapshotSeq: null,
      hash: 'c7e190af',
      writtenMs: null,
      chain: 'whole',
      verdict: 'wins',
      why: 'highest term and sequence, chain unbroken, signature valid',
    },
  ],
  entriesFromCopy: 34,
  window: { ms: 5_000, closedEarly: true },
  steps: [
    { name: 'collect', startedMs, endedMs: startedMs + 2_100, detail: 'window 5 s, closed early' },
    { name: 'target', startedMs: startedMs + 5_000, endedMs: null, detail: '9 shards' },
  ],
  attempts: { running: 44, kept: 35, accepted: 7, redone: 2, examples: [{ runId: 'r1', task: 'tag-9', shard: 44, outcome: 'redone' }] },
  late: { dropped: 12, fenced: 1 },
};

test('the report for people: verdict, candidates, steps, attempts, late messages', () => {
  const text = recoveryText(report);
  for (const line of [
    'copy: The copy of exec-02 is used.',
    'started 2026-11-21T00:47:05.800Z, term 42, was 41, first dispatch after 6.4 s',
    'collect copies: 2.1 s (window 5 s, closed early)',
    'ask the target table: under way (9 shards)',
    '44 attempts were running: 35 went on, 7 were found in the target, 2 are done again',
    'done again: tag-9, shard 44 (run r1)',
    'late messages: 12 dropped, 1 refused by the target',
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).toMatch(/own disk +41 +48,251,870 +48,219,000 +11d04be2 +torn +not-used +last batch torn/);
  expect(text).toMatch(/exec-02 +41 +48,251,904 +- +c7e190af +whole +wins/);
  expect(recoveryText({ ...report, outcome: 'recovering', sentence: 'waits' })).toMatch(/^recovering: waits\n/);
});

test('tagmill recovery asks the manager, with the key; --json gives the report as it came', async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url, request.headers.authorization);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(report));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const env = { TAGMILL_API_KEY: 'the-key' };
    const json = await run(['recovery', '--manager', url, '--json'], { env });
    expect(JSON.parse(json.stdout)).toEqual(report);
    const text = await run(['recovery', '--manager', url], { env });
    expect(text).toMatchObject({ code: 0, stdout: recoveryText(report) });
    expect(asked.slice(0, 2)).toEqual(['/api/v1/recovery', 'Bearer the-key']);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
