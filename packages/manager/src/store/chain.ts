import { createHash } from 'node:crypto';

/** Hash of a batch: SHA-256 over the hash before it, then its bytes. */
export const chainHash = (before: Uint8Array, blob: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(before).update(blob).digest());

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** The first eight hex digits of a hash: enough for people to tell two apart. */
export const shortHash = (hash: Uint8Array): string => Buffer.from(hash.subarray(0, 4)).toString('hex');
