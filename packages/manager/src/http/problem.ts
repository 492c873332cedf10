/** Errors as `application/problem+json`. Nothing of ours leaks: what is unknown becomes INTERNAL, and only the log says more. */
import { ERRORS, type ErrorCode, TagmillError } from '@tagmill/shared/errors';
import type { Problem } from '@tagmill/shared/api/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

export const PROBLEM_TYPE = 'application/problem+json';

export function problemOf(code: ErrorCode, detail: string, more: Partial<Problem> = {}): Problem {
  const kind = ERRORS[code];
  return { type: `urn:tagmill:error:${code}`, title: kind.when, status: kind.http, code, detail, ...more };
}

/** What a thrown value is to the caller. */
export function toProblem(thrown: unknown): Problem {
  if (hasZodFastifySchemaValidationErrors(thrown)) return invalid(thrown);
  if (thrown instanceof TagmillError && thrown.code !== 'INTERNAL') {
    return problemOf(thrown.code, thrown.message, Object.keys(thrown.facts).length === 0 ? {} : { facts: { ...thrown.facts } });
  }
  const refusal = refusalOfFastify(thrown);
  return refusal ?? problemOf('INTERNAL', 'The manager met a defect of its own while it answered; its log names it.');
}

interface Invalid {
  readonly validationContext?: string;
  readonly validation: readonly { readonly instancePath: string; readonly message?: string; readonly params: Record<string, unknown> }[];
}

function invalid(thrown: Invalid): Problem {
  const where = thrown.validationContext === 'body' || thrown.validationContext === undefined ? '' : `${thrown.validationContext}.`;
  const errors = thrown.validation.flatMap(({ instancePath, message = 'is not accepted', params }) => {
    const path = instancePath.split('/').filter((part) => part !== '');
    const unknown = params['keys'];
    if (!Array.isArray(unknown)) return [{ field: where + (path.join('.') || 'body'), message }];
    return unknown.map((key) => ({ field: where + [...path, String(key)].join('.'), message: 'is not known here' }));
  });
  // A list of a million ids may be wrong a million times.
  const shown = errors.slice(0, 20);
  const rest = errors.length > shown.length ? `; and ${errors.length - shown.length} more` : '';
  return problemOf('USAGE', `${shown.map(({ field, message }) => `${field}: ${message}`).join('; ')}${rest}.`, { errors: shown });
}

/** Sentences for what Fastify refuses by itself. */
const REFUSED: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'Send the body as JSON, with the header "Content-Type: application/json".',
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is not JSON.',
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is larger than this route takes.',
  FST_ERR_BAD_URL: 'The address cannot be read.',
};

function refusalOfFastify(thrown: unknown): Problem | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { statusCode, code } = thrown as Error & { statusCode?: unknown; code?: unknown };
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499) return undefined;
  const sentence = REFUSED[String(code)] ?? `The request was refused: ${thrown.message}.`;
  return problemOf(statusCode === 404 ? 'NOT_FOUND' : 'USAGE', sentence, { status: statusCode });
}

/** The one error handler of the server. */
export function answerError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(thrown);
  if (problem.status >= 500) request.log.error({ err: thrown, route: request.routeOptions.url }, 'request failed');
  if (problem.code === 'UNAUTHORIZED') reply.header('www-authenticate', 'Bearer');
  if ((problem.status === 429 || problem.status === 503) && !reply.hasHeader('retry-after')) reply.header('retry-after', '5');
  sendProblem(reply, problem);
}

export function sendProblem(reply: FastifyReply, problem: Problem): void {
  // As text, so that no serializer of the route has a say.
  void reply.code(problem.status).header('cache-control', 'no-store').type(PROBLEM_TYPE).send(JSON.stringify(problem));
}
