/** What routes have in common: their errors' schema, and what is not there. */
import type { IncomingHttpHeaders } from 'node:http';
import { problem } from '@tagmill/shared/api/common';
import { TagmillError } from '@tagmill/shared/errors';
import type { RunRecord } from '@tagmill/shared/feed/views';
import { MOST_NAME, WHO_HEADER } from '@tagmill/shared/people';
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

/** Who acts, for records: the door, and the name that the request gives, which is taken at its word: there is one key. Errors: USAGE. */
export function whoOf(guard: Guard, { headers }: { readonly headers: IncomingHttpHeaders }): string {
  const door = guard.open ? 'local' : 'api-key';
  const name = nameIn(headers);
  return name === undefined ? door : `${door}:${name}`;
}

function nameIn(headers: IncomingHttpHeaders): string | undefined {
  const sent = headers[WHO_HEADER];
  if (typeof sent !== 'string' || sent === '') return undefined;
  try {
    const name = decodeURIComponent(sent).trim();
    if (name !== '' && name.length <= MOST_NAME && !/\p{C}/u.test(name)) return name;
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  throw new TagmillError(
    'USAGE',
    `the header X-Tagmill-Who is no name: send up to ${MOST_NAME} readable characters, percent-encoded as UTF-8`,
  );
}

/** The same object without what is undefined, so that absent stays absent. */
export function compact<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
