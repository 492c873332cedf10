/** Makes the candidates of a start out of what the journal's survey and the executors say. */
import type { Candidate } from '../core/recovery/candidate.ts';
import type { HeldExecutor } from '../grpc/server.ts';
import type { CopyHead } from '../grpc/wire.ts';
import type { Position, Survey } from '../store/journal.ts';
import { isSigned } from './recovery-key.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The own data directory. `unreadable`: a replay has failed on it, and why. */
export function ownCandidate(survey: Survey, unreadable: string | undefined): Candidate {
  const { head, fault, snapshots } = survey;
  const newest = snapshots.at(-1);
  const nothing = survey.fresh || head === null;
  return {
    source: 'own',
    name: 'own',
    at: nothing ? null : { lineage: head.lineage, term: head.term, seq: head.seq, hash: hex(head.hash) },
    chain: unreadable !== undefined ? 'unreadable' : (fault?.kind ?? (nothing ? 'missing' : 'whole')),
    snapshotSeq: newest?.seq ?? 0,
    sizeBytes: 0,
    writtenMs: newest?.atMs ?? null,
    signed: true,
    lastSeq: fault?.lastSeq ?? head?.seq ?? null,
    fault: unreadable ?? fault?.sentence ?? null,
  };
}

/** One executor: the copy of its that belongs to the history looked for, else the one that goes furthest. */
export function copyCandidate(executor: HeldExecutor, home: string, key: Uint8Array, unreadable: string | undefined): Candidate {
  const { name, copies } = executor;
  const head = copies.find((copy) => copy.lineage === home) ?? [...copies].sort((a, b) => b.term - a.term || b.seq - a.seq)[0];
  return {
    source: 'executor',
    name,
    at: head === undefined ? null : { lineage: head.lineage, term: head.term, seq: head.seq, hash: hex(head.hash) },
    chain: unreadable !== undefined ? 'unreadable' : head === undefined ? 'missing' : 'whole',
    snapshotSeq: head?.snapshotSeq ?? 0,
    sizeBytes: head?.sizeBytes ?? 0,
    writtenMs: head?.writtenMs ?? null,
    signed: head !== undefined && isSignedHead(key, head),
    lastSeq: null,
    fault: unreadable ?? null,
  };
}

export const positionOf = ({ lineage, term, seq, hash }: CopyHead): Position => ({ lineage, term, seq, hash });

/** Whether a manager with this key has written the place where the copy says that it ends. */
export function isSignedHead(key: Uint8Array, head: CopyHead): boolean {
  return isSigned(key, head.contentHash.length > 0 ? 'snapshot' : 'batch', positionOf(head), head.mac, head.contentHash);
}
