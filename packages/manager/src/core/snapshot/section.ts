/** What a snapshot of the state is made of, for whoever keeps it. */

/** Version of what `encodeState` writes; a newer one than this is refused. */
export const STATE_FORMAT = 1;

/** A section is no longer than this, bytes: a large column is cut into several. */
export const SECTION_BYTES = 1024 * 1024;

/** One part of a snapshot. They are read again in the order in which they were made. */
export interface SnapshotSection {
  /** What it begins with, for people. */
  readonly name: string;
  readonly bytes: Uint8Array;
}
