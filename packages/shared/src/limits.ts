/** Every bound of the system, with its unit and its reason. */
export const LIMITS = {
  /** Text of one rule, bytes: a rule is read by people, and is hostile input. */
  ruleBytes: 256 * 1024,
  ruleDepth: 12,
  ruleNodes: 2_000,
  ruleListItems: 10_000,
  ruleStringBytes: 1_024,
  /** Values of one uploaded list: a table is the place for more. */
  listValues: 1_000_000,
  /** One gRPC message but Rows, bytes: a larger one would hold up heartbeats. */
  messageBytes: 256 * 1024,
  /** One Rows message, bytes. */
  rowsMessageBytes: 4 * 1024 * 1024,
  /** One batch of rows, put together from its messages, bytes. */
  rowsBatchBytes: 64 * 1024 * 1024,
  /** Batches of one merge that wait in the manager: the executor sends two ahead. */
  rowsBatchesAhead: 4,
  /** Name or id of an executor, characters; its labels, entries; a label, characters. */
  executorNameLength: 200,
  executorLabels: 64,
  /** Executors that are gone and still listed; beyond it those that left first are forgotten. */
  goneExecutors: 1_000,
  /** A job template or plan, bytes, all parts together. */
  templateBytes: 256 * 1024 * 1024,
  /** A copy of the journal on an executor, snapshot and tail together, bytes; a manager takes no larger one. */
  copyBytes: 1024 * 1024 * 1024,
  /** Frames of copies under way to one executor, bytes: beyond it the copy falls behind and is read from the disk. */
  copyAheadBytes: 4 * 1024 * 1024,
  /** Newest entries of the journal kept in memory for copies, bytes. */
  copyMemoryBytes: 16 * 1024 * 1024,
  /** Shards of one pass; a shard is at least one user. */
  shardsPerPass: 1_000_000,
  /** Users that one request may name. */
  usersPerRequest: 1_000_000,
  /** Runs that a trigger may have going at once; the rest queue in order. */
  triggeredRuns: 3,
  /** Runs that may wait; the next trigger is refused with 429. */
  queuedRuns: 1_000,
  /** Story lines kept for one instance; the oldest in the middle are dropped and counted. */
  storyLines: 64,
  /** Failed attempts kept for one instance. */
  attemptsShown: 100,
  /** Attempts that went well, kept for one pass: the newest. */
  doneAttemptsShown: 32,
  /** Finished runs kept in memory. */
  finishedRuns: 200,
  /** Inbound WebSocket message, bytes. */
  feedInboundBytes: 64 * 1024,
  /** Outbound buffer of a feed client from which it is skipped, and then cut off, bytes. */
  feedSkipBytes: 1024 * 1024,
  feedCutBytes: 4 * 1024 * 1024,
  /** Deltas kept for each topic to resume from. */
  feedHistory: 2_048,
} as const;
