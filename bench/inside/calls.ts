/** What a benchmark asks of the manager that runs in a process of its own. */
export interface ManagerCalls {
  start(flags: Readonly<Record<string, string>>): { readonly grpcAddress: string };
  connected(): number;
  /** Instances that wait for a person: one run for each hundred thousand. Resolves when the manager has settled. */
  resident(nodes: number): void;
  /** Runs of `runShards` tiny shards at a steady pace, whether those before are done or not. Resolves when all are done. */
  load(perSecond: number, seconds: number, runShards: number): LoadMade;
  /** One run of tasks that wait for each other, one shard each. Resolves when it is done. */
  chain(hops: number): { readonly ms: number };
  /** One run of shards, all of which are leased; resolves when they are. */
  lease(shards: number): void;
  /** What was dispatched since the last call, in order. */
  dispatched(): readonly Dispatched[];
  /** Snapshots one after the other from now on until `false`; resolves with how many were made. */
  snapshots(on: boolean): number;
  /** Longest and 99th percentile of the loop's lateness since `true`, ms. */
  pauses(on: boolean): { readonly longestMs: number; readonly p99Ms: number };
  /** After a collection; used: heap and buffers. */
  memory(): { readonly residentBytes: number; readonly usedBytes: number };
  stop(): void;
}

export interface LoadMade {
  readonly shards: number;
  readonly seconds: number;
}

/** One dispatch message. */
export interface Dispatched {
  readonly executor: string;
  /** When the run's creation was in the journal, by the machine's clock; NaN for chains. */
  readonly readyMs: number;
  readonly sentMs: number;
  readonly shards: Uint32Array;
}

export type CallName = keyof ManagerCalls;
export interface Call {
  readonly id: number;
  readonly name: CallName;
  readonly args: readonly unknown[];
}
export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}
