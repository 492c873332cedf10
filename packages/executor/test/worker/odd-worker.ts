/** A worker for tests of the pool: what it does with a task stands in the shard's number. */
export const DEAF = 1;
export const OBEYS = 2;
export const DONE = 3;

let deaf = false;

process.on('message', (message: { type: string; id: number; task?: { shard: number } }) => {
  if (message.type === 'abort' && !deaf)
    process.send?.({ type: 'failed', id: message.id, code: 'ACTION_REFUSED', message: 'told to stop' });
  if (message.type !== 'task') return;
  process.send?.({ type: 'rows', id: message.id, batch: null });
  if (message.task?.shard === DONE) process.send?.({ type: 'done', id: message.id, result: 'ok' });
  deaf = message.task?.shard === DEAF;
});
process.on('disconnect', () => process.exit(0));
