/** One contract for both stores, then what only S3 can do wrong. */
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FaultProxy, startFaultProxy } from '../../../testkit/src/fault-proxy.ts';
import { type S3Server, startS3Server } from '../../../testkit/src/s3-server.ts';
import { FolderStore } from '../../src/sources/folder.ts';
import type { ObjectStore, StoredObject } from '../../src/sources/object-store.ts';
import { S3Store, type S3StoreOptions } from '../../src/sources/s3.ts';
import { scratch } from '../engine/fixtures.ts';

const BODY = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff));
const KEYS = ['users/dt=2026-11-22/part-0.parquet', 'users/dt=2026-11-22/region=cn/part-1.parquet', 'users/_SUCCESS', 'other/x.txt'];

let server: S3Server;
let proxy: FaultProxy;
beforeAll(async () => {
  server = await startS3Server();
  proxy = await startFaultProxy(server.endpoint);
  await server.createBucket('data');
});
afterAll(async () => {
  await proxy.stop();
  await server.stop();
});
beforeEach(() => {
  proxy.decide = () => ({ kind: 'pass' });
});

interface Place {
  readonly store: ObjectStore;
  put(key: string, body: Uint8Array): Promise<void>;
  missing(): ObjectStore;
  end(): Promise<void>;
}

function folderPlace(): Place {
  const { dir, remove } = scratch();
  let version = 0;
  const put = async (key: string, body: Uint8Array): Promise<void> => {
    mkdirSync(dirname(join(dir, key)), { recursive: true });
    writeFileSync(join(dir, key), body);
    // A change within the clock's grain must still be seen.
    version += 1;
    utimesSync(join(dir, key), version, version);
  };
  const missing = (): ObjectStore => new FolderStore(join(dir, 'nothing'));
  return { store: new FolderStore(dir), put, missing, end: remove };
}

let places = 0;
const fast = (): S3StoreOptions => ({ credentials: server.credentials, idleMs: 300, attempts: 3, backoffMs: 1 });

function s3Place(): Place {
  places += 1;
  const prefix = `place-${places}`;
  const open = (bucket: string): ObjectStore => new S3Store({ kind: 's3', bucket, prefix, endpoint: proxy.endpoint }, fast());
  const store = open('data');
  return {
    store,
    put: (key, body) => server.put('data', `${prefix}/${key}`, body),
    missing: () => open('no-such-bucket'),
    end: async () => store.close(),
  };
}

describe.each([
  ['a folder', folderPlace],
  ['S3', s3Place],
])('the store of %s', (_, makePlace) => {
  let place: Place;
  beforeEach(async () => {
    place = makePlace();
    for (const key of KEYS) await place.put(key, BODY);
    return () => place.end();
  });

  it('lists folders directly under a prefix, and objects at any depth', async () => {
    expect(await place.store.listFolders('')).toEqual(['other', 'users']);
    expect(await place.store.listFolders('users')).toEqual(['dt=2026-11-22']);
    expect(await place.store.listFolders('none')).toEqual([]);
    const found = await place.store.list('users/dt=2026-11-22');
    expect(found.map((object) => object.key)).toEqual([KEYS[0], KEYS[1]]);
    expect(found.map((object) => object.sizeBytes)).toEqual([BODY.length, BODY.length]);
    expect(await place.store.list('users/dt=2026-11-23')).toEqual([]);
  });

  it('reads exactly the bytes asked for, and counts them', async () => {
    const object = (await place.store.head(KEYS[0]!))!;
    const before = place.store.bytesRead;
    for (const [start, end] of [
      [0, 1],
      [0, BODY.length],
      [17, 4_096],
      [BODY.length - 3, BODY.length],
    ] as const) {
      expect(Buffer.compare(Buffer.from(await place.store.readRange(object, start, end)), BODY.subarray(start, end))).toBe(0);
    }
    expect(place.store.bytesRead - before).toBe(1 + BODY.length + 4_079 + 3);
  });

  it('finds no object where there is none', async () => {
    expect(await place.store.head('users/none')).toBeUndefined();
  });

  it('refuses an object that changed after it was pinned', async () => {
    const object = (await place.store.head(KEYS[0]!))!;
    await place.store.verify(object);
    await place.put(KEYS[0]!, Buffer.from(BODY).reverse());
    await expect(place.store.readRange(object, 0, 10)).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
    await expect(place.store.verify(object)).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
  });

  it('says when there is no such place', async () => {
    const missing = place.missing();
    await expect(missing.listFolders('')).rejects.toMatchObject({ code: 'TABLES_NOT_FOUND' });
    missing.close();
  });
});

describe('the store of a folder', () => {
  it('refuses an object that went away', async () => {
    const place = folderPlace();
    await place.put(KEYS[0]!, BODY);
    const object = (await place.store.head(KEYS[0]!))!;
    rmSync(place.store.localPath(KEYS[0]!)!);
    await expect(place.store.readRange(object, 0, 10)).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
    await place.end();
  });
});

describe('the store of S3', () => {
  let place: Place;
  let object: StoredObject;
  beforeEach(async () => {
    place = s3Place();
    await place.put(KEYS[0]!, BODY);
    object = (await place.store.head(KEYS[0]!))!;
    return () => place.end();
  });

  /** Faults for the first requests, then none. */
  const firstFail = (...faults: ReturnType<FaultProxy['decide']>[]): void => {
    proxy.decide = () => faults.shift() ?? { kind: 'pass' };
  };

  it.each([
    ['503', { kind: 'status', status: 503, body: '<Error><Code>SlowDown</Code></Error>' }],
    ['429', { kind: 'status', status: 429 }],
    ['500', { kind: 'status', status: 500 }],
    ['a stall in the middle of the body', { kind: 'stall', afterBytes: 1_000 }],
    ['a body that is cut off', { kind: 'cut', afterBytes: 1_000 }],
    ['no answer at all', { kind: 'silence' }],
  ] as const)('reads on after %s', async (_, fault) => {
    firstFail(fault, fault);
    expect(Buffer.compare(Buffer.from(await place.store.readRange(object, 0, BODY.length)), BODY)).toBe(0);
  });

  it('gives up after a bounded number of tries', async () => {
    const before = proxy.requests;
    proxy.decide = () => ({ kind: 'status', status: 503 });
    const failure = place.store.readRange(object, 0, 10);
    await expect(failure).rejects.toMatchObject({ code: 'S3_UNAVAILABLE', facts: { attempts: 3 } });
    expect(proxy.requests - before).toBe(3);
  });

  it('gives up when nobody listens', async () => {
    const nobody = new S3Store({ kind: 's3', bucket: 'data', prefix: '', endpoint: 'http://127.0.0.1:9' }, fast());
    await expect(nobody.listFolders('')).rejects.toMatchObject({ code: 'S3_UNAVAILABLE' });
    nobody.close();
  });

  it('does not try again when it is refused', async () => {
    const before = proxy.requests;
    proxy.decide = () => ({ kind: 'status', status: 403, body: '<Error><Code>AccessDenied</Code></Error>' });
    await expect(place.store.list('users')).rejects.toMatchObject({ code: 'S3_DENIED' });
    await expect(place.store.readRange(object, 0, 1)).rejects.toMatchObject({ code: 'S3_DENIED' });
    expect(proxy.requests - before).toBe(2);
  });

  it('names the ETag on every GET', async () => {
    await expect(place.store.readRange({ ...object, etag: '"00000000000000000000000000000000"' }, 0, 10)).rejects.toMatchObject({
      code: 'INPUT_CHANGED',
      facts: { object: KEYS[0] },
    });
  });

  it('lists more than one page', async () => {
    for (let i = 0; i < 1_050; i += 1) await place.put(`many/${String(i).padStart(5, '0')}`, Buffer.from('x'));
    expect(await place.store.list('many')).toHaveLength(1_050);
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    proxy.decide = () => {
      setImmediate(() => stop.abort(new Error('enough')));
      return { kind: 'silence' };
    };
    await expect(place.store.readRange(object, 0, 10, stop.signal)).rejects.toThrow('enough');
  });
});
