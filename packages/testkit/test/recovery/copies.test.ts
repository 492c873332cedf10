/**
 * Copies of the journal over a real socket: how executors get and keep them,
 * and how a manager that has lost its own goes on with one.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManagerClient } from '@tagmill/executor/grpc/client';
import { headOf, replicaParts } from '@tagmill/executor/grpc/wire';
import { ReplicaStore } from '@tagmill/executor/replica/replica-store';
import { encodeEntry, readTail, FIRST } from '@tagmill/executor/replica/tail-file';
import { DEFAULT_SETTINGS } from '@tagmill/manager/core/state';
import { ExecutorServer } from '@tagmill/manager/grpc/server';
import { type Recovered, recover } from '@tagmill/manager/shell/recover';
import { signatureOf } from '@tagmill/manager/shell/recovery-key';
import { RecoveryLog } from '@tagmill/manager/shell/recovery-log';
import { Replicator } from '@tagmill/manager/shell/replicator';
import { encodeBatch } from '@tagmill/manager/store/codec';
import { chainHash } from '@tagmill/manager/store/chain';
import type { Survey } from '@tagmill/manager/store/journal';
import { SqliteJournal } from '@tagmill/manager/store/sqlite-journal';
import { PROTOCOL_VERSION } from '@tagmill/shared/wire/service';
import pino from 'pino';
import { afterEach, expect, test } from 'vitest';

const KEY = new Uint8Array(32).fill(3);
const log = pino({ level: 'silent' });
const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function newFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'tagmill-copies-'));
  closers.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const settings = { ...DEFAULT_SETTINGS };

async function openJournal(dataDir: string, snapshotEvents = 1_000_000): Promise<{ journal: SqliteJournal; survey: Survey }> {
  const journal = new SqliteJournal({ dataDir, settings, snapshotEvents, snapshotMs: 3_600_000, log });
  closers.push(() => journal.close());
  return { journal, survey: await journal.open() };
}

async function openServer(): Promise<{ server: ExecutorServer; address: string }> {
  const server = new ExecutorServer({
    host: '127.0.0.1',
    port: 0,
    joinToken: undefined,
    tls: undefined,
    heartbeatMs: 1_000,
    leaseMs: 60_000,
    log: () => undefined,
  });
  const port = await server.listen();
  closers.push(() => server.close());
  return { server, address: `127.0.0.1:${port}` };
}

/** The part of an executor that keeps copies. */
class Keeper {
  readonly store: ReplicaStore;
  private readonly client: ManagerClient;

  constructor(name: string, path: string, address: string) {
    this.store = new ReplicaStore(path, 256 * 1024 * 1024);
    this.client = new ManagerClient(address, undefined, {
      hello: () => {
        this.store.begin();
        return {
          executorId: name,
          name,
          instance: `${name} 1`,
          slots: 1,
          protocolVersion: PROTOCOL_VERSION,
          copies: this.store.heads().map(headOf),
        };
      },
      message: (message) => {
        if (message.replicaFrames) this.store.take(message.replicaFrames.frames, (replicaAck) => this.client.send({ replicaAck }));
        const wanted = message.replicaWanted;
        const copy = wanted ? this.store.copy(wanted.lineage) : undefined;
        if (wanted && copy !== undefined) this.client.sendReplica(replicaParts(wanted.ticket, copy.parts())).catch(() => undefined);
      },
      connected: () => undefined,
      lost: () => undefined,
      refused: () => undefined,
    });
    this.client.connect();
    closers.push(() => this.close());
  }

  get head() {
    return this.store.heads()[0];
  }

  async close(): Promise<void> {
    this.client.close();
    await this.store.close();
  }
}

/** A manager that writes entries and sends copies of them. */
class Writer {
  readonly journal: SqliteJournal;
  readonly address: string;
  readonly replicator: Replicator;
  readonly lineage: string;
  private seq: number;

  private constructor(journal: SqliteJournal, survey: Survey, server: ExecutorServer, address: string, copies: number) {
    this.journal = journal;
    this.address = address;
    this.lineage = survey.head!.lineage;
    this.seq = survey.head!.seq;
    this.replicator = new Replicator({
      journal,
      key: KEY,
      lineage: this.lineage,
      lastSeq: this.seq,
      copies,
      urgent: true,
      send: (id: string, frames: Parameters<ExecutorServer['sendReplica']>[1]) => server.sendReplica(id, frames),
      tellHolders: async () => undefined,
      warn: () => undefined,
      info: () => undefined,
    } as ConstructorParameters<typeof Replicator>[0]);
    closers.push(() => this.replicator.close());
    server.admit({
      term: () => 1,
      lineage: this.lineage,
      deadlines: { stopMs: 1_000, attemptMs: 1_000 },
      connectionsJson: () => '{}',
      joined: ({ id, name }, heads) => this.replicator.joined(id, name, heads),
      heard: () => true,
      disconnected: (id) => this.replicator.left(id),
      draining: () => undefined,
      results: () => undefined,
      blob: () => undefined,
      template: () => undefined,
      rows: () => undefined,
      rowsClosed: () => undefined,
      progress: () => undefined,
      answer: () => undefined,
      replicaAck: (id, ack) => this.replicator.acknowledged(id, ack),
    });
  }

  static async open(dataDir: string, copies = 8): Promise<Writer> {
    const { journal, survey } = await openJournal(dataDir);
    const { server, address } = await openServer();
    return new Writer(journal, survey, server, address, copies);
  }

  async write(count: number, padBytes = 0): Promise<void> {
    for (let i = 0; i < count; i++) {
      const event = { type: 'tokens-reserved', upTo: 1_000 + this.seq, pad: 'x'.repeat(padBytes) } as const;
      const blob = encodeBatch([{ atMs: 1_700_000_000_000 + this.seq, event }]);
      this.replicator.committed(await this.journal.append({ seq: ++this.seq, term: 1, blob }));
    }
  }

  copied(): Promise<void> {
    return new Promise((resolve) => this.replicator.whenCopied(this.seq, () => resolve()));
  }
}

const reaches = async (keeper: Keeper, seq: number): Promise<void> => {
  while ((keeper.head?.seq ?? 0) < seq) await new Promise((resolve) => setTimeout(resolve, 5));
};

interface Start {
  readonly dataDir?: string;
  readonly confirmed?: Partial<Parameters<typeof recover>[0]['confirmed']>;
  readonly options?: Partial<Parameters<typeof recover>[0]['options']>;
  readonly keepers: Readonly<Record<string, string>>;
  readonly key?: Uint8Array;
  readonly s3?: NonNullable<Parameters<typeof recover>[0]['s3']>;
}

/** A start over the given copies. */
async function startOver(lineage: string, start: Start) {
  const dataDir = start.dataDir ?? newFolder();
  const { journal, survey } = await openJournal(dataDir);
  const { server, address } = await openServer();
  const report = new RecoveryLog(() => Date.now());
  for (const [name, path] of Object.entries(start.keepers)) new Keeper(name, path, address);
  const names = Object.keys(start.keepers);
  const recovered: Recovered = await recover({
    journal,
    survey,
    settings,
    dataDir,
    confirmed: { lineage, term: 1, seq: 1, holders: names.length, ...start.confirmed },
    options: { windowMs: 10_000, acceptLoss: false, from: '', ...start.options },
    mayWait: true,
    key: start.key ?? KEY,
    executors: server,
    report,
    log,
    s3: start.s3,
    waits: () => Promise.resolve(),
    changed: () => undefined,
  });
  return { recovered, journal, report: report.report() };
}

const verdicts = (report: Awaited<ReturnType<typeof startOver>>['report']) =>
  Object.fromEntries(report.candidates.map((one) => [one.name, `${one.verdict}: ${one.why}`]));

/** Makes another last entry of a copy on the disk, signed and chained as a manager would. */
function rewriteLast(path: string, lineage: string, blob: Uint8Array, key = KEY): void {
  const file = join(path, lineage, 'tail');
  const entries = [...readTail(file, FIRST)].map((one) => ({
    ...one,
    hash: Uint8Array.from(one.hash),
    mac: Uint8Array.from(one.mac),
    blob: Uint8Array.from(one.blob),
  }));
  const last = entries.pop()!;
  const hash = chainHash(entries.at(-1)?.hash ?? new Uint8Array(32), blob);
  const { term, seq } = last;
  const mac = signatureOf(key, 'batch', { lineage, term, seq, hash });
  writeFileSync(file, Buffer.concat([...entries.map(encodeEntry), encodeEntry({ term, seq, hash, mac, blob })]));
}

const otherEvent = (): Uint8Array => encodeBatch([{ atMs: 1, event: { type: 'tokens-reserved', upTo: 77 } }]);

/** Two copies of one journal of five entries, on the disk. */
async function twoCopies(): Promise<{ lineage: string; one: string; two: string; dataDir: string }> {
  const dataDir = newFolder();
  const writer = await Writer.open(dataDir);
  const [one, two] = [newFolder(), newFolder()];
  const keepers = [new Keeper('one', one, writer.address), new Keeper('two', two, writer.address)];
  await writer.write(5);
  for (const keeper of keepers) await reaches(keeper, 5);
  for (const keeper of keepers) await keeper.close();
  await writer.journal.close();
  return { lineage: writer.lineage, one, two, dataDir };
}

test('executors get all that was committed, also what was before they came, and go on where they were', async () => {
  const writer = await Writer.open(newFolder());
  const [early, late] = [newFolder(), newFolder()];
  const first = new Keeper('early', early, writer.address);
  await writer.write(3);
  await writer.write(1, 700_000);
  await writer.copied();
  await reaches(first, 4);
  await first.close();
  await writer.write(40, 500_000);
  const again = new Keeper('early', early, writer.address);
  const second = new Keeper('late', late, writer.address);
  await reaches(again, 44);
  await reaches(second, 44);
  await writer.write(2);
  await reaches(again, 46);
  await reaches(second, 46);
  expect(again.head!.hash).toEqual(second.head!.hash);
  expect(readFileSync(join(early, writer.lineage, 'tail')).equals(readFileSync(join(late, writer.lineage, 'tail')))).toBe(true);
});

test('a newcomer begins with the newest snapshot when the journal is trimmed before it', async () => {
  const dataDir = newFolder();
  const writer = await Writer.open(dataDir);
  for (let i = 0; i < 4; i++) {
    await writer.write(10);
    await writer.journal.snapshot();
  }
  await writer.write(3);
  const path = newFolder();
  const keeper = new Keeper('one', path, writer.address);
  await reaches(keeper, 43);
  expect(keeper.head).toMatchObject({ seq: 43, snapshotSeq: 40 });
  await keeper.close();
  await writer.journal.close();
  const { recovered, report } = await startOver(writer.lineage, { keepers: { one: path }, confirmed: { seq: 43 } });
  expect(recovered).toMatchObject({ seq: 43, lineage: writer.lineage });
  expect(recovered.state.tokensReserved).toBe(1_042);
  expect(report).toMatchObject({ outcome: 'copy', entriesFromCopy: 43 });
});

test('no more executors than asked for are sent copies, and a spare one takes the place of one that goes', async () => {
  const writer = await Writer.open(newFolder(), 1);
  const first = new Keeper('one', newFolder(), writer.address);
  await writer.write(2);
  await reaches(first, 2);
  const second = new Keeper('two', newFolder(), writer.address);
  await writer.write(2);
  await reaches(first, 4);
  expect(second.head).toBeUndefined();
  await first.close();
  await reaches(second, 4);
});

test('an empty data directory: the newest copy wins, becomes the journal, and is written on', async () => {
  const { lineage, one, two } = await twoCopies();
  truncateSync(join(two, lineage, 'tail'), readFileSync(join(two, lineage, 'tail')).length - 3);
  const { recovered, journal, report } = await startOver(lineage, { keepers: { one, two } });
  expect(recovered).toMatchObject({ lineage, seq: 5 });
  expect(recovered.state.tokensReserved).toBe(1_004);
  expect(verdicts(report)).toMatchObject({
    own: 'missing: the data directory holds no journal',
    one: 'wins: highest term and sequence, chain unbroken, signature valid',
    two: '1 entry behind one'.replace(/^/, 'not-used: '),
  });
  await expect(journal.append({ seq: 6, term: 2, blob: otherEvent() })).resolves.toMatchObject({ seq: 6 });
});

test('a copy with a forged signature is refused, and one of another state key; the next best is used', async () => {
  const { lineage, one, two } = await twoCopies();
  rewriteLast(two, lineage, otherEvent(), new Uint8Array(32).fill(9));
  const { report, recovered } = await startOver(lineage, {
    keepers: { one, two },
    confirmed: { holders: 0 },
    options: { windowMs: 1_500 },
  });
  expect(recovered.seq).toBe(5);
  expect(report.candidates.find((found) => found.name === 'two')).toMatchObject({
    verdict: 'refused',
    why: expect.stringContaining('signature'),
  });
  const other = startOver(lineage, { keepers: { one }, key: new Uint8Array(32), confirmed: { seq: 5 }, options: { windowMs: 500 } });
  await expect(other).rejects.toMatchObject({ code: 'RECOVERY_REFUSED' });
});

test('two histories with the same term and sequence: the start stops and shows both; a person may choose', async () => {
  const { lineage, one, two } = await twoCopies();
  rewriteLast(two, lineage, otherEvent());
  const refused = startOver(lineage, { keepers: { one, two } });
  await expect(refused).rejects.toMatchObject({
    code: 'RECOVERY_REFUSED',
    message: expect.stringMatching(/one \(.*entry 5.*two \(.*entry 5|two \(.*entry 5.*one \(.*entry 5/s),
  });
  const { recovered } = await startOver(lineage, { keepers: { one, two }, options: { from: 'two' } });
  expect(recovered.state.tokensReserved).toBe(1_003);
});

test('a copy that is signed and cannot be read does not stop the start: the next best is used', async () => {
  const { lineage, one, two } = await twoCopies();
  const file = join(one, lineage, 'tail');
  truncateSync(file, readFileSync(file).length - 3);
  rewriteLast(two, lineage, Uint8Array.of(1, 9, 9, 9, 9, 1, 2, 3));
  const { recovered, report } = await startOver(lineage, { keepers: { one, two } });
  expect(recovered.seq).toBe(4);
  expect(report.candidates.find((found) => found.name === 'two')).toMatchObject({ verdict: 'refused', chain: 'unreadable' });
});

test('an own journal with a hole in its middle: the copy that has all of it wins, and what lay there is moved aside', async () => {
  const { lineage, one, two, dataDir } = await twoCopies();
  const { default: Sqlite } = await import('better-sqlite3');
  const database = new Sqlite(join(dataDir, 'journal.db'));
  database.exec('DELETE FROM journal WHERE seq = 3');
  database.close();
  const alone = newFolder();
  cpSync(dataDir, alone, { recursive: true });
  const { recovered, report } = await startOver(lineage, { dataDir, keepers: { one, two } });
  expect(recovered.seq).toBe(5);
  expect(report.outcome).toBe('copy');
  expect(report.candidates[0]).toMatchObject({ name: 'own', chain: 'broken', seq: 2 });
  const stopped = startOver(lineage, { dataDir: alone, keepers: {}, options: { windowMs: 200 } });
  await expect(stopped).rejects.toMatchObject({ code: 'RECOVERY_REFUSED', message: expect.stringContaining('--accept-loss') });
  await closers.pop()!();
});

test('a copy that says of the last own entry that something else happened is another history', async () => {
  const { lineage, one, two, dataDir } = await twoCopies();
  const { default: Sqlite } = await import('better-sqlite3');
  const database = new Sqlite(join(dataDir, 'journal.db'));
  const before = database.prepare('SELECT hash FROM journal WHERE seq = 3').pluck().get() as Buffer;
  database.prepare('UPDATE journal SET batch = ?, hash = ? WHERE seq = 4').run(otherEvent(), chainHash(before, otherEvent()));
  database.exec('DELETE FROM journal WHERE seq = 5');
  database.close();
  const refused = startOver(lineage, { dataDir, keepers: { one, two }, confirmed: { seq: 5 } });
  await expect(refused).rejects.toMatchObject({
    code: 'RECOVERY_REFUSED',
    message: expect.stringMatching(/own disk, ends at entry 4.*Refused is one: .*something else happened/s),
  });
});

test('the newest snapshot on S3 is used when nobody has more, and one that cannot be asked does not stop a start', async () => {
  const dataDir = newFolder();
  const writer = await Writer.open(dataDir);
  await writer.write(7);
  await writer.journal.snapshot();
  await writer.journal.close();
  const { head, path } = writer.journal.snapshotFile()!;
  const s3 = {
    list: async () => [{ ...head, key: 'key', writtenMs: 1 }],
    fetch: async (_: unknown, to: string) => {
      cpSync(path, to);
      return head;
    },
  };
  const { recovered, report, journal } = await startOver(writer.lineage, {
    keepers: {},
    s3,
    confirmed: { seq: 7 },
    options: { windowMs: 300 },
  });
  expect(recovered).toMatchObject({ seq: 7, lineage: writer.lineage });
  expect(recovered.state.tokensReserved).toBe(1_006);
  expect(report).toMatchObject({ outcome: 's3', candidates: [{ name: 'own' }, { name: 's3', verdict: 'wins' }] });
  await expect(journal.append({ seq: 8, term: 2, blob: otherEvent() })).resolves.toMatchObject({ seq: 8 });
  const away = { ...s3, list: () => Promise.reject(new Error('nobody answers')) };
  const stopped = startOver(writer.lineage, { keepers: {}, s3: away, confirmed: { seq: 7 }, options: { windowMs: 300 } });
  await expect(stopped).rejects.toMatchObject({ code: 'RECOVERY_REFUSED' });
});
