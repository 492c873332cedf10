/**
 * What a rollback must leave, told from rows alone: those before the pass,
 * those right after it, and those right before the rollback. Knows nothing of
 * change blocks.
 */
import { isDeepStrictEqual } from 'node:util';
import type { StoredRow } from './sink-contract.ts';

export interface ModelRow {
  readonly tags: readonly number[];
  readonly details: Readonly<Record<string, unknown>>;
}

const NOTHING: ModelRow = { tags: [], details: {} };

export const modelRow = (row: StoredRow): ModelRow => ({
  tags: (JSON.parse(row.tagIds) as number[]).sort((a, b) => a - b),
  details: (JSON.parse(row.tagDetails ?? '{}') ?? {}) as Record<string, unknown>,
});

export const modelRows = (rows: readonly StoredRow[]): Map<string, ModelRow> => new Map(rows.map((row) => [row.userId, modelRow(row)]));

export interface Undone {
  readonly rows: ReadonlyMap<string, ModelRow>;
  /** Users whose row changed; users whom the pass had changed and who are left alone. */
  readonly restored: number;
  readonly left: number;
}

export function undoneRows(
  before: ReadonlyMap<string, ModelRow>,
  after: ReadonlyMap<string, ModelRow>,
  now: ReadonlyMap<string, ModelRow>,
  tags: readonly number[],
): Undone {
  const rows = new Map(now);
  let restored = 0;
  let left = 0;
  for (const [user, merged] of after) {
    const was = before.get(user) ?? NOTHING;
    const touched = tags.filter((tag) => was.tags.includes(tag) !== merged.tags.includes(tag));
    if (touched.length === 0) continue;
    const is = now.get(user);
    const undone = is === undefined ? undefined : undo(was, merged, is, touched);
    if (undone === undefined) left += 1;
    else {
      restored += 1;
      rows.set(user, undone);
    }
  }
  return { rows, restored, left };
}

function undo(was: ModelRow, merged: ModelRow, is: ModelRow, touched: readonly number[]): ModelRow | undefined {
  const held = new Set(is.tags);
  const details = { ...is.details };
  let changed = false;
  for (const tag of touched) {
    const key = String(tag);
    if (merged.tags.includes(tag)) {
      if (!held.has(tag) || !isDeepStrictEqual(is.details[key], merged.details[key])) continue;
      held.delete(tag);
      delete details[key];
    } else {
      if (held.has(tag)) continue;
      held.add(tag);
      delete details[key];
      if (was.details[key] !== undefined) details[key] = was.details[key];
    }
    changed = true;
  }
  return changed ? { tags: [...held].sort((a, b) => a - b), details } : undefined;
}
