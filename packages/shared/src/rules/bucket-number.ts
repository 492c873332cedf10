/** Buckets of `bucket` (operators.md 4): the share of users that a salt puts below a bound. */
import { sha256Words } from './sha256.ts';

export const BUCKETS = 10_000;

const encoder = new TextEncoder();

/** 0 to 9,999: floor(u · 10,000 / 2^32), u the first four bytes of SHA-256 over `salt:userId`. */
export function bucketNumber(salt: string, userId: string): number {
  const first = sha256Words(encoder.encode(`${salt}:${userId}`))[0]! >>> 0;
  return Number((BigInt(first) * BigInt(BUCKETS)) >> 32n);
}

/** The least u of a bucket, so that an engine compares u and need not multiply: 2^32 for bucket 10,000. */
export const firstOfBucket = (bucket: number): bigint => ((BigInt(bucket) << 32n) + BigInt(BUCKETS) - 1n) / BigInt(BUCKETS);
