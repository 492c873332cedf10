/** Second line of a card and of a row: progress or the reason to wait, and the time taken. */
import type { InstanceRecord } from '@tagmill/shared/feed/views';
import type { TFunction } from 'i18next';
import type { CardText } from '../graph/scene.ts';
import { duration } from '../ui/format.ts';

/** Time from start to end, or to now while it goes on; null before the start. */
export function tookMs(record: { readonly startedAtMs: number | null; readonly endedAtMs: number | null }, nowMs: number): number | null {
  if (record.startedAtMs === null) return null;
  return Math.max(0, (record.endedAtMs ?? nowMs) - record.startedAtMs);
}

export function cardText(record: InstanceRecord, nowMs: number, t: TFunction): CardText {
  const { state } = record;
  const ms = tookMs(record, nowMs);
  const right = ms === null || state === 'skipped' ? '' : duration(ms);
  const progress = record.shardsTotal > 0 ? `${record.shardsDone}/${record.shardsTotal}` : '';
  if (state === 'unregistered' || state === 'registered' || state === 'pending' || state === 'skipped') {
    const gate = record.gate === 'manual' && state === 'pending' ? t('graph.waitsForClick') : null;
    return { left: gate ?? record.reason ?? (record.handler === 'report' ? t('graph.afterAll') : t(`state.${state}`)), right: '' };
  }
  if (state === 'running' && record.step !== null && record.step !== 'run') {
    const step = t(`step.${record.step}`);
    // Evaluation is what a running tag mostly does, so only the other steps are named; each counts its own shards.
    const named = record.handler === 'tag' && record.step !== 'evaluate';
    if (progress === '') return { left: step, right };
    return named ? { left: `${step} ${progress}`, short: progress, right } : { left: progress, right };
  }
  return { left: progress === '' ? t(`state.${state}`) : progress, right };
}
