/**
 * The choice of the journal that a manager goes on with (control-plane.md,
 * "Recovery"). Pure: what lies on the own disk, what executors and S3 offer,
 * what the leader's row says was confirmed, and for how long it has waited.
 */
import {
  type Candidate,
  type Choice,
  type ChoiceInput,
  entries,
  grouped,
  type Judged,
  type Lost,
  type Place,
  titleOf,
} from './candidate.ts';
import { conflictOf, homeOf, newestFirst, refusal, shortLineage } from './rank.ts';

/**
 * The winner is the highest (term, sequence) with an unbroken chain. It waits
 * for executors only when the own chain is missing, broken or shorter than what
 * was confirmed; it stops rather than drop what was confirmed, or guess between
 * two histories.
 */
export function choose(input: ChoiceInput): Choice {
  const home = homeOf(input);
  const all = [input.own, ...input.others];
  const usable = all.filter((one) => one.at !== null && one.at.seq > 0 && refusal(one, home, input) === undefined).sort(newestFirst);
  const needed = neededPlace(input, home);
  const judge = (winner?: Candidate): Judged[] => all.map((one) => judged(one, winner, home, input));
  if (isFresh(input)) return { kind: 'fresh', lost: 0, sentence: 'a new journal: nothing was here before', judged: judge() };
  if (waits(input, home, needed)) return { kind: 'wait', sentence: whyItWaits(input, usable[0], needed), judged: judge() };
  if (input.recoverFrom !== '') return byName(input, usable, needed, judge);
  const conflict = conflictOf(usable);
  if (conflict !== undefined) return { kind: 'refuse', sentence: twoHistories(conflict), judged: judge() };
  const best = usable[0];
  if (best === undefined || !reaches(best.at!, needed)) return withLess(input, best, needed, judge);
  return won(best, judge, lostWith(input.own, needed));
}

const MOST_NAMED = 3;

/** The disk was never written to, and nothing says that there was a manager: or nobody could find it anyway. */
function isFresh({ own, fresh, confirmed, mayWait, recoverFrom }: ChoiceInput): boolean {
  const empty = fresh || (own.chain === 'whole' && own.at?.seq === 0);
  return empty && recoverFrom === '' && (confirmed.lineage === '' || confirmed.seq === 0 || !mayWait);
}

/** Entries up to here may have been confirmed: what ends before it has lost something. */
function neededPlace({ own, confirmed }: ChoiceInput, home: string): Needed {
  const { term, seq } = confirmed.lineage === home ? confirmed : { term: 0, seq: 0 };
  const broken = own.chain === 'broken' || own.chain === 'unreadable' ? (own.lastSeq ?? 0) : 0;
  return { term, seq, least: Math.max(seq, broken), broken };
}

interface Needed {
  readonly term: number;
  readonly seq: number;
  /** Entries that the own disk has seen, though they cannot be read there any more. */
  readonly broken: number;
  /** The higher of both, for sentences. */
  readonly least: number;
}

/** A longer branch of an older term has not seen what a later term confirmed. */
const reaches = (at: Pick<Place, 'term' | 'seq'>, { term, seq, broken }: Needed): boolean =>
  at.seq >= broken && (at.term > term || (at.term === term && at.seq >= seq));

function waits(input: ChoiceInput, home: string, needed: Needed): boolean {
  const { own, others, confirmed, mayWait, waitedMs, windowMs, recoverFrom } = input;
  if (!mayWait || waitedMs >= windowMs) return false;
  if (recoverFrom !== '') return recoverFrom !== own.name && !others.some((one) => one.name === recoverFrom);
  if (own.chain === 'whole' && own.at !== null && reaches(own.at, needed)) return false;
  // All that were sent copies have shown what they hold: nobody else can have more.
  const shown = others.filter((one) => one.source === 'executor' && one.at?.lineage === home && one.signed).length;
  return confirmed.lineage !== home || confirmed.holders === 0 || shown < confirmed.holders;
}

function whyItWaits({ own, confirmed, windowMs, recoverFrom }: ChoiceInput, best: Candidate | undefined, needed: Needed): string {
  const seconds = `${windowMs / 1000} s`;
  if (recoverFrom !== '') return `waits up to ${seconds} for the copy of ${recoverFrom}`;
  const why =
    own.chain === 'missing' || own.at === null
      ? `the data directory holds no journal, and ${entries(Math.max(needed.least, confirmed.seq))} were confirmed`
      : own.chain === 'whole'
        ? `the own journal ends at ${grouped(own.at.seq)} of term ${own.at.term}, and ${grouped(needed.least)} of term ${needed.term} was confirmed`
        : (own.fault ?? `the own journal is ${own.chain}`);
  const so = best === undefined || best === own ? '' : `; the best so far is that of ${titleOf(best)}, up to ${grouped(best.at!.seq)}`;
  return `${why}: waits up to ${seconds} for the copies of executors${so}`;
}

function byName(input: ChoiceInput, usable: readonly Candidate[], needed: Needed, judge: (winner?: Candidate) => Judged[]): Choice {
  const chosen = usable.find((one) => one.name === input.recoverFrom);
  if (chosen === undefined) {
    const names = usable.map((one) => one.name).join(', ');
    const there = judge().find(({ candidate }) => candidate.name === input.recoverFrom);
    const why = there === undefined ? 'nobody of that name has come' : there.why;
    return {
      kind: 'refuse',
      sentence: `the journal cannot be recovered from ${input.recoverFrom}: ${why}. ${names === '' ? 'Nothing else can be used either.' : `Usable: ${names}.`}`,
      judged: judge(),
    };
  }
  return !reaches(chosen.at!, needed) ? withLess(input, chosen, needed, judge) : won(chosen, judge, lostWith(input.own, needed));
}

/** Nothing reaches what was confirmed: that is for a person to accept. */
function withLess(input: ChoiceInput, best: Candidate | undefined, needed: Needed, judge: (winner?: Candidate) => Judged[]): Choice {
  if (input.acceptLoss) {
    if (best !== undefined)
      return won(
        best,
        judge,
        lostBehind(best.at!, needed),
        ` what was confirmed behind entry ${grouped(best.at!.seq)} of term ${best.at!.term} is lost, as accepted.`,
      );
    return {
      kind: 'fresh',
      lost: needed.least,
      sentence: `a new journal: ${entries(needed.least)} that were there are lost, as accepted`,
      judged: judge(),
    };
  }
  const own = input.own.fault === null ? '' : ` ${sentence(input.own.fault)}`;
  const lies =
    best === undefined
      ? 'no copy of the journal can be used'
      : `the best that is there, ${titleOf(best)}, ends at entry ${grouped(best.at!.seq)} of term ${best.at!.term}`;
  return {
    kind: 'refuse',
    sentence: `entries up to ${grouped(needed.least)}${needed.term === 0 ? '' : ` of term ${needed.term}`} may have been confirmed, and ${lies}.${own}${refusedOnes(judge())} Start the executors that hold copies and start again, restore the data directory from a backup, or go on without what is missing by --accept-loss.`,
    judged: judge(),
  };
}

/** Those that have entries and were refused: they may be what is missing. */
function refusedOnes(all: readonly Judged[]): string {
  const refused = all.filter(({ candidate, verdict }) => candidate.source !== 'own' && verdict === 'refused').slice(0, MOST_NAMED);
  return refused.map(({ candidate, why }) => ` Refused is ${titleOf(candidate)}: ${why}.`).join('');
}

/** A longer branch of an older term lacks entries of the later one, and its own length does not say how many. */
const lostBehind = (at: Place, { least }: Needed): Lost => (at.seq < least ? least - at.seq : 'some');

/** Nothing, when it is the own disk on which the last leader wrote: it shows what was there, and the winner has all of it. */
const lostWith = ({ at }: Candidate, { term }: Needed): Lost => (at !== null && at.seq > 0 && at.term >= term ? 0 : 'unknown');

function won(winner: Candidate, judge: (winner?: Candidate) => Judged[], lost: Lost, more = ''): Choice {
  const what =
    winner.source === 'own'
      ? winner.chain === 'whole'
        ? 'The own journal is used.'
        : `The own journal is used up to entry ${grouped(winner.at!.seq)}.`
      : winner.source === 's3'
        ? 'The snapshot on S3 is used.'
        : `The copy of ${winner.name} is used.`;
  return { kind: 'winner', winner, lost, sentence: `${what}${more}`, judged: judge(winner) };
}

function judged(one: Candidate, winner: Candidate | undefined, home: string, input: ChoiceInput): Judged {
  const refused = refusal(one, home, input);
  if (refused !== undefined) return { candidate: one, verdict: 'refused', why: refused };
  if (one.at === null || one.at.seq === 0) return { candidate: one, ...withoutEntries(one) };
  if (one === winner) return { candidate: one, verdict: 'wins', why: whyItWins(one) };
  if (winner === undefined) return { candidate: one, verdict: 'not-used', why: one.fault ?? 'not chosen' };
  if (one.at.lineage !== winner.at!.lineage)
    return { candidate: one, verdict: 'refused', why: `another history was chosen (${shortLineage(winner.at!.lineage)})` };
  return { candidate: one, ...behind(one, winner) };
}

function withoutEntries(one: Candidate): Omit<Judged, 'candidate'> {
  if (one.chain === 'unreadable' || one.chain === 'broken') return { verdict: 'refused', why: one.fault ?? 'it cannot be read' };
  if (one.fault !== null) return { verdict: 'missing', why: one.fault };
  return { verdict: 'missing', why: one.source === 'own' ? 'the data directory holds no journal' : 'answered, but holds no copy' };
}

function whyItWins({ source, chain, fault }: Candidate): string {
  if (source !== 'own') return 'highest term and sequence, chain unbroken, signature valid';
  return chain === 'whole' ? 'highest term and sequence, chain unbroken' : `highest term and sequence that can be used: ${fault ?? chain}`;
}

function behind(one: Candidate, winner: Candidate): Omit<Judged, 'candidate'> {
  const [at, top] = [one.at!, winner.at!];
  if (at.term === top.term && at.seq === top.seq && at.hash !== top.hash)
    return {
      verdict: 'refused',
      why: `says of entry ${grouped(at.seq)} of term ${at.term} that something else happened than ${titleOf(winner)} says`,
    };
  if (at.term < top.term && at.seq > top.seq)
    return { verdict: 'refused', why: `higher sequence, but from term ${at.term}, which was replaced` };
  if (one.source === 'own' && one.chain !== 'whole') return { verdict: 'not-used', why: one.fault ?? `valid up to ${grouped(at.seq)}` };
  if (at.seq > top.seq || at.term > top.term) return { verdict: 'not-used', why: `${titleOf(winner)} was chosen by a person` };
  if (at.seq === top.seq) return { verdict: 'not-used', why: `the same entries as ${titleOf(winner)}` };
  return { verdict: 'not-used', why: `${entries(top.seq - at.seq)} behind ${titleOf(winner)}` };
}

function twoHistories([a, b]: readonly [Candidate, Candidate]): string {
  const show = (one: Candidate): string =>
    `${titleOf(one)} (history ${shortLineage(one.at!.lineage)}, term ${one.at!.term}, entry ${grouped(one.at!.seq)}, hash ${one.at!.hash.slice(0, 8)})`;
  return `there are two histories, and nothing says which one is right: ${show(a)} and ${show(b)}. Look at both (tagmill journal explain) and start again with --recover-from ${a.name} or --recover-from ${b.name}.`;
}

const sentence = (text: string): string => {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return first.endsWith('.') ? first : `${first}.`;
};
