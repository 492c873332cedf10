/** What routes have in common: their errors' schema, and what is not there. */
import { problem } from '@tagmill/shared/api/common';
import { TagmillError } from '@tagmill/shared/errors';
import type { RunRecord } from '@tagmill/shared/feed/views';
import type { ManagerPort } from '../../port.ts';
import type { Guard } from '../guard.ts';
import { PROBLEM_TYPE } from '../problem.ts';

const problemAnswer = { description: 'Refused or failed; `code` says which.', content: { [PROBLEM_TYPE]: { schema: problem } } };
/** For `schema.response` of every route. */
export const ERRORS_OF_ROUTE = { '4xx': problemAnswer, '5xx': problemAnswer } as const;

/** The run, or NOT_FOUND. */
export function runOf(port: ManagerPort, runId: string): RunRecord {
  const run = port.getRun(runId);
  if (run === undefined)
    throw new TagmillError('NOT_FOUND', `There is no run ${runId.slice(0, 100)}; GET /api/v1/runs lists those there are.`);
  return run;
}

/** Who acts, for the story: there is one key, so it cannot say more. */
export const whoOf = (guard: Guard): string => (guard.open ? 'local' : 'api-key');

/** The same object without what is undefined, so that absent stays absent. */
export function compact<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
