/** REST calls to a running manager: tried for 30 s where it does not answer, problems told as errors of ours. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, isErrorCode, TagmillError } from '@tagmill/shared/errors';
import { MOST_NAME, WHO_HEADER } from '@tagmill/shared/people';
import { userName } from '../flags/run.ts';

/** How long a manager that does not answer is tried, milliseconds (interfaces.md). */
export const TRY_FOR_MS = 30_000;
const FIRST_PAUSE_MS = 250;
const MOST_PAUSE_MS = 2_000;
const REQUEST_TIMEOUT_MS = 15_000;

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHORIZED',
  403: 'NOT_ALLOWED',
  404: 'NOT_FOUND',
  429: 'RATE_LIMITED',
};

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export class ManagerApi {
  readonly url: string;
  readonly #key: string | undefined;
  readonly #tryForMs: number;

  constructor(url: string, key: string | undefined, tryForMs = TRY_FOR_MS) {
    // The address of the page, as `demo` prints it, does too: it carries the key behind the #.
    const [address = '', fragment = ''] = url.split('#');
    this.url = address.replace(/\/$/, '');
    this.#key = key ?? new URLSearchParams(fragment).get('key') ?? undefined;
    this.#tryForMs = tryForMs;
  }

  get headers(): Record<string, string> {
    const who = { [WHO_HEADER]: encodeURIComponent(userName().slice(0, MOST_NAME)) };
    return this.#key === undefined ? who : { ...who, authorization: `Bearer ${this.#key}` };
  }

  get(path: string, accept: readonly number[] = []): Promise<Answer> {
    return this.#call('GET', path, undefined, accept);
  }

  /** A write carries one idempotency key through all its tries: a lost answer starts nothing twice. */
  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.#call('POST', path, body, [], headers);
  }

  put(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.#call('PUT', path, body, [], headers);
  }

  async #call(
    method: string,
    path: string,
    body: unknown,
    accept: readonly number[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const headers: Record<string, string> = { ...this.headers, ...more, accept: 'application/json' };
    if (body !== undefined) Object.assign(headers, { 'content-type': 'application/json', 'idempotency-key': randomUUID() });
    const deadline = performance.now() + this.#tryForMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MOST_PAUSE_MS)) {
      const answer = await this.#once(method, path, headers, body);
      const isThere =
        'status' in answer && (accept.includes(answer.status) || (answer.status !== 502 && answer.status !== 503 && answer.status !== 504));
      if (isThere) {
        if (answer.status < 300 || accept.includes(answer.status)) return answer;
        throw problemOf(answer, this.url);
      }
      if (performance.now() + pauseMs > deadline) {
        const why = 'status' in answer ? problemOf(answer, this.url).message : answer.why;
        throw new TagmillError(
          'UNREACHABLE',
          `the manager at ${this.url} did not answer within ${Math.round(this.#tryForMs / 1000)} s: ${why}; check that it runs and that the address is right`,
        );
      }
      await sleep(pauseMs);
    }
  }

  async #once(method: string, path: string, headers: Record<string, string>, body: unknown): Promise<Answer | { readonly why: string }> {
    try {
      const response = await fetch(`${this.url}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      const text = await response.text();
      return { status: response.status, body: jsonOf(text) };
    } catch (error) {
      return { why: whyOf(error) };
    }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (error.name === 'TimeoutError') return 'it is silent';
  if (cause instanceof AggregateError) return whyOf(cause.errors[0]);
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : error.message;
}

/** The error that an answer of problem+json stands for. */
export function problemOf(answer: Answer, url: string): TagmillError {
  const { status, body } = answer;
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const written = typeof fields['code'] === 'string' ? fields['code'] : '';
  const code = isErrorCode(written) ? written : (CODE_OF_STATUS[status] ?? (status >= 500 ? 'UNREACHABLE' : 'INTERNAL'));
  const detail = [fields['detail'], fields['title']].find((text) => typeof text === 'string');
  const hint = code === 'UNAUTHORIZED' ? '; set TAGMILL_API_KEY to the manager’s key' : '';
  const facts = typeof fields['facts'] === 'object' && fields['facts'] !== null ? (fields['facts'] as Record<string, unknown>) : {};
  return new TagmillError(
    code,
    `the manager at ${url} answered ${status}: ${detail ?? 'without a reason; is it a Tagmill manager?'}${hint}`,
    facts,
  );
}
