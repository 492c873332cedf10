/** Lists in pages: newest first, with an opaque cursor. Ids sort by age (UUIDv7). */
import { TagmillError } from '@tagmill/shared/errors';
import type { RunRecord } from '@tagmill/shared/feed/views';

export interface Page {
  readonly runs: readonly RunRecord[];
  readonly nextCursor: string | null;
}

export function pageOf(all: readonly RunRecord[], limit: number, cursor: string | undefined): Page {
  const before = cursor === undefined ? undefined : read(cursor);
  const newestFirst = all.toSorted((a, b) => (a.id < b.id ? 1 : -1));
  const rest = before === undefined ? newestFirst : newestFirst.filter(({ id }) => id < before);
  const runs = rest.slice(0, limit);
  const last = runs.at(-1);
  return { runs, nextCursor: rest.length > limit && last !== undefined ? write(last.id) : null };
}

const write = (id: string): string => Buffer.from(`1 ${id}`).toString('base64url');

function read(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!text.startsWith('1 ') || write(text.slice(2)) !== cursor)
    throw new TagmillError('USAGE', 'The cursor is none of this list; take `next_cursor` of the page before as it is.');
  return text.slice(2);
}
