/** Writes down what a start does, as it does it: the recovery report. */
import type { RecoveryCandidate, RecoveryReport, RecoveryStep, RecoveryStepName } from '@tagmill/shared/api/recovery';
import { type Choice, type Judged, type Lost, titleOf } from '../core/recovery/candidate.ts';
import { AttemptWatch } from '../core/recovery/attempts.ts';
import type { ManagerState } from '../core/state.ts';

type Outcome = RecoveryReport['outcome'];
interface OpenStep {
  readonly name: RecoveryStepName;
  readonly startedMs: number;
  endedMs: number | null;
  detail: string;
}

export class RecoveryLog {
  private readonly now: () => number;
  private readonly startedMs: number;
  private readonly steps: OpenStep[] = [];
  private candidates: readonly RecoveryCandidate[] = [];
  private outcome: Outcome = 'recovering';
  private sentence = 'starts';
  private term = 0;
  private termBefore: number | null = null;
  private lineage = '';
  private entriesFromCopy = 0;
  private entriesLost: Lost = 'unknown';
  private window = { ms: 0, closedEarly: false };
  private firstDispatchMs: number | null = null;
  private watch: AttemptWatch | undefined;
  private ignoredBefore = 0;
  private state: ManagerState | undefined;
  private fenced = 0;
  private readonly back = new Set<number>();
  private settled = false;

  /** Called when an executor is back: what it held may be told now. */
  onJoined: () => void = () => undefined;

  /** `now`: wall clock, ms since 1970. */
  constructor(now: () => number) {
    this.now = now;
    this.startedMs = now();
    this.begin('start', 'journal, database and term row');
  }

  begin(name: RecoveryStepName, detail = ''): void {
    this.steps.push({ name, startedMs: this.now(), endedMs: null, detail });
  }

  end(name: RecoveryStepName, detail?: string): void {
    const step = this.steps.find((one) => one.name === name && one.endedMs === null);
    if (step === undefined) return;
    step.endedMs = this.now();
    if (detail !== undefined) step.detail = detail;
  }

  /** What the choice says now; while it waits the page shows it. */
  judged({ judged, sentence }: Choice): void {
    this.candidates = judged.map(record);
    this.sentence = sentence;
  }

  waited(ms: number, closedEarly: boolean): void {
    this.window = { ms, closedEarly };
  }

  chosen(outcome: Exclude<Outcome, 'recovering'>, sentence: string, lineage: string, entriesFromCopy: number): void {
    this.outcome = outcome;
    this.sentence = sentence;
    this.lineage = lineage;
    this.entriesFromCopy = entriesFromCopy;
  }

  /** What was confirmed and is given up with this choice. */
  lost(entries: Lost): void {
    this.entriesLost = entries;
  }

  /** The state as it was replayed; `lastMs`: wall clock of its last entry. */
  replayed(state: ManagerState, lastMs: number): void {
    this.state = state;
    this.watch = new AttemptWatch(state);
    this.ignoredBefore = state.ignoredResults;
    this.termBefore = state.term === 0 ? null : state.term;
    if (lastMs > 0 && lastMs < this.startedMs)
      this.steps.unshift({ name: 'away', startedMs: lastMs, endedMs: this.startedMs, detail: 'from the last journal entry to the start' });
  }

  termTaken(term: number): void {
    this.term = term;
  }

  dispatched(): void {
    this.firstDispatchMs ??= this.now();
  }

  /** An executor joined, and what it held is settled. */
  joined(executorNumber: number): void {
    if (this.settled) return;
    this.back.add(executorNumber);
    this.onJoined();
  }

  /** The target refused attempts of before. */
  refusedAtTarget(attempts: number): void {
    this.fenced += attempts;
  }

  /** Follows the attempts that were under way; true when the last of them has come to its end just now. */
  look(): boolean {
    const { watch } = this;
    if (this.settled || watch === undefined) return false;
    watch.look(this.back);
    if (watch.asking > 0 && !this.steps.some((step) => step.name === 'target'))
      this.begin('target', `${watch.asking} shards whose executors do not tell`);
    if (watch.executors.size === 0) this.end('executors', `${this.back.size} came back, with ${watch.kept} attempts in hand`);
    if (!watch.over) return false;
    this.end('target');
    this.settled = true;
    return true;
  }

  get isOver(): boolean {
    return this.settled;
  }

  report(): RecoveryReport {
    const { watch } = this;
    return {
      startedMs: this.startedMs,
      firstDispatchMs: this.firstDispatchMs,
      term: this.term,
      termBefore: this.termBefore,
      lineage: this.lineage,
      outcome: this.outcome,
      sentence: this.sentence,
      candidates: this.candidates,
      entriesFromCopy: this.entriesFromCopy,
      ...(this.entriesLost === 'unknown' ? {} : { entriesLost: this.entriesLost === 'some' ? null : this.entriesLost }),
      window: { ...this.window },
      steps: this.steps.map((step): RecoveryStep => ({ ...step })),
      attempts: {
        running: watch?.running ?? 0,
        kept: watch?.kept ?? 0,
        accepted: watch?.accepted ?? 0,
        redone: watch?.redone ?? 0,
        examples: watch?.examples ?? [],
      },
      late: { dropped: Math.max(0, (this.state?.ignoredResults ?? 0) - this.ignoredBefore), fenced: this.fenced },
    };
  }
}

function record({ candidate, verdict, why }: Judged): RecoveryCandidate {
  const { source, name, at, snapshotSeq, writtenMs, chain } = candidate;
  const there = at !== null && at.seq > 0 ? at : null;
  return {
    source,
    name,
    term: there?.term ?? null,
    seq: there?.seq ?? null,
    snapshotSeq: there === null || snapshotSeq === 0 ? null : snapshotSeq,
    hash: there === null ? null : there.hash.slice(0, 8),
    writtenMs,
    chain,
    verdict,
    why,
  };
}

/** One line for the log. */
export function logLine(report: RecoveryReport): Record<string, unknown> {
  const { outcome, term, lineage, candidates, window, attempts } = report;
  const { running, kept, accepted, redone } = attempts;
  const wins = candidates.find((one) => one.verdict === 'wins');
  return {
    outcome,
    term,
    lineage,
    winner: wins === undefined ? null : titleOf({ source: wins.source, name: wins.name }),
    seq: wins?.seq ?? null,
    candidates: candidates.map(
      (one) => `${one.name}: term ${one.term ?? '-'}, entry ${one.seq ?? '-'}, ${one.chain}, ${one.verdict}: ${one.why}`,
    ),
    windowMs: window.ms,
    attempts: { running, kept, accepted, redone },
  };
}
