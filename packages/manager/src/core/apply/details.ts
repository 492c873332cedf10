/**
 * Reads what a peer says of a shard. It stands in the journal by now, so
 * whatever cannot be read must be an answer and never an exception: a replay
 * would meet it again at every start.
 */
import type { EvaluateResult, MergeResult } from '@tagmill/shared/job';
import type { FailureDetail } from '../events.ts';

/** What an evaluated shard says, or undefined when it is not of that form. */
export function readEvaluated(detail: string): EvaluateResult | undefined {
  const said = record(detail);
  if (said === undefined || typeof said['pieceHash'] !== 'string' || said['pieceHash'].length > MOST_HASH) return undefined;
  if (!counts(said, ['users', 'bytesRead']) || !countsEach(said['tags'], ['tagId', 'evaluated', 'matched', 'unknown'])) return undefined;
  return said as unknown as EvaluateResult;
}

/** What a merged shard says, or undefined when it is not of that form. */
export function readMerged(detail: string): MergeResult | undefined {
  const said = record(detail);
  if (said === undefined || !counts(said, ['inserted', 'updated', 'unreadableRows', 'bytesRead'])) return undefined;
  if (!Array.isArray(said['conflicts']) || !countsEach(said['tags'], ['tagId', 'entered', 'exited'])) return undefined;
  return said as unknown as MergeResult;
}

/** Why a shard failed; a sentence of our own where the executor gave none that can be read. */
export function readFailure(detail: string): FailureDetail {
  if (detail === '')
    return { code: 'PROTOCOL_VERSION', message: 'the executor gave no reason: check that it runs the version of the manager' };
  const said = record(detail);
  if (said === undefined || typeof said['code'] !== 'string' || typeof said['message'] !== 'string') return UNREADABLE;
  const { code, message, table, tagId } = said;
  return {
    code,
    message,
    ...(typeof table === 'string' ? { table } : {}),
    ...(typeof tagId === 'number' ? { tagId } : {}),
  };
}

export const UNREADABLE: FailureDetail = {
  code: 'PROTOCOL_VERSION',
  message: 'what the executor says of this shard cannot be read: check that it runs the version of the manager',
};

const MOST_HASH = 256;

function record(json: string): Record<string, unknown> | undefined {
  try {
    const said: unknown = JSON.parse(json);
    return isRecord(said) ? said : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const counts = (said: Readonly<Record<string, unknown>>, names: readonly string[]): boolean =>
  names.every((name) => typeof said[name] === 'number' && Number.isFinite(said[name]) && said[name] >= 0);

const countsEach = (list: unknown, names: readonly string[]): boolean =>
  Array.isArray(list) && list.every((one) => isRecord(one) && counts(one, names));
