/** A run's report for people. Pure. */
import type { RunReport, TagReport } from '@tagmill/shared/api/report';
import { textTable } from './width.ts';

const number = (value: number): string => value.toLocaleString('en-US');
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const HEADS = ['tag', 'name', 'state', 'matched', 'unknown', 'entered', 'exited'];
const RIGHT = new Set([0, 3, 4, 5, 6]);

const row = (tag: TagReport): readonly string[] => [
  String(tag.tag_id),
  tag.name,
  tag.state,
  ...[tag.matched, tag.unknown, tag.entered, tag.exited].map(number),
];

/** Table of tags and a line about users, shards and time; of a run that failed as a whole only which it was. */
export function resultText(report: RunReport): string {
  if (report.state === 'failed' && report.error !== undefined) return `run ${report.run_id} failed\n`;
  const { users, shards, duration_ms: took } = report;
  const asOf = report.as_of === null || report.as_of === report.business_date ? '' : `, as of ${report.as_of}`;
  const lines = [textTable(HEADS, report.tags.map(row), RIGHT), ''];
  lines.push(`${report.business_date ?? 'no business date'}${asOf} (${report.time_zone}): ${report.state}, run ${report.run_id}`);
  lines.push(
    `users: ${number(users.evaluated)} evaluated, ${number(users.inserted)} inserted, ${number(users.updated)} updated, ${number(users.unchanged)} unchanged`,
  );
  lines.push(
    `${number(shards.total)} shards in ${number(shards.attempts)} attempts, ${seconds(took.total)} (plan ${seconds(took.plan)}, evaluate ${seconds(took.evaluate)}, check ${seconds(took.check)}, merge ${seconds(took.merge)})`,
  );
  for (const note of report.notes) lines.push(`note: ${note}`);
  return `${lines.join('\n')}\n`;
}

/** What failed, a sentence each. The run's own reason stands for that of all its tags; tags that failed alike share a sentence. */
export function failureLines(report: RunReport): readonly string[] {
  if (report.error !== undefined) return [`${report.error.code}: ${report.error.message}`];
  const failed = report.tags.filter((tag) => tag.error !== undefined);
  const byReason = Map.groupBy(failed, (tag) => `${tag.error!.code}: ${tag.error!.message}`);
  return [...byReason].map(([reason, tags]) => {
    const names = tags.map((tag) => `${tag.tag_id} ${tag.name}`).join(', ');
    return `tag${tags.length === 1 ? '' : 's'} ${names}: ${reason}`;
  });
}
