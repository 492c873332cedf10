/** Every failpoint: whose it is, and what makes a process come to it. */
import type { Failpoint } from '@tagmill/shared/failpoint';
import type { Sink } from './faults.ts';

/**
 * `shard`: each shard of every run; `run`: once a run, at its start; `join`:
 * when an executor joins; `start`: when a manager starts; `wipe`: when it
 * starts without its data; `copy`: when an executor joins without its copy of
 * the journal; `loss`: when an executor dies while it merges; `click`, `stop`,
 * `undo`: when a person clicks, stops a run, rolls a tag back; `fork`,
 * `connect`: when a worker process is started, or connects to the database;
 * `rest`: by itself, in time.
 */
export type Provocation =
  | 'shard'
  | 'run'
  | 'join'
  | 'start'
  | 'wipe'
  | 'copy'
  | 'loss'
  | 'click'
  | 'stop'
  | 'undo'
  | 'fork'
  | 'connect'
  | 'rest';

export interface PointFacts {
  readonly comes: Provocation;
  /** Only there with this sink. */
  readonly sink?: Sink;
}

const inSqlite = { comes: 'shard', sink: 'sqlite' } as const;
const inMariadb = { comes: 'shard', sink: 'mariadb' } as const;

const undone = (sink: Sink): PointFacts => ({ comes: 'undo', sink });
/** Only there where every confirmed entry is in a copy, so that a wipe loses nothing. */
const wiped = { comes: 'wipe', sink: 'mariadb' } as const;

export const FAILPOINTS: Readonly<Record<Failpoint, PointFacts>> = {
  'manager.start.surveyed': { comes: 'start' },
  'manager.start.term-taken': { comes: 'start' },
  'manager.start.admitting': { comes: 'start' },
  'manager.incoming.complete': wiped,
  'manager.incoming.placing': wiped,
  'manager.incoming.placed': wiped,
  'manager.journal.committing': { comes: 'shard' },
  'manager.journal.committed': { comes: 'shard' },
  'manager.journal.trimmed': { comes: 'rest' },
  'manager.snapshot.written': { comes: 'rest' },
  'manager.snapshot.renamed': { comes: 'rest' },
  'manager.copy.sent': { comes: 'shard' },
  'manager.settle.asking': { comes: 'loss' },
  'manager.settle.answered': { comes: 'loss' },
  'manager.loop.decided': { comes: 'shard' },
  'manager.loop.taken': { comes: 'shard' },
  'manager.loop.committed': { comes: 'shard' },
  'manager.loop.applied': { comes: 'shard' },
  'manager.run.made': { comes: 'run' },
  'manager.click.planned': { comes: 'click' },
  'manager.click.journaled': { comes: 'click' },
  'manager.server.hello': { comes: 'join' },
  'manager.server.welcomed': { comes: 'join' },
  'manager.session.received': { comes: 'shard' },
  'manager.server.dispatched': { comes: 'shard' },
  'manager.server.confirming': { comes: 'shard' },
  'manager.server.confirmed': { comes: 'shard' },
  'manager.door.joining': { comes: 'join' },
  'manager.door.results': { comes: 'shard' },
  'manager.door.plan': { comes: 'run' },
  'manager.rows.taken': inSqlite,
  'manager.rows.merged': inSqlite,
  'manager.tags.begun': inSqlite,
  'manager.tags.fenced': inSqlite,
  'manager.tags.written': inSqlite,
  'manager.tags.committed': inSqlite,
  'manager.undo.begun': undone('sqlite'),
  'manager.undo.fenced': undone('sqlite'),
  'manager.undo.written': undone('sqlite'),
  'manager.leader.taken': { comes: 'start' },
  'manager.leader.renewing': { comes: 'rest' },
  'executor.client.hello': { comes: 'join' },
  'executor.client.welcomed': { comes: 'join' },
  'executor.client.received': { comes: 'shard' },
  'executor.dispatch.taken': { comes: 'shard' },
  'executor.pool.forked': { comes: 'fork' },
  'executor.task.given': { comes: 'shard' },
  'executor.task.ended': { comes: 'shard' },
  'executor.rows.sent': inSqlite,
  'executor.result.sending': { comes: 'shard' },
  'executor.result.sent': { comes: 'shard' },
  'executor.confirm.taken': { comes: 'shard' },
  'executor.confirm.forgotten': { comes: 'shard' },
  'executor.attempt.aborting': { comes: 'stop' },
  'executor.copy.writing': { comes: 'shard' },
  'executor.copy.written': { comes: 'shard' },
  'executor.copy.acknowledging': { comes: 'shard' },
  'executor.copy.replacing': { comes: 'copy' },
  'executor.copy.sending': wiped,
  'worker.task.taken': { comes: 'shard' },
  'worker.evaluate.read': { comes: 'shard' },
  'worker.evaluate.reserved': { comes: 'shard' },
  'worker.piece.written': { comes: 'shard' },
  'worker.piece.renamed': { comes: 'shard' },
  'worker.merge.piece-found': { comes: 'shard' },
  'worker.rows.posted': inSqlite,
  'worker.task.done': { comes: 'shard' },
  'sink.session.open': { comes: 'connect', sink: 'mariadb' },
  'sink.fence.claimed': inMariadb,
  'sink.fence.held': inMariadb,
  'sink.batch.read': inMariadb,
  'sink.batch.locked': inMariadb,
  'sink.batch.inserted': inMariadb,
  'sink.batch.updated': inMariadb,
  'sink.batch.written': inMariadb,
  'sink.batch.committed': inMariadb,
  'sink.undo.held': undone('mariadb'),
  'sink.undo.read': undone('mariadb'),
  'sink.undo.locked': undone('mariadb'),
  'sink.undo.updated': undone('mariadb'),
  'sink.undo.written': undone('mariadb'),
  'sink.undo.committed': undone('mariadb'),
};

/** Points that processes come to when they write to this sink. */
export const pointsOf = (sink: Sink): Failpoint[] =>
  (Object.keys(FAILPOINTS) as Failpoint[]).filter((point) => (FAILPOINTS[point].sink ?? sink) === sink);

/** In a worker process, which an executor's death leaves alone. */
export const isWorkers = (point: Failpoint): boolean => point.startsWith('worker.') || point.startsWith('sink.');
