/** Which requests fetch a set of byte ranges: neighbours joined, large ones split. */
import type { ByteRange } from './footer.ts';

/** A gap up to so many bytes costs less to read over than another request. */
const JOIN_GAP_BYTES = 16 * 1024;
/** A request asks for so much at most; larger spans come in parallel parts. */
const REQUEST_BYTES = 16 * 1024 * 1024;
const PART_BYTES = 8 * 1024 * 1024;

/** A request and the wanted ranges (or parts of them) that it brings. */
export interface RangeRequest extends ByteRange {
  readonly brings: readonly ByteRange[];
}

/** Cuts ranges longer than a request into parts of 8 MiB, so that they can come in parallel. */
export function splitRanges(ranges: readonly ByteRange[]): ByteRange[] {
  const parts: ByteRange[] = [];
  for (const range of ranges) {
    if (range.end - range.start <= REQUEST_BYTES) parts.push(range);
    else
      for (let start = range.start; start < range.end; start += PART_BYTES)
        parts.push({ start, end: Math.min(range.end, start + PART_BYTES) });
  }
  return parts.filter((part) => part.end > part.start);
}

/** Requests that bring all of `wanted` (none longer than a request), in file order. */
export function planRequests(wanted: readonly ByteRange[]): RangeRequest[] {
  const requests: { start: number; end: number; brings: ByteRange[] }[] = [];
  for (const range of [...wanted].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = requests.at(-1);
    if (last !== undefined && range.start - last.end <= JOIN_GAP_BYTES && Math.max(range.end, last.end) - last.start <= REQUEST_BYTES) {
      last.end = Math.max(last.end, range.end);
      last.brings.push(range);
    } else requests.push({ start: range.start, end: range.end, brings: [range] });
  }
  return requests;
}
