/** What the object store's answers mean: one of our codes, and whether to ask again. */
import { TagmillError } from '@tagmill/shared/errors';

/** A failure that another attempt may mend: throttled, unavailable, timed out, stalled, cut off. */
export class S3Retryable extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'S3Retryable';
  }
}

const RETRYABLE_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);
const RETRYABLE_NAMES = new Set([
  'SlowDown',
  'ServiceUnavailable',
  'ThrottlingException',
  'TooManyRequestsException',
  'RequestTimeout',
  'TimeoutError',
  'InternalError',
  'AbortError',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_STREAM_PREMATURE_CLOSE',
]);
const DENIED_NAMES = new Set([
  'AccessDenied',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'CredentialsProviderError',
  'AuthorizationHeaderMalformed',
]);

interface Facts {
  readonly name: string;
  readonly code: string;
  readonly status: number | undefined;
  readonly message: string;
}

function factsOf(thrown: unknown): Facts {
  const error = (thrown ?? {}) as {
    name?: unknown;
    code?: unknown;
    Code?: unknown;
    message?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  return {
    name: String(error.name ?? ''),
    code: String(error.code ?? error.Code ?? ''),
    status: error.$metadata?.httpStatusCode,
    message: String(error.message ?? thrown),
  };
}

/**
 * What a failed call means. `key` is the object in question, absent for
 * listings. Gives S3Retryable, or a TagmillError to end with.
 */
export function classifyS3(thrown: unknown, place: string, key?: string): Error {
  if (thrown instanceof TagmillError || thrown instanceof S3Retryable) return thrown;
  const { name, code, status, message } = factsOf(thrown);
  const what = key === undefined ? place : `${place}/${key}`;
  if (status === 403 || status === 401 || DENIED_NAMES.has(name) || DENIED_NAMES.has(code)) {
    return new TagmillError('S3_DENIED', `${what} was refused (${name}): check the credentials and what they may read`, { place }, thrown);
  }
  if (name === 'NoSuchBucket' || code === 'NoSuchBucket' || (status === 404 && key === undefined)) {
    return new TagmillError('TABLES_NOT_FOUND', `there is no bucket for ${place}; check its name and the endpoint`, { place }, thrown);
  }
  if (key !== undefined && (status === 412 || status === 404 || status === 416)) return inputChanged(key, thrown);
  if (status === 301) {
    return new TagmillError('CONFIG_INVALID', `${place} lies in another region; name the region of the bucket`, { place }, thrown);
  }
  if ((status !== undefined && RETRYABLE_STATUS.has(status)) || RETRYABLE_NAMES.has(name) || RETRYABLE_NAMES.has(code)) {
    return new S3Retryable(status === undefined ? message : `${status} ${name}`, thrown);
  }
  return new TagmillError('S3_UNAVAILABLE', `${what} cannot be read: ${message}`, { place }, thrown);
}

export function inputChanged(key: string, cause?: unknown): TagmillError {
  const message = `${key} changed after it was planned; run again when the tables are at rest`;
  return new TagmillError('INPUT_CHANGED', message, { object: key }, cause);
}
