/**
 * Takes a copy of the journal in from an executor. Nothing of it is trusted:
 * every frame must be signed, follow from the one before, and fit under the
 * limit; what is in it is replayed before it is put in the place of anything.
 */
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';
import type { Place } from '../core/recovery/candidate.ts';
import type { IncomingFrame } from '../grpc/wire.ts';
import { chainHash, sameBytes } from '../store/chain.ts';
import {
  CHAIN_START,
  type CommittedBatch,
  type JournalCopy,
  type Position,
  type SnapshotHead,
  type SnapshotSection,
} from '../store/journal.ts';
import { readSections, verifySnapshotFile } from '../store/snapshot-file.ts';
import { isSigned } from './recovery-key.ts';

/** What is done with the content as it comes; throws when it cannot be read. */
export interface CopyReader {
  snapshot(head: SnapshotHead, sections: Iterable<SnapshotSection>): void;
  batch(batch: CommittedBatch): void;
}

export interface FetchOptions {
  readonly folder: string;
  readonly key: Uint8Array;
  /** Where the copy ends, as its Hello said. */
  readonly at: Place;
  /** End of the own journal, when it is of the same history: what the copy says of that entry must agree. */
  readonly own: Place | null;
  readonly mostBytes: number;
}

interface Entry {
  readonly seq: number;
  readonly term: number;
  readonly hash: Uint8Array;
  readonly offset: number;
  readonly length: number;
}

export interface FetchedCopy {
  readonly copy: JournalCopy;
  readonly entries: number;
  /** Removes what was put aside for it. */
  remove(): void;
}

/** Errors: RECOVERY_REFUSED, with the sentence that says what is wrong with it; those of the stream; those of `reader`. */
export async function fetchCopy(frames: AsyncIterable<IncomingFrame>, reader: CopyReader, options: FetchOptions): Promise<FetchedCopy> {
  rmSync(options.folder, { recursive: true, force: true });
  mkdirSync(options.folder, { recursive: true });
  const staged = new StagedCopy(reader, options);
  try {
    for await (const frame of frames) staged.take(frame);
    return staged.finish();
  } catch (error) {
    staged.remove();
    throw error;
  }
}

class StagedCopy {
  private readonly reader: CopyReader;
  private readonly options: FetchOptions;
  private readonly snapshotPath: string;
  private readonly file: number;
  private readonly entries: Entry[] = [];
  private at: Position;
  private bytes = 0;
  private offset = 0;
  private hasSnapshot = false;
  private open: { readonly head: IncomingFrame; parts: Buffer[]; length: number; file: number | undefined } | undefined;

  constructor(reader: CopyReader, options: FetchOptions) {
    this.reader = reader;
    this.options = options;
    this.snapshotPath = join(options.folder, 'snapshot.db');
    this.file = openSync(join(options.folder, 'batches'), 'w+');
    this.at = { lineage: options.at.lineage, term: 0, seq: 0, hash: CHAIN_START };
  }

  take(frame: IncomingFrame): void {
    this.bytes += frame.data.length;
    if (this.bytes > this.options.mostBytes) throw wrong(`it is longer than ${this.options.mostBytes} bytes`);
    if (frame.part === 0) this.begin(frame);
    const { open } = this;
    if (open === undefined || frame.kind !== open.head.kind || frame.seq !== open.head.seq) throw wrong('a part of it is out of order');
    open.length += frame.data.length;
    if (open.length > open.head.sizeBytes) throw wrong(`entry ${frame.seq} is longer than it says`);
    if (open.file === undefined) open.parts.push(Buffer.from(frame.data));
    else writeSync(open.file, frame.data);
    if (!frame.lastPart) return;
    this.open = undefined;
    if (open.length !== open.head.sizeBytes) throw wrong(`entry ${frame.seq} is shorter than it says`);
    if (open.file === undefined) this.takeBatch(open.head, open.parts.length === 1 ? open.parts[0]! : Buffer.concat(open.parts));
    else {
      closeSync(open.file);
      this.takeSnapshot(open.head);
    }
  }

  private begin(head: IncomingFrame): void {
    if (this.open !== undefined) throw wrong('a part of it is missing');
    if (head.kind !== 1 && head.kind !== 2) throw wrong('it has a frame that this version does not know');
    const isSnapshot = head.kind === 1;
    const place = { lineage: head.lineage, term: head.term, seq: head.seq, hash: head.hash };
    if (!isSigned(this.options.key, isSnapshot ? 'snapshot' : 'batch', place, head.mac, isSnapshot ? head.contentHash : undefined))
      throw wrong(`the signature of entry ${head.seq} does not hold`);
    if (head.lineage !== this.options.at.lineage) throw wrong('it has entries of another history');
    if (isSnapshot && (this.hasSnapshot || this.entries.length > 0)) throw wrong('its snapshot does not come first');
    this.open = { head, parts: [], length: 0, file: isSnapshot ? openSync(this.snapshotPath, 'w') : undefined };
  }

  private takeSnapshot(said: IncomingFrame): void {
    if (!sameBytes(hashOfFile(this.snapshotPath), said.contentHash)) throw wrong('its snapshot is not what was signed');
    const head = verifySnapshotFile(this.snapshotPath);
    const agrees = head.lineage === said.lineage && head.term === said.term && head.seq === said.seq && sameBytes(head.hash, said.hash);
    if (!agrees) throw wrong('its snapshot is of another place than it says');
    this.hasSnapshot = true;
    this.at = { lineage: head.lineage, term: head.term, seq: head.seq, hash: head.hash };
    this.agreesWithOwn(this.at);
    this.reader.snapshot(head, readSections(this.snapshotPath));
  }

  private takeBatch({ seq, term, hash }: IncomingFrame, blob: Buffer): void {
    if (seq !== this.at.seq + 1) throw wrong(`entry ${this.at.seq + 1} of it is missing`);
    if (!sameBytes(chainHash(this.at.hash, blob), hash)) throw wrong(`the hash of entry ${seq} does not follow from the one before`);
    const kept = Uint8Array.from(hash);
    writeSync(this.file, blob);
    this.entries.push({ seq, term, hash: kept, offset: this.offset, length: blob.length });
    this.offset += blob.length;
    this.at = { lineage: this.at.lineage, term, seq, hash: kept };
    this.agreesWithOwn(this.at);
    // A copy of its own: a Buffer may be a view of a pool, and what decodes it looks at the whole.
    this.reader.batch({ seq, term, hash: kept, blob: new Uint8Array(blob) });
  }

  /** Two histories under one name: at the last own entry the copy must be the same, unless that was of a term that was replaced. */
  private agreesWithOwn({ seq, term, hash }: Position): void {
    const { own } = this.options;
    if (own === null || own.seq !== seq || own.term !== term) return;
    if (own.hash !== Buffer.from(hash).toString('hex'))
      throw wrong(`it says of entry ${seq} of term ${term} that something else happened than the own journal says`);
  }

  finish(): FetchedCopy {
    const { at } = this.options;
    const { term, seq, hash } = this.at;
    if (this.open !== undefined || term !== at.term || seq !== at.seq || Buffer.from(hash).toString('hex') !== at.hash)
      throw wrong(`it ends at entry ${seq} of term ${term}, and not where it said (${at.seq} of ${at.term})`);
    return {
      copy: { snapshot: this.hasSnapshot ? this.snapshotPath : null, batches: this.batches(), at: this.at },
      entries: this.entries.length,
      remove: () => this.remove(),
    };
  }

  remove(): void {
    closeSync(this.file);
    if (this.open?.file !== undefined) closeSync(this.open.file);
    rmSync(this.options.folder, { recursive: true, force: true });
  }

  private *batches(): Generator<CommittedBatch> {
    for (const { seq, term, hash, offset, length } of this.entries) {
      const blob = new Uint8Array(length);
      readSync(this.file, blob, 0, length, offset);
      yield { seq, term, hash, blob };
    }
  }
}

function hashOfFile(path: string): Buffer {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  const part = Buffer.allocUnsafe(1024 * 1024);
  try {
    for (let read = readSync(file, part); read > 0; read = readSync(file, part)) hash.update(part.subarray(0, read));
  } finally {
    closeSync(file);
  }
  return hash.digest();
}

const wrong = (sentence: string): TagmillError => new TagmillError('RECOVERY_REFUSED', sentence);
