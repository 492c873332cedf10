/** A recovery report for people. Pure. */
import type { RecoveryCandidate, RecoveryReport, RecoveryStepName } from '@tagmill/shared/api/recovery';
import { textTable } from './width.ts';

const number = (value: number): string => value.toLocaleString('en-US');
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const HEADS = ['copy', 'term', 'sequence', 'snapshot', 'hash', 'chain', 'verdict', 'why'];
const RIGHT = new Set([1, 2, 3]);

const STEPS: Readonly<Record<RecoveryStepName, string>> = {
  away: 'manager away',
  start: 'start and configuration',
  collect: 'collect copies',
  choose: 'choose and verify',
  replay: 'replay',
  term: 'take the term',
  executors: 'executors come back',
  target: 'ask the target table',
};

const nameOf = ({ source, name }: RecoveryCandidate): string => (source === 'own' ? 'own disk' : source === 's3' ? 'S3' : name);
const orDash = (value: number | null): string => (value === null ? '-' : number(value));

const row = (one: RecoveryCandidate): readonly string[] => [
  nameOf(one),
  orDash(one.term),
  orDash(one.seq),
  orDash(one.snapshotSeq),
  one.hash ?? '-',
  one.chain,
  one.verdict,
  one.why,
];

/** Verdict, candidates, steps and what became of the work that was under way. */
export function recoveryText(report: RecoveryReport): string {
  const { outcome, sentence, term, termBefore, startedMs, firstDispatchMs, attempts, late } = report;
  const before = termBefore === null ? '' : `, was ${number(termBefore)}`;
  const first =
    firstDispatchMs === null ? 'nothing was sent to an executor yet' : `first dispatch after ${seconds(firstDispatchMs - startedMs)}`;
  const lines = [
    outcome === 'recovering' ? `recovering: ${sentence}` : `${outcome}: ${sentence}`,
    `started ${new Date(startedMs).toISOString()}, term ${number(term)}${before}, ${first}`,
    '',
    textTable(HEADS, report.candidates.map(row), RIGHT),
    '',
  ];
  for (const step of report.steps) {
    const took = step.endedMs === null ? 'under way' : seconds(step.endedMs - step.startedMs);
    lines.push(`${STEPS[step.name]}: ${took}${step.detail === '' ? '' : ` (${step.detail})`}`);
  }
  lines.push(
    '',
    `${number(attempts.running)} attempts were running: ${number(attempts.kept)} went on, ${number(attempts.accepted)} were found in the target, ${number(attempts.redone)} are done again`,
  );
  for (const one of attempts.examples.filter(({ outcome: end }) => end === 'redone'))
    lines.push(`done again: ${one.task}, shard ${number(one.shard)} (run ${one.runId})`);
  if (late.dropped + late.fenced > 0)
    lines.push(`late messages: ${number(late.dropped)} dropped, ${number(late.fenced)} refused by the target`);
  return `${lines.join('\n')}\n`;
}
