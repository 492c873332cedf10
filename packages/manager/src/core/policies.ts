/** What a fault harms, and when another attempt may help (data-plane.md, tasks.md). */
import { ERRORS, isErrorCode } from '@tagmill/shared/errors';
import type { FailureDetail } from './events.ts';
import type { Settings } from './state.ts';

export type Harm = 'shard' | 'tag' | 'table' | 'run';

/** A table that cannot be read harms the tags that read it; an object that changed harms the run. */
export function harmOf(detail: FailureDetail): Harm {
  if (detail.code === 'INPUT_CHANGED') return 'run';
  if (detail.tagId !== undefined) return 'tag';
  if (detail.table !== undefined) return 'table';
  return 'shard';
}

/** What is known not to help is not tried again; a defect or a fault without a name may have been the moment's. */
export const canRetry = (code: string): boolean => code === 'INTERNAL' || (isErrorCode(code) && ERRORS[code].retry);

/** Exponential, with full jitter drawn from the token, so that a replay waits the same. */
export function retryDelayMs(settings: Settings, attempt: number, token: number): number {
  const ceiling = Math.min(settings.retryMaxMs, settings.retryBaseMs * 2 ** Math.max(0, attempt - 1));
  const draw = (Math.imul(token >>> 0, 0x9e3779b1) >>> 0) / 2 ** 32;
  return Math.round(ceiling * (0.5 + draw / 2));
}
