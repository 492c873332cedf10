/**
 * Tables in S3 or a store that speaks its protocol. Every GET names the ETag
 * that was pinned, every body has a watchdog, and what can be retried is, a
 * bounded number of times: the SDK's own retries are off (one layer per path).
 */
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, type ListObjectsV2CommandOutput, S3Client } from '@aws-sdk/client-s3';
import { TagmillError } from '@tagmill/shared/errors';
import type { TablesLocation } from '@tagmill/shared/job';
import { type BulkheadPolicy, bulkhead, ExponentialBackoff, handleType, type RetryPolicy, retry } from 'cockatiel';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { classifyS3, inputChanged, S3Retryable } from './s3-errors.ts';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface S3StoreOptions {
  /** Absent: AWS's own ways (environment, profile, instance). */
  readonly credentials?: S3Credentials;
  /** A request or body without a byte for so long is given up and asked again. */
  readonly idleMs?: number;
  /** Tries of one request, the first included. */
  readonly attempts?: number;
  /** First wait between tries; it doubles up to 5 s. */
  readonly backoffMs?: number;
  /** Requests at once. */
  readonly inFlight?: number;
}

const DEFAULTS = { idleMs: 10_000, attempts: 6, backoffMs: 200, inFlight: 12 };
const MAX_BACKOFF_MS = 5_000;

/** The part of a body that is used: it is read to its end or destroyed. */
interface Body extends AsyncIterable<Uint8Array> {
  destroy(error?: Error): unknown;
}

export class S3Store implements ObjectStore {
  readonly place: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #client: S3Client;
  readonly #idleMs: number;
  readonly #attempts: number;
  readonly #retry: RetryPolicy;
  readonly #gate: BulkheadPolicy;
  #bytesRead = 0;

  constructor(location: Extract<TablesLocation, { kind: 's3' }>, options: S3StoreOptions) {
    this.#bucket = location.bucket;
    this.#prefix = location.prefix === '' ? '' : `${location.prefix}/`;
    this.place = `s3://${location.bucket}${location.prefix === '' ? '' : `/${location.prefix}`}`;
    this.#idleMs = options.idleMs ?? DEFAULTS.idleMs;
    this.#attempts = options.attempts ?? DEFAULTS.attempts;
    // Stores beside AWS take any region; the SDK insists on one, and its own environment variable wins.
    const region = location.region ?? (location.endpoint === undefined ? undefined : (process.env['AWS_REGION'] ?? 'us-east-1'));
    this.#client = new S3Client({
      ...(region === undefined ? {} : { region }),
      ...(location.endpoint === undefined ? {} : { endpoint: location.endpoint }),
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
      forcePathStyle: true,
      maxAttempts: 1,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    this.#retry = retry(handleType(S3Retryable), {
      maxAttempts: this.#attempts - 1,
      backoff: new ExponentialBackoff({ initialDelay: options.backoffMs ?? DEFAULTS.backoffMs, maxDelay: MAX_BACKOFF_MS }),
    });
    this.#gate = bulkhead(options.inFlight ?? DEFAULTS.inFlight, Number.POSITIVE_INFINITY);
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  async listFolders(prefix: string, signal?: AbortSignal): Promise<string[]> {
    const under = this.#under(prefix);
    const names: string[] = [];
    for await (const page of this.#pages(under, '/', signal)) {
      for (const common of page.CommonPrefixes ?? []) names.push((common.Prefix ?? '').slice(under.length).replace(/\/$/, ''));
    }
    return names.sort();
  }

  async list(prefix: string, signal?: AbortSignal): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    for await (const page of this.#pages(this.#under(prefix), undefined, signal)) {
      for (const item of page.Contents ?? []) {
        const key = (item.Key ?? '').slice(this.#prefix.length);
        // Consoles make folders by empty objects whose key ends with a slash.
        if (!key.endsWith('/')) found.push({ key, etag: item.ETag ?? '', sizeBytes: item.Size ?? 0 });
      }
    }
    return found.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  }

  async head(key: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    return this.#call(signal, key, async (abortSignal) => {
      try {
        const found = await this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + key }), { abortSignal });
        return { key, etag: found.ETag ?? '', sizeBytes: found.ContentLength ?? 0 };
      } catch (thrown) {
        if (thrown instanceof Error && thrown.name === 'NotFound') return undefined;
        throw thrown;
      }
    });
  }

  async readRange(object: StoredObject, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    if (end <= start) return new Uint8Array(0);
    return this.#call(signal, object.key, async (abortSignal, alive) => {
      const answer = await this.#client.send(
        new GetObjectCommand({
          Bucket: this.#bucket,
          Key: this.#prefix + object.key,
          Range: `bytes=${start}-${end - 1}`,
          IfMatch: object.etag,
        }),
        { abortSignal },
      );
      const body = answer.Body as unknown as Body;
      // The SDK forgets the signal once the headers are there.
      const cut = (): unknown => body.destroy(new Error('aborted'));
      abortSignal.addEventListener('abort', cut, { once: true });
      try {
        if (answer.ETag !== undefined && answer.ETag !== object.etag) throw inputChanged(object.key);
        return await this.#drain(body, end - start, alive);
      } finally {
        abortSignal.removeEventListener('abort', cut);
        body.destroy();
      }
    });
  }

  async verify(object: StoredObject, signal?: AbortSignal): Promise<void> {
    const now = await this.head(object.key, signal);
    if (now?.etag !== object.etag) throw inputChanged(object.key);
  }

  localPath(): undefined {
    return undefined;
  }

  close(): void {
    this.#client.destroy();
  }

  #under(prefix: string): string {
    return this.#prefix + (prefix === '' ? '' : `${prefix}/`);
  }

  async #drain(body: Body, bytes: number, alive: () => void): Promise<Uint8Array> {
    const into = new Uint8Array(bytes);
    let have = 0;
    for await (const chunk of body) {
      alive();
      this.#bytesRead += chunk.length;
      if (have + chunk.length > bytes) throw new S3Retryable(`the body has more than the ${bytes} bytes asked for`);
      into.set(chunk, have);
      have += chunk.length;
    }
    if (have < bytes) throw new S3Retryable(`the body ended after ${have} of ${bytes} bytes`);
    return into;
  }

  async *#pages(prefix: string, delimiter: string | undefined, signal?: AbortSignal): AsyncGenerator<ListObjectsV2CommandOutput> {
    let token: string | undefined;
    do {
      const page = await this.#call(signal, undefined, (abortSignal) =>
        this.#client.send(
          new ListObjectsV2Command({
            Bucket: this.#bucket,
            Prefix: prefix,
            ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
          { abortSignal },
        ),
      );
      yield page;
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  /** One request with its gate, its retries and, for each try, its watchdog. */
  async #call<T>(
    signal: AbortSignal | undefined,
    key: string | undefined,
    request: (abortSignal: AbortSignal, alive: () => void) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#retry.execute(() => this.#gate.execute(() => this.#attempt(signal, key, request)), signal);
    } catch (thrown) {
      signal?.throwIfAborted();
      if (!(thrown instanceof S3Retryable)) throw thrown;
      const what = key === undefined ? this.place : `${this.place}/${key}`;
      const message = `${what} could not be read in ${this.#attempts} tries, the last: ${thrown.message}; check the object store and run again`;
      throw new TagmillError('S3_UNAVAILABLE', message, { place: this.place, attempts: this.#attempts }, thrown);
    }
  }

  async #attempt<T>(
    signal: AbortSignal | undefined,
    key: string | undefined,
    request: (abortSignal: AbortSignal, alive: () => void) => Promise<T>,
  ): Promise<T> {
    const watchdog = new AbortController();
    const timer = setTimeout(() => watchdog.abort(), this.#idleMs);
    try {
      return await request(signal === undefined ? watchdog.signal : AbortSignal.any([signal, watchdog.signal]), () => timer.refresh());
    } catch (thrown) {
      signal?.throwIfAborted();
      if (watchdog.signal.aborted) throw new S3Retryable(`no byte came for ${this.#idleMs} ms`, thrown);
      throw classifyS3(thrown, this.place, key);
    } finally {
      clearTimeout(timer);
    }
  }
}
