/** REST calls of the page. Errors come back as `ApiError` with the manager's stable code. */
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import type { ActionAnswer, ActionRequest } from '@tagmill/shared/feed/views';
import { WHO_HEADER } from '@tagmill/shared/people';
import { askForKey, useKey } from './key.ts';
import { useWho } from './who.ts';

export class ApiError extends Error {
  readonly status: number;
  /** A code of `shared/errors.ts`; `UNREACHABLE` when no answer came. */
  readonly code: string;
  /** What the manager says for programs. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, detail: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(detail);
    this.facts = facts;
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

/** Whatever was thrown, as an error of the API. */
export const asApiError = (thrown: unknown): ApiError =>
  thrown instanceof ApiError ? thrown : new ApiError(0, 'INTERNAL', thrown instanceof Error ? thrown.message : String(thrown));

const TIMEOUT_MS = 15_000;

interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

export async function call(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown, options: CallOptions = {}): Promise<unknown> {
  const { key } = useKey.getState();
  const headers: Record<string, string> = { ...options.headers, accept: 'application/json' };
  if (key !== null) headers['authorization'] = `Bearer ${key}`;
  const { name } = useWho.getState();
  if (name.trim() !== '') headers[WHO_HEADER] = encodeURIComponent(name.trim());
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (method === 'POST') headers['idempotency-key'] = newKey();
  const late = AbortSignal.timeout(TIMEOUT_MS);
  const signal = options.signal === undefined ? late : AbortSignal.any([late, options.signal]);
  const request: RequestInit = { method, headers, signal, cache: 'no-store' };
  if (body !== undefined) request.body = JSON.stringify(body);
  let response: Response;
  try {
    response = await fetch(path, request);
  } catch (cause) {
    throw new ApiError(0, 'UNREACHABLE', cause instanceof Error ? cause.message : String(cause));
  }
  if (response.status === 401) askForKey();
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer;
  throw new ApiError(
    response.status,
    textOf(answer, 'code') ?? 'INTERNAL',
    textOf(answer, 'detail') ?? textOf(answer, 'title') ?? response.statusText,
    factsOf(answer),
  );
}

function textOf(value: unknown, field: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = (value as Record<string, unknown>)[field];
  return typeof found === 'string' ? found : undefined;
}

function factsOf(answer: unknown): Readonly<Record<string, unknown>> {
  const facts = typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>)['facts'] : undefined;
  return typeof facts === 'object' && facts !== null ? (facts as Record<string, unknown>) : {};
}

/** `crypto.randomUUID` exists only on https and loopback; this works everywhere. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A one-time ticket for the feed's socket; `denied` when the manager wants a key. */
export async function openTicket(): Promise<string> {
  try {
    return textOf(await call('POST', '/api/v1/ws-ticket', {}), 'ticket') ?? '';
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return 'denied';
    throw error;
  }
}

/** Acts on instances of a run, or with `dry_run` says what that would touch. */
export async function act(runId: string, request: ActionRequest): Promise<ActionAnswer> {
  return (await call('POST', `/api/v1/runs/${encodeURIComponent(runId)}/actions`, request)) as ActionAnswer;
}

/** Starts a run of all tags; answers its id. */
export async function startRun(): Promise<string> {
  const answer = await call('POST', '/api/v1/runs', { mode: 'task-all' });
  const runId = textOf(answer, 'run_id');
  if (runId === undefined) throw new ApiError(0, 'INTERNAL', 'the manager started a run but named none');
  return runId;
}

export async function managerVersion(): Promise<string | null> {
  return textOf(await call('GET', '/version'), 'version') ?? null;
}

/** The report of the manager's last start; null when it has none. */
export async function recoveryReport(): Promise<RecoveryReport | null> {
  try {
    return (await call('GET', '/api/v1/recovery')) as RecoveryReport;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}
