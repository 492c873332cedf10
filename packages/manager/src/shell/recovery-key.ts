/**
 * The signature on copies of the journal. Executors keep it and cannot make it
 * up: the key is the manager's, never written to the data directory.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Position } from '../store/journal.ts';

/** What a signature is about. */
export type SignedKind = 'snapshot' | 'batch';
/** As `kind` stands in proto/tagmill/v1. */
export const FRAME_KIND = { snapshot: 1, batch: 2 } as const;

/** Known to everybody: a manager of --insecure-dev has no secret, and stays on loopback. */
const DEV_SECRET = 'tagmill without a secret, on this machine alone';

/** TAGMILL_STATE_KEY, else derived from the join token. 32 bytes. */
export function stateKeyOf(config: { readonly stateKey: string | undefined; readonly joinToken: string | undefined }): Uint8Array {
  const secret = config.stateKey ?? config.joinToken ?? DEV_SECRET;
  return new Uint8Array(hkdfSync('sha256', secret, 'tagmill', 'state key 1', 32));
}

/** HMAC-SHA256 of kind, lineage, term, seq, chain hash and content hash (empty for a batch: the chain hash is about its bytes). */
export function signatureOf(key: Uint8Array, kind: SignedKind, at: Position, contentHash: Uint8Array = NO_BYTES): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of [kind, at.lineage, String(at.term), String(at.seq)]) hmac.update(`${Buffer.byteLength(part)}:${part}`);
  return hmac.update(lengthAnd(at.hash)).update(lengthAnd(contentHash)).digest();
}

/** In constant time. */
export function isSigned(key: Uint8Array, kind: SignedKind, at: Position, mac: Uint8Array, contentHash: Uint8Array = NO_BYTES): boolean {
  const expected = signatureOf(key, kind, at, contentHash);
  return mac.length === expected.length && timingSafeEqual(mac, expected);
}

const NO_BYTES = new Uint8Array(0);
const lengthAnd = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from(`${bytes.length}:`), bytes]);
