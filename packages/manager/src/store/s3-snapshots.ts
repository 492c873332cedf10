/**
 * Copies of snapshots on S3: `<prefix>/<lineage>/<term>-<seq>-<hash>.db`, so
 * that a listing says what each is of. The newest few of a lineage are kept.
 */
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Credentials } from '@tagmill/shared/connections';
import { TagmillError } from '@tagmill/shared/errors';
import { sameBytes } from './chain.ts';
import type { Position, SnapshotFile, SnapshotHead } from './journal.ts';
import { verifySnapshotFile } from './snapshot-file.ts';

/** Where, and how to get there. */
export interface S3Place {
  readonly bucket: string;
  readonly prefix: string;
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly credentials: S3Credentials | undefined;
}

export interface S3Snapshot extends Position {
  readonly key: string;
  readonly sizeBytes: number;
  /** By the clock of the store, ms since 1970. */
  readonly writtenMs: number | null;
}

const NAME = /(?:^|\/)([0-9a-zA-Z-]{1,64})\/(\d{10})-(\d{12})-([0-9a-f]{64})\.db$/;
/** What calls itself a snapshot and is larger is not fetched. */
const MOST_BYTES = 4 * 1024 ** 3;

export class S3Snapshots {
  private readonly place: S3Place;
  private readonly client: S3Client;

  constructor(place: S3Place) {
    this.place = place;
    // Stores beside AWS take any region; the SDK insists on one.
    const region = place.region ?? (place.endpoint === undefined ? undefined : 'us-east-1');
    this.client = new S3Client({
      ...(region === undefined ? {} : { region }),
      ...(place.endpoint === undefined ? {} : { endpoint: place.endpoint }),
      ...(place.credentials === undefined ? {} : { credentials: place.credentials }),
      forcePathStyle: true,
      // It would write to the console; what fails is told by the error.
      logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  get name(): string {
    return `s3://${this.place.bucket}/${this.place.prefix}`;
  }

  /** All there are, of every lineage, the newest by (term, seq) last. Errors: S3_UNAVAILABLE, S3_DENIED. */
  async list(lineage?: string, signal?: AbortSignal): Promise<S3Snapshot[]> {
    const found: S3Snapshot[] = [];
    let token: string | undefined;
    do {
      const page = await this.call(() =>
        this.client.send(
          new ListObjectsV2Command({
            Bucket: this.place.bucket,
            Prefix: this.key(lineage === undefined ? '' : `${lineage}/`),
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
          signalOf(signal),
        ),
      );
      for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
        const [, name = '', term, seq, hash = ''] = NAME.exec(Key) ?? [];
        if (term === undefined || (lineage !== undefined && name !== lineage)) continue;
        const at = { lineage: name, term: Number(term), seq: Number(seq), hash: new Uint8Array(Buffer.from(hash, 'hex')) };
        found.push({ ...at, key: Key, sizeBytes: Size, writtenMs: LastModified?.getTime() ?? null });
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
    return found.sort((a, b) => a.term - b.term || a.seq - b.seq);
  }

  /** Brings one here and verifies every byte of it. Errors: SNAPSHOT_UNUSABLE, S3_UNAVAILABLE, S3_DENIED; nothing is left then. */
  async fetch(snapshot: S3Snapshot, path: string, signal?: AbortSignal): Promise<SnapshotHead> {
    if (snapshot.sizeBytes > MOST_BYTES) throw unusable(snapshot, `it has ${snapshot.sizeBytes} bytes`);
    try {
      await this.call(async () => {
        const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.place.bucket, Key: snapshot.key }), signalOf(signal));
        await pipeline(Body as Readable, createWriteStream(path));
      });
      const head = verifySnapshotFile(path);
      const isIt = head.lineage === snapshot.lineage && head.term === snapshot.term && head.seq === snapshot.seq;
      if (!isIt || !sameBytes(head.hash, snapshot.hash)) throw unusable(snapshot, 'it is of another entry than its name says');
      return head;
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    }
  }

  /** Errors: S3_UNAVAILABLE, S3_DENIED. */
  async upload({ head, path }: SnapshotFile, signal?: AbortSignal): Promise<void> {
    const { lineage, term, seq, hash } = head;
    const digits = (value: number, length: number): string => String(value).padStart(length, '0');
    const key = this.key(`${lineage}/${digits(term, 10)}-${digits(seq, 12)}-${Buffer.from(hash).toString('hex')}.db`);
    const body = createReadStream(path);
    const put = { Bucket: this.place.bucket, Key: key, Body: body, ContentLength: head.sizeBytes };
    try {
      await this.call(() => this.client.send(new PutObjectCommand(put), signalOf(signal)));
    } finally {
      body.destroy();
    }
  }

  /** Removes all but the newest `keep` of a lineage. Errors: S3_UNAVAILABLE, S3_DENIED. */
  async prune(lineage: string, keep: number, signal?: AbortSignal): Promise<void> {
    const all = await this.list(lineage, signal);
    for (const { key } of all.slice(0, Math.max(0, all.length - keep)))
      await this.call(() => this.client.send(new DeleteObjectCommand({ Bucket: this.place.bucket, Key: key }), signalOf(signal)));
  }

  close(): void {
    this.client.destroy();
  }

  private key(name: string): string {
    return this.place.prefix === '' ? name : `${this.place.prefix}/${name}`;
  }

  private async call<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      if (error instanceof TagmillError) throw error;
      const { $metadata, name, message } = error as Error & { $metadata?: { httpStatusCode?: number } };
      const status = $metadata?.httpStatusCode ?? 0;
      const code = status === 401 || status === 403 || name === 'CredentialsProviderError' ? 'S3_DENIED' : 'S3_UNAVAILABLE';
      throw new TagmillError(
        code,
        `${this.name} answered with ${status === 0 ? name : status}: ${message}; check place and credentials`,
        {},
        error,
      );
    }
  }
}

/** All snapshots at a place, the newest by (term, seq) last: candidates of a recovery. Errors: S3_UNAVAILABLE, S3_DENIED. */
export async function listS3Snapshots(place: S3Place, signal?: AbortSignal): Promise<S3Snapshot[]> {
  const store = new S3Snapshots(place);
  try {
    return await store.list(undefined, signal);
  } finally {
    store.close();
  }
}

/** Brings one to `path`, verified. Errors: SNAPSHOT_UNUSABLE, S3_UNAVAILABLE, S3_DENIED. */
export async function fetchS3Snapshot(place: S3Place, snapshot: S3Snapshot, path: string, signal?: AbortSignal): Promise<SnapshotHead> {
  const store = new S3Snapshots(place);
  try {
    return await store.fetch(snapshot, path, signal);
  } finally {
    store.close();
  }
}

const signalOf = (abortSignal: AbortSignal | undefined): { abortSignal?: AbortSignal } =>
  abortSignal === undefined ? {} : { abortSignal };

const unusable = ({ key }: S3Snapshot, why: string): TagmillError =>
  new TagmillError('SNAPSHOT_UNUSABLE', `the snapshot ${key} on S3 cannot be used: ${why}`);
