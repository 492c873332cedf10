/** Pretended recovery reports, as a manager would tell them. Pure. */
import type { RecoveryCandidate, RecoveryReport } from '@tagmill/shared/api/recovery';

type Fields = Partial<RecoveryCandidate>;

const candidate = (name: string, fields: Fields): RecoveryCandidate => ({
  source: 'executor',
  name,
  term: 41,
  seq: 48_251_904,
  snapshotSeq: 48_219_000,
  hash: 'c7e190af',
  writtenMs: null,
  chain: 'whole',
  verdict: 'not-used',
  why: '',
  ...fields,
});

/** A power loss tore the last entry of the own journal; the copy of an executor wins. The first dispatch is at `atMs`. */
export function recoveredFromCopy(atMs: number): RecoveryReport {
  const beganMs = atMs - 6_400;
  const candidates = [
    candidate('own', {
      source: 'own',
      seq: 48_251_870,
      hash: '11d04be2',
      chain: 'torn',
      why: 'last batch torn by the power loss, valid up to 48,251,870',
    }),
    candidate('exec-01', { seq: 48_251_902, hash: 'a90c72d1', why: '2 entries behind exec-02' }),
    candidate('exec-02', { verdict: 'wins', why: 'highest term and sequence, chain unbroken, signature valid' }),
    candidate('exec-03', {
      term: null,
      seq: null,
      snapshotSeq: null,
      hash: null,
      writtenMs: null,
      chain: 'missing',
      verdict: 'missing',
      why: 'answered, but holds no copy',
    }),
    candidate('exec-04', { seq: 48_251_896, hash: '03b8e14a', why: '8 entries behind exec-02' }),
    candidate('exec-06', {
      term: 40,
      seq: 48_252_117,
      snapshotSeq: 48_230_000,
      hash: '5f220c9d',
      verdict: 'refused',
      why: 'higher sequence, but from term 40, which was replaced',
    }),
    candidate('s3', { source: 's3', seq: 48_190_000, snapshotSeq: 48_190_000, hash: 'e6a71f03', why: '61,904 entries behind exec-02' }),
  ].map((one) => (one.seq === null ? one : { ...one, writtenMs: beganMs - 40 }));
  const steps = [
    ['away', 0, 2_100, 'from the last journal entry to the start'],
    ['start', 2_100, 2_500, 'journal, database and term row'],
    ['collect', 2_500, 4_600, 'all 6 executors answered, S3 read'],
    ['choose', 4_600, 4_900, '7 candidates, 32,904 hashes checked'],
    ['replay', 4_900, 5_500, '32,904 entries on snapshot 48,219,000'],
    ['term', 5_500, 5_600, 'written in the term row'],
    ['executors', 5_600, 6_100, '6 came back, with 44 attempts in hand'],
    ['target', 6_100, 6_400, '9 shards whose executors do not tell'],
  ] as const;
  return {
    startedMs: beganMs + 2_100,
    firstDispatchMs: atMs,
    term: 42,
    termBefore: 41,
    lineage: '3f9c2a7e',
    outcome: 'copy',
    sentence: 'The copy of exec-02 is used.',
    candidates,
    entriesFromCopy: 34,
    entriesLost: 0,
    window: { ms: 5_000, closedEarly: true },
    steps: steps.map(([name, from, to, detail]) => ({ name, startedMs: beganMs + from, endedMs: beganMs + to, detail })),
    attempts: {
      running: 44,
      kept: 35,
      accepted: 7,
      redone: 2,
      examples: [
        { runId: 'run-20261120', task: 'First deposit', shard: 44, outcome: 'redone' },
        { runId: 'run-20261120', task: 'Night trader', shard: 12, outcome: 'redone' },
        { runId: 'run-20261120', task: 'VIP customer', shard: 3, outcome: 'accepted' },
      ],
    },
    late: { dropped: 12, fenced: 1 },
  };
}

/** In the middle of it: waits for copies. */
export function recoveringReport(nowMs: number): RecoveryReport {
  const whole = recoveredFromCopy(nowMs + 4_000);
  return {
    ...whole,
    startedMs: nowMs - 900,
    firstDispatchMs: null,
    term: 0,
    outcome: 'recovering',
    sentence: 'the last entry of the own journal is torn: waits up to 5 s for the copies of executors',
    candidates: whole.candidates.slice(0, 2).map((one) => ({ ...one, verdict: 'not-used' })),
    entriesFromCopy: 0,
    window: { ms: 5_000, closedEarly: false },
    steps: [
      { name: 'start', startedMs: nowMs - 900, endedMs: nowMs - 500, detail: 'journal, database and term row' },
      { name: 'collect', startedMs: nowMs - 500, endedMs: null, detail: '' },
    ],
    attempts: { running: 0, kept: 0, accepted: 0, redone: 0, examples: [] },
    late: { dropped: 0, fenced: 0 },
  };
}

/** A manager with nothing behind it. */
export function freshReport(startedMs: number): RecoveryReport {
  return {
    startedMs,
    firstDispatchMs: null,
    term: 1,
    termBefore: null,
    lineage: '3f9c2a7e',
    outcome: 'fresh',
    sentence: 'a new journal: nothing was here before',
    candidates: [],
    entriesFromCopy: 0,
    entriesLost: 0,
    window: { ms: 0, closedEarly: false },
    steps: [{ name: 'start', startedMs, endedMs: startedMs + 60, detail: 'journal, database and term row' }],
    attempts: { running: 0, kept: 0, accepted: 0, redone: 0, examples: [] },
    late: { dropped: 0, fenced: 0 },
  };
}
