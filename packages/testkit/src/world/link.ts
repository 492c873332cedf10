/**
 * A simulated stream between an executor and the manager: ordered while it
 * lasts, like gRPC's, with the session rules of the wire on top (numbers,
 * duplicates dropped, a gap ends the session).
 */
import type { Prng } from '@tagmill/shared/prng';
import type { SimClock } from './clock.ts';
import type { FaultMix } from './faults.ts';

type Direction = 'up' | 'down';

export class SimLink<Up, Down> {
  private readonly clock: SimClock;
  private readonly prng: Prng;
  private readonly mix: () => FaultMix;
  private readonly partitioned: () => boolean;
  open = true;
  private readonly sent = { up: 0, down: 0 };
  private readonly read = { up: 0, down: 0 };
  private readonly lastArrivalMs = { up: 0, down: 0 };
  duplicates = 0;
  onUp: (message: Up) => void = () => undefined;
  onDown: (message: Down) => void = () => undefined;
  onClosed: (side: 'manager' | 'executor') => void = () => undefined;

  constructor(clock: SimClock, prng: Prng, mix: () => FaultMix, partitioned: () => boolean) {
    this.clock = clock;
    this.prng = prng;
    this.mix = mix;
    this.partitioned = partitioned;
  }

  sendUp(message: Up): void {
    this.send('up', () => this.onUp(message));
  }

  sendDown(message: Down): void {
    this.send('down', () => this.onDown(message));
  }

  /** Each side notices the end by itself, some time later. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.clock.after(this.prng.between(1, 200), () => this.onClosed('manager'));
    this.clock.after(this.prng.between(1, 200), () => this.onClosed('executor'));
  }

  private send(direction: Direction, deliver: () => void): void {
    if (!this.open) return;
    const mix = this.mix();
    const seq = ++this.sent[direction];
    if (this.prng.chance(mix.drop)) return;
    const delayMs = this.prng.chance(mix.slow) ? this.prng.between(50, 4_000) : this.prng.between(0, 5);
    const arrivalMs = Math.max(this.clock.nowMs + delayMs, this.lastArrivalMs[direction]);
    this.lastArrivalMs[direction] = arrivalMs;
    const copies = this.prng.chance(mix.duplicate) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) this.clock.after(arrivalMs - this.clock.nowMs, () => this.arrive(direction, seq, deliver));
  }

  private arrive(direction: Direction, seq: number, deliver: () => void): void {
    if (!this.open || this.partitioned()) return;
    if (seq <= this.read[direction]) {
      this.duplicates += 1;
      return;
    }
    if (seq !== this.read[direction] + 1) {
      this.close();
      return;
    }
    this.read[direction] = seq;
    deliver();
  }
}
