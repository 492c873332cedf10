/**
 * The leader's row in the simulated database, and a manager's hold on it, as
 * the real one keeps it (tagstore/leader.ts, leader-lease.ts): taken by
 * compare-and-set under the next term, renewed, counted by the holder's own
 * monotonic clock from before each question.
 */
import type { Prng } from '@tagmill/shared/prng';
import type { SimClock } from './clock.ts';
import type { Machine } from './machine.ts';

/** How long the row is held without being renewed, and how often it is. */
const LEASE_MS = 4_000;
const RENEW_MS = 1_200;

export interface Row {
  holder: string;
  term: number;
  untilMs: number;
  /** History and last entry that its holder had on disk when it renewed. */
  lineage: string;
  confirmedTerm: number;
  seq: number;
  /** Executors that were sent copies. */
  holders: number;
}

type Confirmed = Pick<Row, 'lineage' | 'confirmedTerm' | 'seq' | 'holders'>;

export class LeaderRow {
  readonly clock: SimClock;
  readonly prng: Prng;
  readonly isAway: () => boolean;
  readonly row: Row = { holder: '', term: 0, untilMs: 0, lineage: '', confirmedTerm: 0, seq: 0, holders: 0 };

  constructor(clock: SimClock, prng: Prng, isAway: () => boolean) {
    this.clock = clock;
    this.prng = prng;
    this.isAway = isAway;
  }

  /** Takes the row, or says why not. `gone`: the process that holds it is known to be dead, as on one machine. */
  take(holder: string, gone: boolean): Readonly<Row> | 'away' | 'held' {
    if (this.isAway()) return 'away';
    const { row } = this;
    if (row.untilMs > this.clock.nowMs && row.holder !== holder && !gone) return 'held';
    row.holder = holder;
    row.term += 1;
    row.untilMs = this.clock.nowMs + LEASE_MS;
    return { ...row };
  }

  /** A manager that ends by itself lets another one lead at once. */
  release(holder: string, term: number): void {
    if (this.row.holder === holder && this.row.term === term && !this.isAway()) this.row.untilMs = 0;
  }
}

export class SimLeadership {
  readonly term: number;
  private readonly rows: LeaderRow;
  private readonly holder: string;
  private readonly machine: Machine;
  private standsUntilMs: number;
  private waiting: (() => void)[] = [];
  private lost = false;
  /** What the row says of the journal; undefined leaves it as it was. */
  private readonly said: () => Confirmed | undefined;
  private readonly onLost: () => void;

  constructor(rows: LeaderRow, holder: string, term: number, machine: Machine, said: () => Confirmed | undefined, onLost: () => void) {
    this.rows = rows;
    this.holder = holder;
    this.term = term;
    this.machine = machine;
    this.said = said;
    this.onLost = onLost;
    this.standsUntilMs = machine.steadyMs() + LEASE_MS;
    this.plan(RENEW_MS);
  }

  leads(): boolean {
    return !this.lost && this.machine.steadyMs() < this.standsUntilMs;
  }

  whenLeading(task: () => void): void {
    if (this.lost) return;
    if (this.leads()) task();
    else this.waiting.push(task);
  }

  /** Says at once, and with each renewal, who holds copies; `said` comes when the row has it. */
  tell(said: () => void): void {
    const { rows } = this;
    this.machine.after(rows.prng.between(1, 20), () => {
      if (rows.isAway()) this.machine.after(RENEW_MS, () => this.tell(said));
      else if (rows.row.term === this.term) {
        Object.assign(rows.row, this.said());
        said();
      }
    });
  }

  private plan(inMs: number): void {
    this.machine.after(inMs, () => this.renew());
  }

  private renew(): void {
    const askedAtMs = this.machine.steadyMs();
    const { rows } = this;
    this.machine.after(rows.prng.between(1, 20), () => {
      if (rows.isAway()) {
        this.plan(RENEW_MS / 4);
        return;
      }
      const { row } = rows;
      if (row.holder !== this.holder || row.term !== this.term) {
        this.lost = true;
        this.waiting = [];
        this.onLost();
        return;
      }
      row.untilMs = rows.clock.nowMs + LEASE_MS;
      Object.assign(row, this.said());
      this.machine.after(rows.prng.between(1, 20), () => {
        this.standsUntilMs = askedAtMs + LEASE_MS;
        this.plan(RENEW_MS);
        if (this.leads()) for (const task of this.waiting.splice(0)) task();
      });
    });
  }
}
