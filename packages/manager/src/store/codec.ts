/**
 * A journal batch as bytes. Version 1:
 *
 *   u8 version, u32 count, then per event: u8 kind, f64 atMs, u32 length, payload
 *
 * kind 0 is JSON; 1 (leased) and 2 (results) are a JSON head with packed
 * columns behind it, since they are by far the most frequent. All numbers are
 * little-endian; all values are absolute, so that a fuzzy snapshot may be
 * replayed over (control-plane.md).
 */
import { TagmillError } from '@tagmill/shared/errors';
import type { LeasedEvent, ManagerEvent, ResultsEvent, Stamped } from '../core/events.ts';

export const JOURNAL_VERSION = 1;
const JSON_EVENT = 0;
const LEASED = 1;
const RESULTS = 2;
const HEAD_BYTES = 13;

export function encodeBatch(events: readonly Stamped[]): Uint8Array {
  const parts: { readonly kind: number; readonly atMs: number; readonly payload: Uint8Array }[] = [];
  let bytes = 5;
  for (const { atMs, event } of events) {
    const part = { kind: kindOf(event), atMs, payload: encodeEvent(event) };
    parts.push(part);
    bytes += HEAD_BYTES + part.payload.length;
  }
  const out = new Uint8Array(bytes);
  const view = new DataView(out.buffer);
  view.setUint8(0, JOURNAL_VERSION);
  view.setUint32(1, events.length, true);
  let at = 5;
  for (const part of parts) {
    view.setUint8(at, part.kind);
    view.setFloat64(at + 1, part.atMs, true);
    view.setUint32(at + 9, part.payload.length, true);
    out.set(part.payload, at + HEAD_BYTES);
    at += HEAD_BYTES + part.payload.length;
  }
  return out;
}

export function decodeBatch(blob: Uint8Array): Stamped[] {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const version = view.getUint8(0);
  if (version > JOURNAL_VERSION) {
    throw new TagmillError(
      'CONFIG_INVALID',
      `the journal has entries of version ${version}, and this version reads ${JOURNAL_VERSION}: start the version that wrote them, or a newer one`,
    );
  }
  const events: Stamped[] = [];
  let at = 5;
  for (let i = view.getUint32(1, true); i > 0; i--) {
    const kind = view.getUint8(at);
    const atMs = view.getFloat64(at + 1, true);
    const length = view.getUint32(at + 9, true);
    events.push({ atMs, event: decodeEvent(kind, blob.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length)) });
    at += HEAD_BYTES + length;
  }
  return events;
}

/** Walks the events of a batch without decoding them. */
function* eventsIn(blob: Uint8Array): Generator<{ readonly kind: number; readonly payload: Uint8Array }> {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  let at = 5;
  for (let i = view.getUint32(1, true); i > 0; i--) {
    const length = view.getUint32(at + 9, true);
    yield { kind: view.getUint8(at), payload: blob.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length) };
    at += HEAD_BYTES + length;
  }
}

/** The last term that a batch says was taken, when it says one. Cheap: nothing else is decoded. */
export function termTakenIn(blob: Uint8Array): number | undefined {
  let term: number | undefined;
  for (const { kind, payload } of eventsIn(blob)) {
    if (kind !== JSON_EVENT || payload.length > 64) continue;
    const event = JSON.parse(decoder.decode(payload)) as ManagerEvent;
    if (event.type === 'term-taken') term = event.term;
  }
  return term;
}

/** Bytes of a shard in a column event. */
const LEASED_SHARD_BYTES = 4;
const RESULT_SHARD_BYTES = 13;

/** How many events a batch has, each shard of a lease or a result as one. Cheap: nothing is decoded. */
export function countEvents(blob: Uint8Array): number {
  let events = 0;
  for (const { kind, payload } of eventsIn(blob)) {
    if (kind === JSON_EVENT) {
      events += 1;
      continue;
    }
    const headBytes = new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
    events += Math.floor((payload.length - 4 - headBytes) / (kind === LEASED ? LEASED_SHARD_BYTES : RESULT_SHARD_BYTES));
  }
  return events;
}

const kindOf = (event: ManagerEvent): number => (event.type === 'leased' ? LEASED : event.type === 'results' ? RESULTS : JSON_EVENT);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function encodeEvent(event: ManagerEvent): Uint8Array {
  if (event.type === 'leased') {
    const { executor, fanOut, firstToken, shards } = event;
    return withColumns({ executor, fanOut, firstToken, count: shards.length }, [shards]);
  }
  if (event.type === 'results') {
    const { executor, fanOut, shards, tokens, status, details } = event;
    return withColumns({ executor, fanOut, count: shards.length, details }, [shards, tokens, status]);
  }
  return encoder.encode(JSON.stringify(event));
}

type Column = Uint32Array | Float64Array | Uint8Array;

function withColumns(head: object, columns: readonly Column[]): Uint8Array {
  const json = encoder.encode(JSON.stringify(head));
  const out = new Uint8Array(4 + json.length + columns.reduce((sum, column) => sum + column.byteLength, 0));
  new DataView(out.buffer).setUint32(0, json.length, true);
  out.set(json, 4);
  let at = 4 + json.length;
  for (const column of columns) {
    out.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += column.byteLength;
  }
  return out;
}

function decodeEvent(kind: number, payload: Uint8Array): ManagerEvent {
  if (kind === JSON_EVENT) return JSON.parse(decoder.decode(payload)) as ManagerEvent;
  const headBytes = new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
  const head = JSON.parse(decoder.decode(payload.subarray(4, 4 + headBytes))) as { count: number };
  const rest = payload.slice(4 + headBytes);
  const { count } = head;
  if (kind === LEASED) {
    const { executor, fanOut, firstToken } = head as unknown as LeasedEvent;
    return { type: 'leased', executor, fanOut, firstToken, shards: new Uint32Array(rest.buffer, 0, count) };
  }
  if (kind === RESULTS) {
    const { executor, fanOut, details } = head as unknown as ResultsEvent;
    return {
      type: 'results',
      executor,
      fanOut,
      shards: new Uint32Array(rest.buffer, 0, count),
      tokens: new Float64Array(rest.buffer.slice(4 * count, 12 * count)),
      status: new Uint8Array(rest.buffer, 12 * count, count),
      details,
    };
  }
  throw new TagmillError('INTERNAL', `the journal has an entry of the unknown kind ${kind}`);
}
