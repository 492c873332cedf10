/** Whether each effect of a run is in the sink once: by a trigger's record of writes, and by Tagmill's own record of changes. */
import type { RunReport } from '@tagmill/shared/api/report';
import { decodeChanges } from '@tagmill/shared/merge/changes';
import { type After, counts, type StoredRow } from './oracle.ts';
import type { Target } from './target.ts';

const tagsOf = (text: string): number[] => JSON.parse(text) as number[];

/**
 * Sentences about what was applied twice, or recorded otherwise than it was done.
 * `edited`: users whom a person changed meanwhile. `runs`: runs that may write a user's row once each.
 */
export async function appliedOnce(
  target: Target,
  before: readonly StoredRow[],
  expected: readonly After[],
  edited: ReadonlySet<string> = new Set(),
  runs = 1,
): Promise<string[]> {
  const wrong: string[] = [];
  const changed = new Set(expected.filter((row) => row.changed === true).map((row) => row.user_id));
  const writes = new Map<string, number>();
  for (const user of await target.writes()) writes.set(user, (writes.get(user) ?? 0) + 1);
  for (const [user, times] of writes) {
    if (edited.has(user)) continue;
    if (!changed.has(user)) wrong.push(`${user} was written and had nothing to change`);
    if (times > runs) wrong.push(`${user} was written ${times} times`);
  }
  for (const user of changed) if (!writes.has(user)) wrong.push(`${user} was never written`);

  const held = new Map(before.map((row) => [row.userId, tagsOf(row.tagIds)]));
  const net = new Map<string, Map<number, number>>();
  const once = new Set<string>();
  for (const { runId, block } of await target.changes()) {
    for (const { userId, entered, exited } of decodeChanges(block).users) {
      const user = net.get(userId) ?? new Map<number, number>();
      net.set(userId, user);
      for (const [tags, step] of [
        [entered, 1],
        [exited, -1],
      ] as const) {
        for (const tag of tags) {
          const key = `${runId} ${userId} ${tag} ${step}`;
          if (once.has(key)) wrong.push(`run ${runId} records twice that ${userId} ${step > 0 ? 'entered' : 'left'} tag ${tag}`);
          once.add(key);
          user.set(tag, (user.get(tag) ?? 0) + step);
        }
      }
    }
  }
  for (const row of expected) {
    if (edited.has(row.user_id)) continue;
    const was = new Set(held.get(row.user_id) ?? []);
    const now = new Set(row.tag_ids);
    for (const tag of new Set([...was, ...now])) {
      const step = Number(now.has(tag)) - Number(was.has(tag));
      const recorded = net.get(row.user_id)?.get(tag) ?? 0;
      if (recorded !== step) wrong.push(`${row.user_id} tag ${tag}: the record of changes says ${recorded}, and it was ${step}`);
    }
  }
  return wrong.slice(0, 20);
}

/** Sentences where the report of a full run on top of the rows before differs from the fixtures' counts. */
export function reportIsRight(report: RunReport): string[] {
  const wrong: string[] = [];
  const { rows_new, rows_changed, users_in_any_table, tags } = counts();
  const users = {
    evaluated: users_in_any_table,
    inserted: rows_new,
    updated: rows_changed - rows_new,
    unchanged: users_in_any_table - rows_changed,
  };
  if (JSON.stringify(report.users) !== JSON.stringify(users))
    wrong.push(`the report counts ${JSON.stringify(report.users)}, and it was ${JSON.stringify(users)}`);
  if (report.state !== 'partial') wrong.push(`the run is ${report.state}: ${report.error?.message}`);
  for (const tag of report.tags) {
    const count = tags[String(tag.tag_id)];
    if (count === undefined || tag.state !== 'succeeded') {
      if (tag.tag_id < 91 || tag.tag_id > 93) wrong.push(`tag ${tag.tag_id} is ${tag.state}: ${tag.error?.message}`);
      continue;
    }
    const told = [tag.matched, tag.unknown, tag.entered, tag.exited].join(' ');
    const was = [count.true, count.unknown, count.entered, count.exited].join(' ');
    if (told !== was) wrong.push(`tag ${tag.tag_id}: matched, unknown, entered, exited are told as ${told}, and were ${was}`);
  }
  return wrong;
}
