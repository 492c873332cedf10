/**
 * A simulated stream between an executor and a manager: ordered while it
 * lasts, like gRPC's, with the session rules of the wire on top (numbers,
 * duplicates dropped, a gap ends the session). Each side has an end of its own
 * and may not know that the other's is closed: keepalive tells it in time.
 */
import type { Prng } from '@tagmill/shared/prng';
import type { SimClock } from './clock.ts';
import type { FaultDice } from './faults.ts';

export type Direction = 'up' | 'down';
export type Side = 'executor' | 'manager';

/** A side that hears nothing for so long closes its end. */
const KEEPALIVE_MS = 5_000;
/** TCP tries again while the way is blocked. */
const RETRANSMIT_MS = 200;

export interface LinkWorld {
  readonly clock: SimClock;
  readonly prng: Prng;
  readonly dice: FaultDice;
  /** Whether nothing gets through in a direction now. */
  readonly blocked: (direction: Direction) => boolean;
}

interface Sent {
  readonly seq: number;
  readonly deliver: () => void;
}

interface Way {
  sent: number;
  read: number;
  lastArrivalMs: number;
  heardMs: number;
  /** Nothing comes through any more, and nobody was told. */
  dead: boolean;
  /** Arrived at a blocked way, in order. */
  readonly stuck: Sent[];
  readonly to: Side;
}

export class SimLink<Up, Down> {
  private readonly world: LinkWorld;
  private readonly open: Record<Side, boolean> = { executor: true, manager: true };
  private readonly ways: Record<Direction, Way>;
  duplicates = 0;
  onUp: (message: Up) => void = () => undefined;
  onDown: (message: Down) => void = () => undefined;
  /** This side's end has closed, not by its own wish. */
  onClosed: (side: Side) => void = () => undefined;

  constructor(world: LinkWorld) {
    this.world = world;
    const way = (to: Side): Way => ({ sent: 0, read: 0, lastArrivalMs: 0, heardMs: world.clock.nowMs, dead: false, stuck: [], to });
    this.ways = { up: way('manager'), down: way('executor') };
    this.watch('up');
    this.watch('down');
  }

  isOpen(side: Side): boolean {
    return this.open[side];
  }

  sendUp(message: Up): void {
    if (this.open.executor) this.send('up', () => this.onUp(message));
  }

  sendDown(message: Down): void {
    if (this.open.manager) this.send('down', () => this.onDown(message));
  }

  /** A side closes its end by its own wish; the other hears of it unless the way is blocked. */
  end(side: Side): void {
    if (!this.open[side]) return;
    this.open[side] = false;
    this.tellOther(side);
  }

  /** The machine of a side is gone without a word. */
  vanish(side: Side): void {
    this.open[side] = false;
  }

  /** The connection is reset: each side notices by itself, some time later. */
  reset(): void {
    this.fail('manager');
    this.fail('executor');
  }

  /** Nothing passes any more, and nobody is told. */
  halfOpen(): void {
    this.ways.up.dead = true;
    this.ways.down.dead = true;
  }

  private fail(side: Side): void {
    this.world.clock.after(this.world.prng.between(1, 200), () => {
      if (!this.open[side]) return;
      this.open[side] = false;
      this.onClosed(side);
    });
  }

  private tellOther(side: Side): void {
    const direction = side === 'executor' ? 'up' : 'down';
    if (this.ways[direction].dead || this.world.blocked(direction)) return;
    this.fail(side === 'executor' ? 'manager' : 'executor');
  }

  private watch(direction: Direction): void {
    const way = this.ways[direction];
    this.world.clock.after(KEEPALIVE_MS / 2, () => {
      if (!this.open[way.to]) return;
      if (this.world.clock.nowMs - way.heardMs < KEEPALIVE_MS) {
        this.watch(direction);
        return;
      }
      this.open[way.to] = false;
      this.tellOther(way.to);
      this.onClosed(way.to);
    });
  }

  private send(direction: Direction, deliver: () => void): void {
    const { clock, dice, prng } = this.world;
    const way = this.ways[direction];
    const message = { seq: ++way.sent, deliver };
    if (way.dead) return;
    if (dice.hits('drop')) {
      this.drop(way);
      return;
    }
    let arrivalMs = clock.nowMs + (dice.hits('slow') ? dice.of('slow').between(50, 4_000) : prng.between(0, 5));
    if (dice.hits('reorder')) arrivalMs += dice.of('reorder').between(5, 500);
    else {
      arrivalMs = Math.max(arrivalMs, way.lastArrivalMs);
      way.lastArrivalMs = arrivalMs;
    }
    const copies = dice.hits('duplicate') ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) clock.after(arrivalMs - clock.nowMs, () => this.arrive(direction, message));
  }

  /** A lost message ends the stream, leaves it half-open, or is a gap that the next one shows. */
  private drop(way: Way): void {
    const how = this.world.dice.of('drop').between(0, 2);
    if (how === 0) this.reset();
    else if (how === 1) way.dead = true;
  }

  private arrive(direction: Direction, message: Sent): void {
    const way = this.ways[direction];
    if (way.dead) return;
    way.stuck.push(message);
    if (way.stuck.length === 1) this.pump(direction);
  }

  private pump(direction: Direction): void {
    const way = this.ways[direction];
    if (this.world.blocked(direction)) {
      this.world.clock.after(RETRANSMIT_MS, () => this.pump(direction));
      return;
    }
    for (const message of way.stuck.splice(0)) this.read(way, message);
  }

  private read(way: Way, message: Sent): void {
    if (!this.open[way.to]) return;
    if (message.seq <= way.read) {
      this.duplicates += 1;
      return;
    }
    if (message.seq !== way.read + 1) {
      this.open[way.to] = false;
      this.tellOther(way.to);
      this.onClosed(way.to);
      return;
    }
    way.read = message.seq;
    way.heardMs = this.world.clock.nowMs;
    message.deliver();
  }
}
