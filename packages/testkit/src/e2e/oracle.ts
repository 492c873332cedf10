/**
 * What must be in `user_tags` after a run, by the fixtures' own evaluation and
 * by rule 11 of their README written out plainly: nothing here is shared with
 * the sinks that are tested.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { FIXTURES } from './command.ts';

export interface Evaluated {
  readonly user_id: string;
  readonly T: readonly number[];
  readonly F: readonly number[];
  readonly U: readonly number[];
}

export interface Held {
  readonly user_id: string;
  readonly tag_ids: readonly number[];
  readonly tag_details: unknown;
}

export interface After {
  readonly user_id: string;
  readonly tag_ids: readonly number[];
  readonly changed?: boolean;
}

/** A row as it is stored; times as text. */
export interface StoredRow {
  readonly userId: string;
  readonly tagIds: string;
  readonly tagDetails: string | null;
  readonly created: string | null;
  readonly updated: string | null;
}

const read = <T>(name: string): T[] =>
  gunzipSync(readFileSync(`${FIXTURES}/expected/${name}.jsonl.gz`))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

export const evaluation = (): Evaluated[] => read('evaluation');
export const rowsBefore = (): Held[] => read('user_tags_before');
export const rowsAfter = (): After[] => read('user_tags_after');
export const rowsAfterFresh = (): After[] => read('user_tags_after_fresh');

export interface Counts {
  readonly rows_new: number;
  readonly rows_changed: number;
  readonly users_in_any_table: number;
  readonly tags: Readonly<
    Record<string, { readonly true: number; readonly unknown: number; readonly entered: number; readonly exited: number }>
  >;
}
export const counts = (): Counts => JSON.parse(readFileSync(`${FIXTURES}/expected/counts.json`, 'utf8')) as Counts;

const byHand = (details: unknown, tag: number): boolean => {
  if (typeof details !== 'object' || details === null) return false;
  const entry = (details as Record<string, { readonly source?: unknown } | null>)[String(tag)];
  return entry?.source === 'MANUAL';
};

/** Final rows when `found` is merged on top of `held`: a row that stays as it is keeps `changed: false`. */
export function merged(held: readonly Held[], found: readonly Evaluated[]): After[] {
  const rows = new Map(held.map((row) => [row.user_id, row]));
  const after = new Map<string, After>(
    held.map((row) => [row.user_id, { user_id: row.user_id, tag_ids: sorted(row.tag_ids), changed: false }]),
  );
  for (const user of found) {
    const row = rows.get(user.user_id);
    const before = sorted(row?.tag_ids ?? []);
    const left = new Set(before.filter((tag) => !user.F.includes(tag) || byHand(row?.tag_details, tag)));
    for (const tag of user.T) left.add(tag);
    const now = sorted([...left]);
    if (row === undefined && now.length === 0) continue;
    after.set(user.user_id, { user_id: user.user_id, tag_ids: now, changed: JSON.stringify(now) !== JSON.stringify(before) });
  }
  return [...after.values()];
}

/** The part of an evaluation that a run of some tags, or for some users, makes. */
export function part(found: readonly Evaluated[], tags: ReadonlySet<number> | undefined, users?: ReadonlySet<string>): Evaluated[] {
  const keep = (ids: readonly number[]): number[] => ids.filter((id) => tags === undefined || tags.has(id));
  return found
    .filter((user) => users === undefined || users.has(user.user_id))
    .map((user) => ({ user_id: user.user_id, T: keep(user.T), F: keep(user.F), U: keep(user.U) }));
}

const sorted = (ids: readonly number[]): number[] => [...ids].sort((a, b) => a - b);

/** Sentences about everything that is not as it must be; none when all is well. At most 20. */
export function differences(stored: readonly StoredRow[], expected: readonly After[], before?: readonly StoredRow[]): string[] {
  const wrong: string[] = [];
  const wanted = new Map(expected.map((row) => [row.user_id, row]));
  const old = new Map((before ?? []).map((row) => [row.userId, row]));
  const seen = new Set<string>();
  for (const row of stored) {
    const want = wanted.get(row.userId);
    if (seen.has(row.userId)) wrong.push(`${row.userId} has two rows`);
    seen.add(row.userId);
    if (want === undefined) {
      wrong.push(`${row.userId} must have no row and has ${row.tagIds}`);
      continue;
    }
    const was = old.get(row.userId);
    const isSame = JSON.stringify(sorted(JSON.parse(row.tagIds) as number[])) === JSON.stringify(want.tag_ids);
    if (!isSame) wrong.push(`${row.userId} has ${row.tagIds} and must have ${JSON.stringify(want.tag_ids)}`);
    if (was !== undefined && was.created !== row.created)
      wrong.push(`${row.userId}: created_time moved from ${was.created} to ${row.created}`);
    if (want.changed === false && was !== undefined && JSON.stringify(was) !== JSON.stringify(row))
      wrong.push(`${row.userId} must stay as it was, and its row changed from ${JSON.stringify(was)} to ${JSON.stringify(row)}`);
    if (want.changed === true) {
      if (was !== undefined && was.updated === row.updated)
        wrong.push(`${row.userId} was changed and updated_time is still ${row.updated}`);
      if (row.tagIds.replaceAll(/\s/g, '') !== JSON.stringify(want.tag_ids))
        wrong.push(`${row.userId}: ${row.tagIds} is not in numeric order`);
    }
  }
  for (const row of expected)
    if (!seen.has(row.user_id)) wrong.push(`${row.user_id} has no row and must have ${JSON.stringify(row.tag_ids)}`);
  return wrong.length > 20 ? [...wrong.slice(0, 20), `and ${wrong.length - 20} more`] : wrong;
}
