/**
 * A manager's process: the real core, loop, replay and choice of a journal, on
 * a simulated disk, clock and leader's row. It starts as the real one does:
 * survey, leader's row, candidates, choice, replay, term, then executors.
 */
import { apply } from '@tagmill/manager/core/apply';
import { digest } from '@tagmill/manager/core/digest';
import type { Effect } from '@tagmill/manager/core/effects';
import type { Decision, Input, Stamped } from '@tagmill/manager/core/events';
import { brokenInvariants } from '@tagmill/manager/core/invariants';
import type { Candidate, Choice, Place } from '@tagmill/manager/core/recovery/candidate';
import { choose } from '@tagmill/manager/core/recovery/choose';
import type { ManagerState, Settings } from '@tagmill/manager/core/state';
import { decodeState } from '@tagmill/manager/core/snapshot/decode';
import { encodeState } from '@tagmill/manager/core/snapshot/encode';
import { forwardClock } from '@tagmill/manager/shell/forward-clock';
import { Loop } from '@tagmill/manager/shell/loop';
import { Replay } from '@tagmill/manager/shell/replay';
import { decodeBatch, encodeBatch } from '@tagmill/manager/store/codec';
import type { JournalBatch, Position } from '@tagmill/manager/store/journal';
import type { Prng } from '@tagmill/shared/prng';
import type { SimClock } from './clock.ts';
import type { SimCopy, SimDisk, SimSurvey } from './disk.ts';
import { type JournalFacts, keysOf, resultKey } from './journal-facts.ts';
import { type LeaderRow, type Row, SimLeadership } from './leader-row.ts';
import { Machine } from './machine.ts';

/** Events that are applied at once and journaled with the next batch. */
const DECISIONS: ReadonlySet<string> = new Set<Decision['type']>([
  'run-started',
  'pass-formed',
  'merge-started',
  'tag-refused',
  'report-made',
  'executor-lost',
  'settle-asked',
  'rollback-formed',
  'leased',
]);

const RECOVERY_WINDOW_MS = 5_000;

/** A copy of the journal that an executor says it has. */
export interface OfferedCopy {
  readonly name: string;
  readonly copy: SimCopy;
  readonly at: Position;
  readonly writtenMs: number;
}

export interface ManagerWorld {
  readonly clock: SimClock;
  readonly prng: Prng;
  readonly settings: Settings;
  readonly rows: LeaderRow;
  readonly facts: JournalFacts;
  readonly durability: 'local' | 'copied';
  /** Between two snapshots, ms. */
  readonly snapshotMs: number;
  /** Whether the invariants and replays are looked at. */
  readonly checks: boolean;
  readonly acceptsLoss: () => boolean;
  /** Whether what was acknowledged may be missing: `own` is whether it goes on with its own journal, `state` what is in it. */
  readonly forgives: (node: ManagerNode, own: boolean, state: ManagerState) => boolean;
  readonly tell: (line: string) => void;
}

/** What the manager's doors do for it. */
export interface ManagerDoors {
  act(effects: readonly Effect[]): void;
  /** What executors that wait at the door offer. */
  offers(): readonly OfferedCopy[];
  /** It leads: whoever waits comes in. */
  open(): void;
  /** The process is gone, and all that it knew of streams. */
  forget(): void;
  /** A batch is on disk. */
  committed(): void;
  /** Calls back once an executor has the entry in its copy. */
  whenCopied(seq: number, done: () => void): void;
}

export class ManagerNode {
  readonly name: string;
  readonly disk: SimDisk;
  readonly machine: Machine;
  doors: ManagerDoors | undefined;
  loop: Loop | undefined;
  alive = false;
  leadership: SimLeadership | undefined;
  restarts = 0;
  refusals = 0;
  recoveredFromCopies = 0;
  readonly broken: string[] = [];
  private readonly world: ManagerWorld;
  private lineages = 0;
  /** Its term stands in the journal. */
  private begun = false;
  /** Executors that were sent copies, as the row says. */
  holders = 0;
  /** The next batch is looked at before it is written: what the disk gives is what is live. */
  checkNext = false;

  constructor(name: string, disk: SimDisk, rate: number, world: ManagerWorld) {
    this.name = name;
    this.disk = disk;
    this.world = world;
    this.machine = new Machine(world.clock, rate);
  }

  get state(): ManagerState | undefined {
    return this.loop?.state;
  }

  get leads(): boolean {
    return this.loop !== undefined && this.leadership?.leads() === true;
  }

  start(): void {
    this.alive = true;
    this.lineages += 1;
    const survey = this.disk.survey(`${this.name}-${this.lineages}`);
    this.claim(survey);
  }

  /** kill -9: a flush under way may or may not have reached the disk. */
  crash(): void {
    this.alive = false;
    this.begun = false;
    this.loop = undefined;
    this.leadership = undefined;
    this.restarts += 1;
    this.doors?.forget();
    this.machine.die();
  }

  /** SIGSTOP for a while. */
  stop(forMs: number): void {
    if (this.alive) this.machine.stop(forMs);
  }

  push(input: Input, accepted?: () => void, refused?: () => void): void {
    const { loop } = this;
    if (loop === undefined) return;
    if (accepted === undefined) {
      loop.push(input);
      return;
    }
    const taken = () => {
      this.mustLead('acknowledges');
      for (const key of keysOf(input)) this.world.facts.promise(key);
      accepted();
    };
    // As `submit` does, without its promise: nothing here runs outside the simulated time.
    const reject = refused ?? (() => undefined);
    if (this.disk.healthy) loop.push(input, { resolve: taken, reject });
    else reject();
  }

  /**
   * A replay of the disk gives the state that is live. Looked at when a batch is
   * about to be written: its decisions are applied already, its inputs are not.
   */
  private checkReplay(underWay: JournalBatch): void {
    const { state } = this;
    if (state === undefined) return;
    const replay = this.replayed();
    for (const stamped of decodeBatch(underWay.blob)) if (DECISIONS.has(stamped.event.type)) apply(replay.state, stamped);
    const again = replay.finish(this.world.clock.nowMs, this.machine.steadyMs());
    again.tokenNext = state.tokenNext;
    const live = JSON.stringify(digest(state));
    const replayed = JSON.stringify(digest(again));
    if (live !== replayed) this.broken.push(`[9] a replay gives another state: ${firstDifference(live, replayed)}`);
  }

  /** Newest snapshot, then what stands behind it. */
  private replayed(): Replay {
    const { settings } = this.world;
    const snapshot = this.disk.snapshots.at(-1);
    const replay = snapshot === undefined ? new Replay(settings) : new Replay(settings, decodeState(snapshot.sections, settings));
    for (const batch of this.disk.batches) if (batch.seq > (snapshot?.seq ?? 0)) replay.add(batch);
    return replay;
  }

  /** Made from the snapshot before and the journal behind it, never from the live state. */
  private snapshots(loop: Loop): void {
    this.machine.after(this.world.prng.between(this.world.snapshotMs / 2, this.world.snapshotMs * 2), () => {
      if (this.loop !== loop) return;
      const { head } = this.disk;
      if (this.disk.healthy && head.seq > (this.disk.snapshots.at(-1)?.seq ?? 0)) {
        const sections = [...encodeState(this.replayed().state)];
        this.disk.keep({ ...head, atMs: this.machine.wallMs(), sections });
      }
      this.snapshots(loop);
    });
  }

  private claim(survey: SimSurvey): void {
    const { rows, prng } = this.world;
    // A process of this machine that held the row is known to be gone.
    const row = rows.take(this.name, rows.row.holder === this.name);
    if (typeof row === 'string') {
      this.machine.after(prng.between(200, 600), () => this.claim(survey));
      return;
    }
    const said = () => this.confirmed();
    this.leadership = new SimLeadership(rows, this.name, row.term, this.machine, said, () => {
      this.world.tell(`${this.name} notices that another manager leads, and ends`);
      this.exit();
    });
    this.collect(survey, row, this.machine.steadyMs());
  }

  /** What the row says of the journal; before there is one it stays as it was. */
  private confirmed() {
    if (!this.begun) return undefined;
    const { lineage, term, seq } = this.disk.head;
    return { lineage, confirmedTerm: term, seq, holders: this.holders };
  }

  /** Candidates until the choice is made. */
  private collect(survey: SimSurvey, row: Readonly<Row>, sinceMs: number): void {
    const offers = this.doors?.offers() ?? [];
    const choice = this.mustBeBest(
      offers,
      survey,
      choose({
        own: ownCandidate(survey),
        others: offers.map(offeredCandidate),
        confirmed: { lineage: row.lineage, term: row.confirmedTerm, seq: row.seq, holders: row.holders },
        fresh: survey.fresh,
        mayWait: true,
        waitedMs: this.machine.steadyMs() - sinceMs,
        windowMs: RECOVERY_WINDOW_MS,
        acceptLoss: this.world.acceptsLoss(),
        recoverFrom: '',
        mostBytes: Number.MAX_SAFE_INTEGER,
      }),
    );
    if (choice.kind === 'wait') this.machine.after(100, () => this.collect(survey, row, sinceMs));
    else this.chosen(choice, survey, offers, row);
  }

  /** Judged apart: nothing that was there of this history is newer than what is chosen. */
  private mustBeBest(offers: readonly OfferedCopy[], survey: SimSurvey, choice: Choice): Choice {
    const chosen = choice.kind === 'winner' ? choice.winner.at : undefined;
    if (chosen == null) return choice;
    const own = survey.head === null ? [] : [survey.head];
    for (const at of [...own, ...offers.map((one) => one.at)])
      if (at.lineage === chosen.lineage && (at.term > chosen.term || (at.term === chosen.term && at.seq > chosen.seq)))
        this.broken.push(
          `[9] the start goes on from entry ${chosen.seq} of term ${chosen.term}, and entry ${at.seq} of term ${at.term} was there`,
        );
    return choice;
  }

  private chosen(choice: Exclude<Choice, { kind: 'wait' }>, survey: SimSurvey, offers: readonly OfferedCopy[], row: Readonly<Row>): void {
    if (choice.kind === 'refuse') {
      this.refusals += 1;
      this.world.tell(`${this.name} does not start: ${choice.sentence}`);
      this.world.rows.release(this.name, row.term);
      this.exit();
      return;
    }
    if (choice.kind === 'winner' && choice.winner.source === 'own') this.disk.cutTo(survey.head!);
    if (choice.kind === 'winner' && choice.winner.source !== 'own') {
      const { copy } = offers.find((one) => one.name === choice.winner.name)!;
      this.recoveredFromCopies += 1;
      this.world.tell(`${this.name}: ${choice.sentence}`);
      this.machine.after(this.world.prng.between(5, 300), () => {
        this.disk.install(copy);
        this.begin(row, false);
      });
      return;
    }
    if (choice.kind === 'fresh' && !survey.fresh && survey.head?.seq !== 0) {
      this.disk.wipe();
      this.disk.survey(`${this.name}-${this.lineages}`);
    }
    this.begin(row, choice.kind === 'winner' || row.lineage === '');
  }

  private begin(row: Readonly<Row>, own: boolean): void {
    const { facts, clock } = this.world;
    const state = this.replayed().finish(clock.nowMs, this.machine.steadyMs());
    // One that slept while another took the row goes on for nobody: it notices before it confirms anything, which is judged apart.
    if (this.world.rows.row.term === row.term) facts.goesOn(this.disk.head, this.world.forgives(this, own, state));
    const term = Math.max(row.term, state.term + 1);
    this.holders = row.lineage === this.disk.lineage ? row.holders : 0;
    this.takeTerm(state, term);
  }

  /** The term is in the journal before anything is decided under it, and the row says what is there before anybody comes in. */
  private takeTerm(state: ManagerState, term: number): void {
    const { head } = this.disk;
    const taken: Stamped = { atMs: this.nowFrom(state)(), event: { type: 'term-taken', term } };
    const batch = this.disk.follow({ seq: head.seq + 1, term, blob: encodeBatch([taken]) });
    this.world.facts.written(head, batch);
    this.disk.append(batch, this.machine, (error) => {
      if (error !== undefined) {
        this.exit();
        return;
      }
      apply(state, taken);
      this.begun = true;
      this.leadership?.tell(() => this.lead(state, term, batch.seq));
    });
  }

  private nowFrom(state: ManagerState): () => number {
    return forwardClock(
      state.atMs,
      () => this.machine.wallMs(),
      () => this.machine.steadyMs(),
    );
  }

  private lead(state: ManagerState, term: number, seq: number): void {
    const { leadership } = this;
    if (leadership === undefined) return;
    const loop = new Loop(state, seq, {
      commit: (batch, done) => this.commit(batch, done),
      term: () => term,
      leads: () => leadership.leads(),
      whenLeading: (task) => leadership.whenLeading(task),
      now: this.nowFrom(state),
      steady: () => this.machine.steadyMs(),
      act: (effects) => this.act(effects),
      changed: () => this.check(state),
      failed: (error) => this.broken.push(`the loop failed: ${String(error)}`),
      soon: (task) => this.machine.after(0, task),
      after: (delayMs, task) => this.machine.after(delayMs, task),
    });
    state.links = new Map();
    this.loop = loop;
    this.disk.onHealth = (ok) => {
      if (this.loop !== loop) return;
      if (ok) loop.resume();
      else loop.pause('the disk takes no writes.');
    };
    this.snapshots(loop);
    this.doors?.open();
    loop.poke();
  }

  private act(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type !== 'confirm') continue;
      this.mustLead('confirms');
      for (const [i, shard] of effect.shards.entries()) this.world.facts.promise(resultKey(effect.fanOut, shard, effect.tokens[i]!));
    }
    this.doors?.act(effects);
  }

  /** [6] Whoever says that something has happened must be the leader, whatever its own clock says. */
  private mustLead(does: string): void {
    const { row } = this.world.rows;
    if (row.term !== this.leadership?.term)
      this.broken.push(`[6] ${this.name} of term ${this.leadership?.term} ${does} after term ${row.term} was taken`);
  }

  /** The process ends by itself; its supervisor starts it again. */
  private exit(): void {
    this.crash();
    this.world.clock.after(this.world.prng.between(500, 3_000), () => {
      if (!this.alive) this.start();
    });
  }

  private commit(batch: JournalBatch, done: (error?: unknown) => void): void {
    const { prng, facts } = this.world;
    if (this.world.checks && (prng.chance(0.008) || this.checkNext) && this.broken.length === 0) this.checkReplay(batch);
    this.checkNext = false;
    const committed = this.disk.follow(batch);
    // Before it is on disk: what was never acknowledged may be there after a crash all the same.
    facts.written(this.disk.head, committed);
    this.disk.append(committed, this.machine, (error) => {
      if (error === undefined) this.doors?.committed();
      if (error === undefined && this.world.durability === 'copied') this.doors?.whenCopied(committed.seq, done);
      else done(error);
    });
  }

  private check(state: ManagerState): void {
    if (this.world.checks && this.broken.length === 0) this.broken.push(...brokenInvariants(state));
  }
}

const placeOf = ({ lineage, term, seq, hash }: Position): Place => ({ lineage, term, seq, hash: Buffer.from(hash).toString('hex') });

function ownCandidate({ head, fault, fresh, snapshots }: SimSurvey): Candidate {
  return {
    source: 'own',
    name: 'own',
    at: fresh || head === null ? null : placeOf(head),
    chain: fault?.kind ?? (fresh ? 'missing' : 'whole'),
    snapshotSeq: snapshots.at(-1)?.seq ?? 0,
    sizeBytes: 0,
    writtenMs: null,
    signed: true,
    lastSeq: fault?.lastSeq ?? null,
    fault: fault?.sentence ?? null,
  };
}

const offeredCandidate = ({ name, copy, at, writtenMs }: OfferedCopy): Candidate => ({
  source: 'executor',
  name,
  at: placeOf(at),
  chain: 'whole',
  snapshotSeq: copy.snapshot?.seq ?? 0,
  sizeBytes: 1,
  writtenMs,
  signed: true,
  lastSeq: null,
  fault: null,
});

function firstDifference(a: string, b: string): string {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return `…${a.slice(Math.max(0, at - 120), at + 80)}… against …${b.slice(Math.max(0, at - 20), at + 80)}…`;
}
