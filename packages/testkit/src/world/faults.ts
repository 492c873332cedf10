/** What may go wrong in a simulated world: one line a kind; a mix says how much of each. */
import type { Prng } from '@tagmill/shared/prng';
import { streamOf } from './streams.ts';

interface FaultSpec {
  /** `share`: of the messages, flushes or attempts that it may hit. `every`: mean time between, ms. */
  readonly unit: 'share' | 'every';
  /** Share of drawn mixes that have it. */
  readonly drawn: number;
  /** From where to where its strength is drawn. */
  readonly from: number;
  readonly to: number;
}

const share = (drawn: number, from: number, to: number): FaultSpec => ({ unit: 'share', drawn, from, to });
const every = (drawn: number, from: number, to: number): FaultSpec => ({ unit: 'every', drawn, from, to });

/** None is so frequent that nothing ever gets done. */
export const FAULTS = {
  // Network
  /** A message is lost: its stream breaks at once, or is left half-open until somebody notices. */
  drop: share(0.4, 0.001, 0.02),
  duplicate: share(0.4, 0.01, 0.2),
  /** A message overtakes another one: the session sees the gap and ends. */
  reorder: share(0.25, 0.0005, 0.005),
  slow: share(0.4, 0.01, 0.1),
  partition: every(0.35, 4_000, 20_000),
  /** Messages of one direction alone get through. */
  'one-way': every(0.25, 4_000, 20_000),
  /** The peer's machine is gone without a word: the stream looks alive. */
  'half-open': every(0.25, 4_000, 20_000),

  // The manager's process, clock and disk
  'manager-kill': every(0.45, 3_000, 15_000),
  'manager-stop': every(0.3, 4_000, 20_000),
  'clock-jump': every(0.25, 2_000, 20_000),
  /** The clocks of all machines run at rates of their own. */
  'clock-rate': share(0.3, 0.01, 0.05),
  'disk-slow': share(0.4, 0.01, 0.1),
  'disk-full': every(0.2, 5_000, 20_000),
  'disk-read-only': every(0.1, 5_000, 20_000),
  /** A flush says that it failed; what it wrote may be there or not. */
  'flush-fails': share(0.2, 0.002, 0.02),
  /** The data directory is gone, and the process with it: copies on executors win. */
  'disk-lost': every(0.2, 5_000, 20_000),
  /** A committed entry cannot be read any more when the manager starts again. */
  'disk-rot': every(0.12, 6_000, 20_000),
  /** Another manager takes over in the same database while this one sleeps. */
  takeover: every(0.2, 6_000, 20_000),

  // Executors
  'executor-kill': every(0.45, 2_000, 15_000),
  /** SIGSTOP of the executor alone: its attempts go on in their own processes. */
  'executor-stop': every(0.35, 4_000, 20_000),
  /** SIGSTOP of the executor and its attempts, in the middle of a transaction too. */
  'executor-freeze': every(0.25, 4_000, 20_000),
  /** Its folder is gone, with its copy of the journal and its pieces. */
  'executor-disk-lost': every(0.2, 4_000, 20_000),
  drain: every(0.25, 3_000, 15_000),
  /** A second process under the id of another. */
  twin: every(0.15, 4_000, 15_000),
  /** What one executor said comes from another, or under a token that is over, or cannot be read. */
  stranger: every(0.25, 200, 2_000),
  'attempt-fails': share(0.3, 0.01, 0.12),
  /** An attempt does not hear that it is to stop. */
  deaf: share(0.2, 0.1, 0.6),

  // Target and object store
  'answer-lost': share(0.4, 0.02, 0.2),
  deadlock: share(0.3, 0.01, 0.1),
  'target-away': every(0.25, 5_000, 20_000),
  's3-error': share(0.3, 0.01, 0.1),
  's3-stall': share(0.3, 0.01, 0.08),
  'object-changed': share(0.08, 0.002, 0.01),

  // People
  click: every(0.7, 200, 3_000),
  /** A click whose answer is lost is asked for again: retry storms. */
  storm: every(0.15, 4_000, 15_000),
  create: every(0.25, 6_000, 20_000),
} as const satisfies Record<string, FaultSpec>;

export type FaultKind = keyof typeof FAULTS;

export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];

/** Strength of each kind; one that is absent does not happen. */
export type FaultMix = Readonly<Partial<Record<FaultKind, number>>>;

export const NO_FAULTS: FaultMix = {};

/** Each kind is in a mix or not; which, and how strong, comes from the seed. */
export function drawMix(seed: number): FaultMix {
  const mix: Partial<Record<FaultKind, number>> = {};
  for (const kind of FAULT_KINDS) {
    const { drawn, from, to } = FAULTS[kind];
    const prng = streamOf(seed, `mix/${kind}`);
    if (prng.chance(drawn)) mix[kind] = from + prng.fraction() * (to - from);
  }
  return mix;
}

/** Says of each possible fault whether it happens, from a random stream of its own kind, and counts. */
export class FaultDice {
  private mix: FaultMix;
  readonly injected = new Map<FaultKind, number>();
  private readonly streams = new Map<FaultKind, Prng>();
  private readonly seed: number;

  constructor(seed: number, mix: FaultMix) {
    this.seed = seed;
    this.mix = mix;
  }

  strength(kind: FaultKind): number {
    return this.mix[kind] ?? 0;
  }

  /** The random stream of a kind. */
  of(kind: FaultKind): Prng {
    let stream = this.streams.get(kind);
    if (stream === undefined) {
      stream = streamOf(this.seed, kind);
      this.streams.set(kind, stream);
    }
    return stream;
  }

  /** For kinds with a share. */
  hits(kind: FaultKind): boolean {
    const strength = this.mix[kind];
    if (strength === undefined || !this.of(kind).chance(strength)) return false;
    this.count(kind);
    return true;
  }

  count(kind: FaultKind): void {
    this.injected.set(kind, (this.injected.get(kind) ?? 0) + 1);
  }

  /** No fault happens from here on. */
  stop(): void {
    this.mix = NO_FAULTS;
  }
}
