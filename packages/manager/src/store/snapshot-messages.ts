/** Between the manager and the process that makes a snapshot. */
import type { Settings } from '../core/state.ts';
import type { SnapshotHead } from './journal.ts';

export interface SnapshotWork {
  readonly dataDir: string;
  readonly settings: Settings;
  /** Numbers of the snapshots to go on from, the best first. */
  readonly from: readonly number[];
  /** Entry to make it of. */
  readonly toSeq: number;
  /** File to write it to. */
  readonly temp: string;
}

export type FromSnapshotProcess =
  /** `contentHash`: SHA-256 of the file. */
  | { readonly type: 'written'; readonly head: SnapshotHead; readonly contentHash: Uint8Array }
  /** A snapshot that held when it was made, and does not now. */
  | { readonly type: 'unusable'; readonly seq: number; readonly why: string }
  /** What was confirmed does not hold on disk. */
  | { readonly type: 'damaged'; readonly why: string }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };
