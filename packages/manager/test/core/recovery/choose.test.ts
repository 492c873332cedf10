import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Candidate, ChoiceInput, Place } from '../../../src/core/recovery/candidate.ts';
import { choose } from '../../../src/core/recovery/choose.ts';

const LINEAGE = 'aaaaaaaa-1';
const OTHER = 'bbbbbbbb-2';
const place = (term: number, seq: number, hash = `hash of ${term} ${seq}`, lineage = LINEAGE): Place => ({ lineage, term, seq, hash });
const candidate = (fields: Partial<Candidate> & Pick<Candidate, 'source' | 'name'>): Candidate => ({
  at: null,
  chain: 'whole',
  snapshotSeq: 0,
  sizeBytes: 1_000,
  writtenMs: null,
  signed: true,
  lastSeq: null,
  fault: null,
  ...fields,
});
const own = (at: Place | null, fields: Partial<Candidate> = {}): Candidate =>
  candidate({ source: 'own', name: 'own', at, chain: at === null ? 'missing' : 'whole', ...fields });
const copy = (name: string, at: Place | null, fields: Partial<Candidate> = {}): Candidate =>
  candidate({ source: 'executor', name, at, chain: at === null ? 'missing' : 'whole', ...fields });
const input = (fields: Partial<ChoiceInput>): ChoiceInput => ({
  own: own(null),
  others: [],
  confirmed: { lineage: LINEAGE, term: 41, seq: 100, holders: 0 },
  fresh: false,
  mayWait: true,
  waitedMs: 0,
  windowMs: 5_000,
  acceptLoss: false,
  recoverFrom: '',
  mostBytes: 1_000_000,
  ...fields,
});
const waited = { waitedMs: 5_000 };
const torn = (at: Place): Candidate => own(at, { chain: 'torn', lastSeq: at.seq + 1, fault: `last batch torn, valid up to ${at.seq}` });
const broken = (at: Place | null, lastSeq: number): Candidate =>
  own(at, { chain: 'broken', lastSeq, fault: `the journal breaks, entries up to ${lastSeq} lie there` });

/** In short: `wait`, `fresh`, `refuse`, or the winner's name. */
const outcome = (given: Partial<ChoiceInput>): string => {
  const choice = choose(input(given));
  return choice.kind === 'winner' ? choice.winner.name : choice.kind;
};

describe('waits for executors only when the own chain is missing, broken or shorter than what was confirmed', () => {
  test.each<[string, Partial<ChoiceInput>, string]>([
    ['a whole own chain goes on at once', { own: own(place(41, 100)) }, 'own'],
    ['also when executors say that they have more', { own: own(place(41, 100)), others: [copy('e1', place(41, 120))] }, 'e1'],
    ['a shorter one waits', { own: own(place(41, 99)) }, 'wait'],
    ['a longer one of an older term waits: it has not seen what the later one confirmed', { own: own(place(40, 300)) }, 'wait'],
    ['a torn one waits', { own: torn(place(41, 100)) }, 'wait'],
    ['a broken one waits', { own: broken(place(41, 50), 100) }, 'wait'],
    ['one that cannot be read waits', { own: own(null, { chain: 'unreadable', lastSeq: 100, fault: 'no database' }) }, 'wait'],
    ['an empty directory waits when the database has seen a manager', { fresh: true }, 'wait'],
    ['an empty directory is new when it has not', { fresh: true, confirmed: { lineage: '', term: 0, seq: 0, holders: 0 } }, 'fresh'],
    [
      'a journal in which nothing was written yet is new',
      { own: own(place(0, 0)), confirmed: { lineage: '', term: 0, seq: 0, holders: 0 } },
      'fresh',
    ],
    ['but not when the database has seen a manager', { own: own(place(0, 0)) }, 'wait'],
    ['an empty directory is new when nobody can find the manager', { fresh: true, mayWait: false }, 'fresh'],
    ['nobody is waited for when nobody can find it', { own: torn(place(41, 100)), mayWait: false }, 'own'],
    [
      'what another history confirmed says nothing of this one',
      { own: own(place(41, 10)), confirmed: { lineage: OTHER, term: 41, seq: 100, holders: 3 } },
      'own',
    ],
    [
      'the window closes when all that were sent copies have come',
      { others: [copy('e1', place(41, 100))], confirmed: { lineage: LINEAGE, term: 41, seq: 100, holders: 1 } },
      'e1',
    ],
    ['and not before', { others: [copy('e1', place(41, 100))], confirmed: { lineage: LINEAGE, term: 41, seq: 100, holders: 2 } }, 'wait'],
    [
      'one that has no copy does not close it',
      { others: [copy('e1', null), copy('e2', place(41, 100))], confirmed: { lineage: LINEAGE, term: 41, seq: 100, holders: 2 } },
      'wait',
    ],
    ['one that was chosen is waited for', { own: own(place(41, 100)), recoverFrom: 'e1' }, 'wait'],
    ['until it is there', { own: own(place(41, 100)), recoverFrom: 'e1', others: [copy('e1', place(41, 100))] }, 'e1'],
  ])('%s', (_name, given, expected) => expect(outcome(given)).toBe(expected));
});

describe('the winner is the highest (term, sequence) with an unbroken chain', () => {
  test.each<[string, Partial<ChoiceInput>, string]>([
    ['the newest copy of a wiped manager', { ...waited, others: [copy('e1', place(41, 102)), copy('e2', place(41, 104))] }, 'e2'],
    [
      'also the own one of an older term, though it is longer',
      { ...waited, own: own(place(40, 300)), others: [copy('e2', place(41, 104))] },
      'e2',
    ],
    ['and is not gone on with when nobody has the later one', { ...waited, own: own(place(40, 300)) }, 'refuse'],
    ['a higher sequence of a replaced term loses', { ...waited, others: [copy('e1', place(40, 217)), copy('e2', place(41, 104))] }, 'e2'],
    ['a torn own tail loses to a copy that has more', { ...waited, own: torn(place(41, 100)), others: [copy('e1', place(41, 101))] }, 'e1'],
    ['and wins when no copy has more', { ...waited, own: torn(place(41, 100)), others: [copy('e1', place(41, 90))] }, 'own'],
    ['the own disk wins over an equal copy', { ...waited, own: torn(place(41, 100)), others: [copy('e1', place(41, 100))] }, 'own'],
    [
      'a missing middle: a copy that has all of it',
      { ...waited, own: broken(place(41, 50), 120), others: [copy('e1', place(41, 120))] },
      'e1',
    ],
    [
      'a missing middle: no copy reaches the end',
      { ...waited, own: broken(place(41, 50), 120), others: [copy('e1', place(41, 119))] },
      'refuse',
    ],
    ['and that is accepted', { ...waited, acceptLoss: true, own: broken(place(41, 50), 120), others: [copy('e1', place(41, 119))] }, 'e1'],
    ['no copy at all, accepted: the unbroken part', { ...waited, acceptLoss: true, own: broken(place(41, 50), 120) }, 'own'],
    ['nothing at all', { ...waited, fresh: true }, 'refuse'],
    ['nothing at all, accepted: a new journal', { ...waited, fresh: true, acceptLoss: true }, 'fresh'],
    ['less than was confirmed', { ...waited, others: [copy('e1', place(41, 99))] }, 'refuse'],
    ['a whole own chain shorter than what was confirmed', { ...waited, own: own(place(41, 99)) }, 'refuse'],
    ['a forged copy', { ...waited, others: [copy('e1', place(41, 120), { signed: false }), copy('e2', place(41, 100))] }, 'e2'],
    [
      'a copy beyond all bounds',
      { ...waited, others: [copy('e1', place(41, 120), { sizeBytes: 10 ** 10 }), copy('e2', place(41, 100))] },
      'e2',
    ],
    [
      'a copy that cannot be read',
      { ...waited, others: [copy('e1', place(41, 120), { chain: 'unreadable' }), copy('e2', place(41, 100))] },
      'e2',
    ],
    ['a copy of another history', { ...waited, others: [copy('e1', place(90, 900, 'x', OTHER)), copy('e2', place(41, 100))] }, 'e2'],
    ['another history alone', { ...waited, others: [copy('e1', place(90, 900, 'x', OTHER))] }, 'refuse'],
    [
      'unless a person names it',
      { ...waited, recoverFrom: 'e1', others: [copy('e1', place(90, 900, 'x', OTHER)), copy('e2', place(41, 100))] },
      'e1',
    ],
    [
      'a forged copy that a person names',
      { ...waited, recoverFrom: 'e1', others: [copy('e1', place(41, 120), { signed: false })] },
      'refuse',
    ],
    ['one that a person names and that did not come', { ...waited, recoverFrom: 'e9', others: [copy('e2', place(41, 100))] }, 'refuse'],
    [
      'one that a person names and that has less',
      { ...waited, recoverFrom: 'e1', others: [copy('e1', place(41, 99)), copy('e2', place(41, 100))] },
      'refuse',
    ],
    ['S3 when nothing else is there', { ...waited, others: [candidate({ source: 's3', name: 's3', at: place(41, 100) })] }, 's3'],
  ])('%s', (_name, given, expected) => expect(outcome(given)).toBe(expected));
});

test('equal term and sequence with different hashes: the start stops and shows both; a person may choose', () => {
  const others = [copy('e1', place(41, 100, '11d04be2ffff')), copy('e2', place(41, 100, 'c7e190afffff'))];
  const choice = choose(input({ ...waited, others }));
  expect(choice.kind).toBe('refuse');
  for (const part of ['e1', 'e2', '11d04be2', 'c7e190af', 'term 41', 'entry 100', '--recover-from e1'])
    expect(choice.sentence).toContain(part);
  expect(outcome({ ...waited, others, recoverFrom: 'e2' })).toBe('e2');
});

test('two histories, and nothing says which is this manager’s: both are shown', () => {
  const choice = choose(
    input({
      ...waited,
      own: own(null, { chain: 'unreadable', fault: 'no database' }),
      confirmed: { lineage: '', term: 0, seq: 0, holders: 0 },
      others: [copy('e1', place(4, 10)), copy('e2', place(4, 10, 'x', OTHER))],
    }),
  );
  expect(choice).toMatchObject({ kind: 'refuse' });
  expect(choice.sentence).toContain('aaaaaaaa');
  expect(choice.sentence).toContain('bbbbbbbb');
});

test('each candidate says why, as on the page', () => {
  const top = 48_251_904;
  const choice = choose(
    input({
      ...waited,
      confirmed: { lineage: LINEAGE, term: 41, seq: 48_251_870, holders: 6 },
      own: own(place(41, 48_251_870), {
        chain: 'torn',
        lastSeq: 48_251_871,
        fault: 'last batch torn by the power loss, valid up to 48,251,870',
      }),
      others: [
        copy('exec-02', place(41, top)),
        copy('exec-01', place(41, 48_251_902)),
        copy('exec-04', place(41, 48_251_896)),
        copy('exec-06', place(40, 48_252_117)),
        copy('exec-03', null),
        candidate({ source: 's3', name: 's3', at: place(41, 48_190_000) }),
        copy('exec-07', place(41, top)),
      ],
    }),
  );
  expect(choice.judged.map(({ candidate: { name }, verdict, why }) => [name, verdict, why])).toEqual([
    ['own', 'not-used', 'last batch torn by the power loss, valid up to 48,251,870'],
    ['exec-02', 'wins', 'highest term and sequence, chain unbroken, signature valid'],
    ['exec-01', 'not-used', '2 entries behind exec-02'],
    ['exec-04', 'not-used', '8 entries behind exec-02'],
    ['exec-06', 'refused', 'higher sequence, but from term 40, which was replaced'],
    ['exec-03', 'missing', 'answered, but holds no copy'],
    ['s3', 'not-used', '61,904 entries behind exec-02'],
    ['exec-07', 'not-used', 'the same entries as exec-02'],
  ]);
  expect(choice.sentence).toBe('The copy of exec-02 is used.');
});

const anyPlace = fc
  .record({ term: fc.integer({ min: 1, max: 4 }), seq: fc.integer({ min: 1, max: 20 }) })
  .map(({ term, seq }) => place(term, seq));
const anyCopy = fc.record({
  at: fc.option(anyPlace, { nil: null }),
  signed: fc.boolean(),
  chain: fc.constantFrom<Candidate['chain']>('whole', 'whole', 'unreadable'),
  writtenMs: fc.integer(),
});

test.each<[string, Partial<ChoiceInput>, number | string]>([
  ['the own journal as it is', { own: own(place(41, 100)) }, 0],
  ['a torn own tail, which was confirmed to nobody', { ...waited, own: torn(place(41, 100)) }, 0],
  ['a copy that has more than the own disk shows', { ...waited, own: torn(place(41, 100)), others: [copy('e1', place(41, 101))] }, 0],
  ['a wiped disk: the row may be older than what was confirmed last', { ...waited, others: [copy('e1', place(41, 104))] }, 'unknown'],
  ['a disk of an older leader', { ...waited, own: own(place(40, 90)), others: [copy('e1', place(41, 104))] }, 'unknown'],
  ['a new journal', { fresh: true, confirmed: { lineage: '', term: 0, seq: 0, holders: 0 } }, 0],
  ['less than was confirmed, accepted', { ...waited, acceptLoss: true, others: [copy('e1', place(41, 97))] }, 3],
  ['a longer branch of an older term, accepted', { ...waited, acceptLoss: true, own: own(place(40, 300)) }, 'some'],
  ['nothing at all, accepted', { ...waited, fresh: true, acceptLoss: true }, 100],
])('says what is lost: %s', (_what, given, lost) => {
  expect(choose(input(given))).toMatchObject({ lost });
});

test('the winner is never behind any candidate that can be used, and no clock plays a part', () => {
  fc.assert(
    fc.property(
      fc.option(anyPlace, { nil: null }),
      fc.array(anyCopy, { maxLength: 6 }),
      fc.boolean(),
      fc.nat(25),
      (mine, copies, acceptLoss, seq) => {
        const others = copies.map((one, i) => copy(`e${i}`, one.at, one));
        const given = input({ ...waited, own: own(mine), others, acceptLoss, confirmed: { lineage: LINEAGE, term: 41, seq, holders: 2 } });
        const choice = choose(given);
        const usable = [given.own, ...others].filter((one) => one.at !== null && one.signed && one.chain === 'whole').map((one) => one.at!);
        if (choice.kind === 'winner') {
          const { term, seq: end } = choice.winner.at!;
          expect(usable.every((at) => at.term < term || (at.term === term && at.seq <= end))).toBe(true);
          expect(acceptLoss || end >= seq).toBe(true);
        } else if (choice.kind === 'refuse') expect(acceptLoss).toBe(false);
        const later = choose({ ...given, others: others.map((one) => ({ ...one, writtenMs: -(one.writtenMs ?? 0) })) });
        expect(later.judged.map((one) => one.verdict)).toEqual(choice.judged.map((one) => one.verdict));
      },
    ),
  );
});
