/** Planning as a worker does it: `sources/plan.ts` with this engine as its reader of keys. */
import type { PlanRequest, PlanResult } from '@tagmill/shared/job';
import { planTables as plan } from '../sources/plan.ts';
import type { Evaluator } from './evaluator.ts';
import { keyReader } from './key-reader.ts';

/**
 * Plans a run over the tables of the evaluator's location.
 * Errors: TABLES_NOT_FOUND, DATE_WITHOUT_DATA, INPUT_CHANGED, S3_DENIED, S3_UNAVAILABLE.
 */
export async function planTables(evaluator: Evaluator, request: PlanRequest, signal?: AbortSignal): Promise<PlanResult> {
  const before = evaluator.copies.bytesRead;
  const result = await plan(evaluator.store, request, keyReader(evaluator), signal);
  return { ...result, bytesRead: evaluator.copies.bytesRead - before };
}
