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

/** Table of tags and a line about users, shards and time. */
export function resultText(report: RunReport): string {
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

/** What failed, a sentence each: the run's own reason first, then the tags'. */
export function failureLines(report: RunReport): readonly string[] {
  const run = report.error === undefined ? [] : [`${report.error.code}: ${report.error.message}`];
  const tags = report.tags
    .filter((tag) => tag.error !== undefined)
    .map((tag) => `tag ${tag.tag_id} ${tag.name}: ${tag.error!.code}: ${tag.error!.message}`);
  return [...run, ...tags];
}
