/** What a shard reads of each object: runs of row groups whose keys can be in its range. */
import type { PinnedObject, PlannedTable } from '@tagmill/shared/job';
import { KEY_COLUMN } from './footer.ts';
import { type KeyCompare, type KeyRange, lowerBound, meetsRange } from './key-order.ts';
import { allOrFirstError, type LocalCopies, type LocalFile } from './local-copy.ts';

/** Rows [from, to) of a file. */
export interface RowRun {
  readonly from: number;
  readonly to: number;
}

export interface ObjectScan {
  readonly object: PinnedObject;
  /** Indexes of the row groups that are read. */
  readonly rowGroups: readonly number[];
  readonly runs: readonly RowRun[];
  /** Every row of the file is read. */
  readonly whole: boolean;
}

/** A scan with its file in place. */
export interface OpenScan extends ObjectScan {
  readonly file: LocalFile;
}

export interface ScanWish {
  readonly table: PlannedTable;
  /** Columns beside the key. */
  readonly columns: readonly string[];
  readonly range: KeyRange;
  /** Only these users (ascending) are wanted; absent: all of the range. */
  readonly users?: readonly string[];
}

/** The scans of a table for a shard, ordered by their smallest key, so that sorted tables come sorted. Pure. */
export function planScans(wish: ScanWish, compare: KeyCompare): ObjectScan[] {
  const scans: ObjectScan[] = [];
  for (const object of wish.table.objects) {
    const rowGroups: number[] = [];
    object.rowGroups.forEach((group, index) => {
      if (group.rows > 0 && meetsRange(compare, group, wish.range) && holdsUser(wish.users, group, compare)) rowGroups.push(index);
    });
    if (rowGroups.length === 0) continue;
    scans.push({ object, rowGroups, runs: runsOf(object, rowGroups), whole: rowGroups.length === object.rowGroups.length });
  }
  const first = (scan: ObjectScan): string | undefined => scan.object.rowGroups[scan.rowGroups[0]!]!.minKey;
  return scans.sort((a, b) => {
    const x = first(a);
    const y = first(b);
    if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? -1 : 1;
    return compare(x, y);
  });
}

function holdsUser(
  users: readonly string[] | undefined,
  group: { readonly minKey?: string; readonly maxKey?: string },
  compare: KeyCompare,
): boolean {
  if (users === undefined || group.minKey === undefined || group.maxKey === undefined) return true;
  const next = users[lowerBound(users, group.minKey, compare)];
  return next !== undefined && compare(next, group.maxKey) <= 0;
}

/** Rows of row groups, neighbours together. */
export function runsOf(object: PinnedObject, rowGroups: readonly number[]): RowRun[] {
  const runs: { from: number; to: number }[] = [];
  for (const index of rowGroups) {
    const group = object.rowGroups[index]!;
    const last = runs.at(-1);
    if (last !== undefined && last.to === group.firstRow) last.to += group.rows;
    else runs.push({ from: group.firstRow, to: group.firstRow + group.rows });
  }
  return runs;
}

/**
 * Puts the scans' files in place, all at once; on failure none is left behind.
 * Errors: those of `LocalCopies.open`.
 */
export async function openScans(
  copies: LocalCopies,
  wish: ScanWish,
  scans: readonly ObjectScan[],
  signal?: AbortSignal,
): Promise<OpenScan[]> {
  const opened: OpenScan[] = [];
  try {
    await allOrFirstError(
      scans.map(async (scan, index) => {
        opened[index] = { ...scan, file: await copies.open(scan.object, scan.rowGroups, columnsOf(wish, scan), signal) };
      }),
    );
    return opened;
  } catch (thrown) {
    await discardScans(opened.filter((scan) => scan !== undefined));
    throw thrown;
  }
}

/** Columns of the wish that the object has, the key always. */
function columnsOf(wish: ScanWish, scan: ObjectScan): string[] {
  const present = new Set(scan.object.columns.map((column) => column.name));
  return [KEY_COLUMN, ...wish.columns.filter((column) => column !== KEY_COLUMN && present.has(column))];
}

/** Brings what the scans read into the cache. Errors: those of the store. */
export async function prefetchScans(copies: LocalCopies, wish: ScanWish, compare: KeyCompare, signal?: AbortSignal): Promise<void> {
  const scans = planScans(wish, compare);
  await allOrFirstError(scans.map((scan) => copies.prefetch(scan.object, scan.rowGroups, columnsOf(wish, scan), signal)));
}

/** Ends the reads of scans that went well. Errors: INPUT_CHANGED. */
export async function finishScans(scans: readonly OpenScan[]): Promise<void> {
  await allOrFirstError(scans.map((scan) => scan.file.done()));
}

/** Ends the reads of scans that failed. Never fails. */
export async function discardScans(scans: readonly OpenScan[]): Promise<void> {
  await Promise.allSettled(scans.map((scan) => scan.file.discard()));
}
