/** Names in a data directory. */
export const JOURNAL_FILE = 'journal.db';
/** A history that is about to take the place of what lies here: complete once it has this name. */
export const INCOMING = 'incoming';
export const LOCK_FILE = 'in-use.lock';
export const SNAPSHOT_FOLDER = 'snapshots';

/** Where what was replaced is kept: `aside-<utc time>`. */
export const asideName = (nowMs: number): string => `aside-${new Date(nowMs).toISOString().replaceAll(':', '')}`;
