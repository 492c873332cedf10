/** Walks along the chain: how far the entries hold behind a position. */
import { TagmillError } from '@tagmill/shared/errors';
import { chainHash, sameBytes } from './chain.ts';
import { JOURNAL_VERSION } from './codec.ts';
import type { CommittedBatch, JournalFault, Position } from './journal.ts';
import type { JournalFile } from './journal-file.ts';

export interface ChainEnd {
  readonly head: Position;
  readonly fault: JournalFault | null;
}

/** Looks at every entry behind `start`. Errors: CONFIG_INVALID for an entry of a newer version. */
export function walkChain(file: JournalFile, start: Position): ChainEnd {
  let head = start;
  try {
    for (const batch of file.rows(start.seq + 1)) {
      const why = linkFault(head, batch);
      if (why !== undefined) return ended(file, head, why);
      refuseNewer(file.path, batch.seq, batch.blob);
      head = { lineage: start.lineage, term: batch.term, seq: batch.seq, hash: batch.hash };
    }
  } catch (error) {
    if (error instanceof TagmillError) throw error;
    return ended(file, head, `entry ${head.seq + 1} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { head, fault: null };
}

/** Why a batch does not follow on a position; undefined when it does. */
export function linkFault(before: Pick<Position, 'seq' | 'hash'>, batch: CommittedBatch): string | undefined {
  if (batch.seq !== before.seq + 1) return `entry ${before.seq + 1} is missing`;
  if (sameBytes(batch.hash, chainHash(before.hash, batch.blob))) return undefined;
  return `the hash of entry ${batch.seq} does not follow from the one before and its content`;
}

function ended(file: JournalFile, head: Position, why: string): ChainEnd {
  const atSeq = head.seq + 1;
  const lastSeq = Math.max(atSeq, lastSeqOf(file));
  const kind = lastSeq === atSeq ? 'torn' : 'broken';
  const lost = kind === 'torn' ? `entry ${atSeq}, the last,` : `what lies from entry ${atSeq} to ${lastSeq}`;
  return {
    head,
    fault: { kind, atSeq, lastSeq, sentence: `the journal ${file.path} holds up to entry ${head.seq}: ${why}; ${lost} cannot be used` },
  };
}

/** Number of the last entry, 0 when even that cannot be read. */
export function lastSeqOf(file: JournalFile): number {
  try {
    return file.last().seq;
  } catch (error) {
    if (error instanceof TagmillError) throw error;
    return 0;
  }
}

/** Entries of a newer version are refused, never guessed at. */
function refuseNewer(path: string, seq: number, blob: Uint8Array): void {
  const version = blob[0] ?? 0;
  if (version <= JOURNAL_VERSION) return;
  throw new TagmillError(
    'CONFIG_INVALID',
    `entry ${seq} of the journal ${path} has version ${version}, and this version reads up to ${JOURNAL_VERSION}: start the version that wrote it, or a newer one`,
  );
}
