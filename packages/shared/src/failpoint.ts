/**
 * Named places at which a test can end, freeze or cut off a process. In a
 * product a failpoint is a call of an empty function: only a module that tests
 * preload (`--import`) puts another in its place, before anything else is
 * loaded, so neither a setting nor an environment variable can switch one on.
 */
export type Failpoint =
  | ManagerFailpoint
  | ExecutorFailpoint
  | WorkerFailpoint
  // The fenced merge into MySQL, in a worker process.
  | SinkFailpoint;

type ManagerFailpoint =
  | 'manager.start.surveyed'
  | 'manager.start.term-taken'
  | 'manager.start.admitting'
  | 'manager.incoming.complete'
  | 'manager.incoming.placing'
  | 'manager.incoming.placed'
  | 'manager.journal.committing'
  | 'manager.journal.committed'
  | 'manager.journal.trimmed'
  | 'manager.snapshot.written'
  | 'manager.snapshot.renamed'
  | 'manager.copy.sent'
  | 'manager.settle.asking'
  | 'manager.settle.answered'
  | 'manager.loop.decided'
  | 'manager.loop.taken'
  | 'manager.loop.committed'
  | 'manager.loop.applied'
  | 'manager.run.made'
  | 'manager.click.planned'
  | 'manager.click.journaled'
  | 'manager.server.hello'
  | 'manager.server.welcomed'
  | 'manager.session.received'
  | 'manager.server.dispatched'
  | 'manager.server.confirming'
  | 'manager.server.confirmed'
  | 'manager.door.joining'
  | 'manager.door.results'
  | 'manager.door.plan'
  | 'manager.rows.taken'
  | 'manager.rows.merged'
  | 'manager.tags.begun'
  | 'manager.tags.fenced'
  | 'manager.tags.written'
  | 'manager.tags.committed'
  | 'manager.undo.begun'
  | 'manager.undo.fenced'
  | 'manager.undo.written'
  | 'manager.leader.taken'
  | 'manager.leader.renewing';

type ExecutorFailpoint =
  | 'executor.client.hello'
  | 'executor.client.welcomed'
  | 'executor.client.received'
  | 'executor.dispatch.taken'
  | 'executor.pool.forked'
  | 'executor.task.given'
  | 'executor.task.ended'
  | 'executor.rows.sent'
  | 'executor.result.sending'
  | 'executor.result.sent'
  | 'executor.confirm.taken'
  | 'executor.confirm.forgotten'
  | 'executor.attempt.aborting'
  | 'executor.copy.writing'
  | 'executor.copy.written'
  | 'executor.copy.acknowledging'
  | 'executor.copy.replacing'
  | 'executor.copy.sending';

type WorkerFailpoint =
  | 'worker.task.taken'
  | 'worker.evaluate.read'
  | 'worker.evaluate.reserved'
  | 'worker.piece.written'
  | 'worker.piece.renamed'
  | 'worker.merge.piece-found'
  | 'worker.rows.posted'
  | 'worker.task.done';

type SinkFailpoint =
  | 'sink.session.open'
  | 'sink.fence.claimed'
  | 'sink.fence.held'
  | 'sink.batch.read'
  | 'sink.batch.locked'
  | 'sink.batch.inserted'
  | 'sink.batch.updated'
  | 'sink.batch.written'
  | 'sink.batch.committed'
  | 'sink.undo.held'
  | 'sink.undo.read'
  | 'sink.undo.locked'
  | 'sink.undo.updated'
  | 'sink.undo.written'
  | 'sink.undo.committed';

type FailpointHook = (name: Failpoint) => void;

/** Where the preloaded module of the tests leaves its hook. */
const FAILPOINT_HOOK = Symbol.for('tagmill.failpoints');

const hook = (globalThis as { readonly [FAILPOINT_HOOK]?: unknown })[FAILPOINT_HOOK];

/** Says that the code has come to this place. Does nothing, except in tests that put a hook there. */
export const failpoint: FailpointHook = typeof hook === 'function' ? (hook as FailpointHook) : () => undefined;
