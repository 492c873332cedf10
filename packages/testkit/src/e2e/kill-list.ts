/** Which kills there are: failpoint x role x kind, where the kind makes sense. */
import type { Failpoint } from '@tagmill/shared/failpoint';
import type { Prng } from '@tagmill/shared/prng';
import type { Victim } from './failpoints-control.ts';
import { FAILPOINTS, isWorkers, pointsOf } from './failpoints-list.ts';
import type { Sink } from './faults.ts';

/**
 * `kill`: -9; `stop`: SIGSTOP, and SIGCONT once its leases have run out; `cut`:
 * its connections are reset; `orphan`: a worker is frozen, its executor killed
 * and started anew, and the worker goes on with what it was about to do.
 */
export type KillKind = 'kill' | 'stop' | 'cut' | 'orphan';

export interface Kill {
  readonly point: Failpoint;
  readonly victim: Victim;
  readonly kind: KillKind;
  /** From which hit on. */
  readonly hit: number;
}

/** Points that every shard passes are struck at one of its first so many shards. */
const MOST_HITS = 12;
const VICTIMS: readonly Victim[] = ['manager', 'executor', 'worker'];
const KINDS: readonly KillKind[] = ['kill', 'stop', 'cut', 'orphan'];

/** Every kill of one sink, at hits that the seed draws. */
export const everyKill = (sink: Sink, prng: Prng): Kill[] =>
  pointsOf(sink).flatMap((point) =>
    VICTIMS.flatMap((victim) => KINDS.filter((kind) => canBe(point, victim, kind, sink)).map((kind) => killAt(point, victim, kind, prng))),
  );

/**
 * One kill of each point: victims and kinds in turn, so that together they
 * meet. `turn` begins elsewhere in that order.
 */
export const oneKillEach = (sink: Sink, turn: number, prng: Prng): Kill[] =>
  pointsOf(sink).map((point, index) => {
    const possible = VICTIMS.flatMap((victim) =>
      KINDS.filter((kind) => canBe(point, victim, kind, sink)).map((kind) => [victim, kind] as const),
    );
    const [victim, kind] = possible[(index * 7 + turn) % possible.length]!;
    return killAt(point, victim, kind, prng);
  });

const killAt = (point: Failpoint, victim: Victim, kind: KillKind, prng: Prng): Kill => ({
  point,
  victim,
  kind,
  hit: FAILPOINTS[point].comes === 'shard' ? prng.between(1, MOST_HITS) : 1,
});

function canBe(point: Failpoint, victim: Victim, kind: KillKind, sink: Sink): boolean {
  // The old one is gone, and the new one has not begun.
  if ((point === 'executor.pool.forked' || point === 'executor.copy.replacing') && victim === 'worker') return false;
  if (kind === 'orphan') return victim === 'worker' && isWorkers(point);
  // A worker's only connection is then the one to its executor.
  if (kind === 'cut') return victim !== 'worker' || sink === 'mariadb';
  return true;
}

export const nameOf = ({ point, victim, kind, hit }: Kill): string => `${kind} of the ${victim} at ${point}, hit ${hit}`;

/** The same in an order that the seed draws. */
export function shuffled<T>(items: readonly T[], prng: Prng): T[] {
  const all = [...items];
  for (let at = all.length - 1; at > 0; at -= 1) {
    const other = prng.between(0, at);
    [all[at], all[other]] = [all[other]!, all[at]!];
  }
  return all;
}
