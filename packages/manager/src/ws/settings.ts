/** Paces and bounds of the feed; what is shared with others is in shared/limits.ts. */
export const FEED = {
  /** Between two flushes: 20 a second, down to 4 when one takes long. */
  paceMs: 50,
  slowestPaceMs: 250,
  /** A flush may take this share of the time. */
  flushShare: 0.1,
  /** How long a topic goes on without subscribers, so that a page that reloads can resume. */
  lingerMs: 30_000,
  timeEveryMs: 1_000,
  pingEveryMs: 20_000,
  /** Deltas kept for one topic to resume from, bytes; their number is LIMITS.feedHistory. */
  historyBytes: 16 * 1024 * 1024,
  clients: 1_000,
  topicsPerClient: 64,
  topicLength: 512,
  /** Messages that a client may send at once, and then per second. */
  inboundBurst: 200,
  inboundPerSecond: 50,
  /** Messages that cannot be read or come too fast before the connection is closed. */
  patience: 8,
} as const;
