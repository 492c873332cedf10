/** The metadata contract, on SQLite and on MariaDB. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TagMetadata, UserTagsRow } from '@tagmill/manager/tagstore/metadata';
import { openMetadata } from '@tagmill/manager/tagstore/open';
import { versionTag } from '@tagmill/manager/tagstore/rule-versions';
import { formatRulesFile, parseRulesFile } from '@tagmill/manager/tagstore/rules';
import Sqlite from 'better-sqlite3';
import mysql from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MariadbServer, startMariadb } from '../../src/mariadb.ts';

const RULES = readFileSync(new URL('../../fixtures/rules/tag_rules.json', import.meta.url), 'utf8');

interface Place {
  url: string;
  run(sql: string, values?: (string | number | null)[]): Promise<unknown>;
  close(): Promise<void>;
}

let server: MariadbServer;
let directory: string;
let files = 0;
beforeAll(async () => {
  server = await startMariadb();
  directory = await mkdtemp(join(tmpdir(), 'tagmill-metadata-'));
});
afterAll(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function sqlitePlace(): Promise<Place> {
  files += 1;
  const path = join(directory, `${files}.db`);
  const database = new Sqlite(path, { timeout: 5_000 });
  return {
    url: `sqlite:${path}`,
    run: async (sql, values = []) => {
      const statement = database.prepare(sql);
      return statement.reader ? statement.all(...values) : statement.run(...values);
    },
    close: async () => void database.close(),
  };
}

async function mysqlPlace(): Promise<Place> {
  files += 1;
  const name = `meta_${files}`;
  await server.createDatabase(name);
  const connection = await mysql.createConnection({ uri: server.url(name), charset: 'utf8mb4_bin' });
  return {
    url: server.url(name),
    run: async (sql, values = []) => (await connection.query(sql, values))[0],
    close: () => connection.end(),
  };
}

describe.each([
  ['SQLite', sqlitePlace],
  ['MariaDB', mysqlPlace],
] as const)('metadata on %s', (_, makePlace) => {
  let place: Place;
  let metadata: TagMetadata;
  beforeEach(async () => {
    place = await makePlace();
    metadata = openMetadata(place.url, {});
    await metadata.init();
  });
  afterEach(async () => {
    await metadata?.close();
    await place?.close();
  });

  it('init leaves what exists', async () => {
    await place.run("INSERT INTO user_tags (user_id, tag_ids) VALUES ('u', '[1]')");
    await metadata.init();
    expect(await metadata.countUserTags()).toBe(1);
  });

  it('imports the file of rules, twice the same, and gives every text back byte for byte', async () => {
    const rules = parseRulesFile(RULES, 'tag_rules.json');
    const first = await metadata.importRules(rules);
    expect(first.changed).toBe(0);
    expect(await metadata.importRules(rules)).toEqual({ created: 0, changed: 0 });
    const stored = await metadata.loadRules();
    expect(stored.map((rule) => [rule.tagId, rule.ruleJson])).toEqual(rules.map((rule) => [rule.tagId, rule.ruleJson]));
    expect(stored.filter((rule) => !rule.isActive).map((rule) => rule.tagId)).toEqual([90]);
    expect(stored[0]).toMatchObject({ tagName: '高净值用户', category: '财富管理', passedOver: [] });
    expect(parseRulesFile(formatRulesFile(await metadata.exportRules()), 'export')).toEqual(rules);
  });

  it('an edited rule replaces the old one, a number beyond 2^53 keeps its digits, an inactive one stays', async () => {
    const rule = { tagId: 5, tagName: 'five', category: 'c', description: null, isActive: true, ruleJson: '{"value": 9007199254740993}' };
    await metadata.importRules([rule]);
    expect(await metadata.importRules([{ ...rule, ruleJson: '{"value":9007199254740993}' }])).toEqual({ created: 0, changed: 0 });
    expect(await metadata.importRules([{ ...rule, ruleJson: '{"value": 9007199254740992}' }])).toEqual({ created: 0, changed: 1 });
    expect(await metadata.importRules([{ ...rule, isActive: false }])).toEqual({ created: 0, changed: 1 });
    expect(await metadata.loadRules()).toMatchObject([{ isActive: false, ruleJson: rule.ruleJson }]);
  });

  it('of several active rules of a tag the newest counts', async () => {
    await metadata.importRules([{ tagId: 1, tagName: 'one', category: '', description: '', isActive: true, ruleJson: '"first"' }]);
    for (const [rule, active] of [
      ['"second"', 1],
      ['"third"', 0],
    ] as const) {
      await place.run('INSERT INTO tag_rules (tag_id, rule_conditions, is_active) VALUES (1, ?, ?)', [rule, active]);
    }
    const [one] = await metadata.loadRules();
    expect(one).toMatchObject({ ruleJson: '"second"', isActive: true });
    expect(one?.passedOver).toHaveLength(1);
    await place.run('UPDATE tag_definition SET is_active = 0');
    expect((await metadata.loadRules())[0]?.isActive).toBe(false);
  });

  const RULE = { tagId: 7, tagName: 'seven', category: 'c', description: null, isActive: true, ruleJson: '{"value": 9007199254740993}' };
  const saved = { tagId: 7, examplesJson: undefined, canonicalHash: null, who: 'somebody', reason: 'why', atMs: 1_700_000_000_000 };

  it('every version of a rule is kept, one is live, and it stands in tag_rules', async () => {
    await metadata.importRules([RULE]);
    const first = await metadata.versions.read(7);
    expect(first?.versions).toMatchObject([{ version: 1, state: 'live', who: 'import', ruleJson: RULE.ruleJson }]);
    expect(versionTag(first!.versions)).toBe('v1.1');
    const live = await metadata.versions.add({ ...saved, ruleJson: '{"value": 1}', examplesJson: '[1]', state: 'live' }, 'v1.1');
    expect(live).toMatchObject({ kind: 'written', row: { version: 2, state: 'live', atMs: saved.atMs } });
    expect((await metadata.loadRules())[0]?.ruleJson).toBe('{"value": 1}');
    const draft = await metadata.versions.add({ ...saved, ruleJson: '{"value": 2}', state: 'draft' }, 'v2.2');
    expect(draft).toMatchObject({ kind: 'written', row: { version: 3, state: 'draft', examplesJson: '[1]' } });
    expect((await metadata.loadRules())[0]?.ruleJson).toBe('{"value": 1}');
    expect(
      await metadata.versions.move(7, 3, 'v3.2', { kind: 'publish', from: ['draft'], who: 'boss', reason: 'good', atMs: saved.atMs }),
    ).toMatchObject({
      kind: 'written',
    });
    expect((await metadata.loadRules())[0]?.ruleJson).toBe('{"value": 2}');
    const now = await metadata.versions.read(7);
    expect(now?.versions.map((row) => [row.version, row.state, row.published?.who])).toEqual([
      [3, 'live', 'boss'],
      [2, 'past', undefined],
      [1, 'past', undefined],
    ]);
    expect(await metadata.versions.pinned(saved.atMs)).toMatchObject([{ tagId: 7, ruleVersion: 3, ruleJson: '{"value": 2}' }]);
    expect(await place.run('SELECT rule_id FROM tag_rules')).toHaveLength(1);
  });

  it('a proposed version waits until it is approved; runs go on with the live one; each word is kept', async () => {
    await metadata.importRules([RULE]);
    const by = { who: 'ann', reason: 'why', atMs: saved.atMs };
    const first = await metadata.versions.add({ ...saved, ...by, ruleJson: '{"value": 1}', state: 'proposed' }, 'v1.1');
    expect(first).toMatchObject({ row: { version: 2, state: 'proposed', reviews: [{ kind: 'propose', ...by }] } });
    expect(versionTag(first!.now.versions)).toBe('v2.1.1');
    // A newer proposal takes the place of the older one.
    await metadata.versions.add({ ...saved, ruleJson: '{"value": 2}', state: 'draft' }, 'v2.1.1');
    const second = await metadata.versions.move(7, 3, 'v3.1.1', { kind: 'propose', from: ['draft'], ...by });
    expect(second!.now.versions.map(({ state }) => state)).toEqual(['proposed', 'past', 'live']);
    expect((await metadata.versions.proposed()).map(({ tagId, tagName, version }) => [tagId, tagName, version])).toEqual([[7, 'seven', 3]]);
    expect(await metadata.versions.pinned(saved.atMs)).toMatchObject([{ ruleVersion: 1, ruleJson: RULE.ruleJson }]);
    const bob = { ...by, who: 'bob' };
    const move = (kind: 'approve' | 'reject', tag: string) => metadata.versions.move(7, 3, tag, { kind, from: ['proposed'], ...bob });
    // Two who answer at once: the second is refused.
    const kinds = (await Promise.all([move('approve', 'v3.1.2'), move('reject', 'v3.1.2')])).map((one) => one?.kind);
    expect(kinds).toEqual(['written', 'conflict']);
    expect(await move('approve', 'v3.3.3')).toMatchObject({ kind: 'conflict' });
    const [live] = (await metadata.versions.read(7))!.versions;
    expect(live).toMatchObject({ state: 'live', published: bob, reviews: [{ kind: 'propose' }, { kind: 'approve', who: 'bob' }] });
    expect((await metadata.loadRules())[0]?.ruleJson).toBe('{"value": 2}');
    expect(await metadata.versions.proposed()).toEqual([]);
  });

  it('versions that an older manager kept are read, and get the hash of their form once', async () => {
    await metadata.importRules([RULE]);
    await place.run('DROP TABLE tag_rule_reviews');
    await place.run('ALTER TABLE tag_rule_versions DROP COLUMN canonical_hash');
    const later = openMetadata(place.url, {});
    expect((await later.versions.read(7))?.versions).toMatchObject([
      { canonicalHash: null, hash: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ]);
    await later.versions.nameForms(7, new Map([[1, 'abc']]));
    await later.versions.nameForms(7, new Map([[1, 'def']]));
    expect((await later.versions.read(7))?.versions).toMatchObject([{ canonicalHash: 'abc' }]);
    await later.close();
  });

  it('of two writers who saw the same the second is refused, and a tag that is not there is none', async () => {
    await metadata.importRules([RULE]);
    const write = (value: number) => metadata.versions.add({ ...saved, ruleJson: `{"value": ${value}}`, state: 'live' }, 'v1.1');
    const kinds = (await Promise.all([write(1), write(2)])).map((one) => one?.kind);
    expect(kinds.toSorted()).toEqual(['conflict', 'written']);
    expect((await metadata.versions.read(7))?.versions).toHaveLength(2);
    expect(await metadata.versions.read(8)).toBeUndefined();
    expect(await metadata.versions.add({ ...saved, tagId: 8, ruleJson: '{}', state: 'live' }, 'v0.0')).toBeUndefined();
  });

  it('a rule edited in the database, or found there, is a version of its own', async () => {
    await metadata.importRules([{ ...RULE, ruleJson: null }]);
    await place.run('INSERT INTO tag_rules (tag_id, rule_conditions, is_active) VALUES (7, ?, 1)', ['{"value": 1}']);
    expect(await metadata.versions.pinned(1)).toMatchObject([{ tagId: 7, ruleVersion: 1 }]);
    await place.run('UPDATE tag_rules SET rule_conditions = ? WHERE tag_id = 7', ['{"value": 5}']);
    expect(await metadata.versions.pinned(2)).toMatchObject([{ tagId: 7, ruleVersion: 2, ruleJson: '{"value": 5}' }]);
    await place.run('UPDATE tag_rules SET rule_conditions = ? WHERE tag_id = 7', ['{ "value" : 5 }']);
    expect(await metadata.versions.pinned(3)).toMatchObject([{ ruleVersion: 2 }]);
    expect((await metadata.versions.read(7))?.versions).toMatchObject([
      { version: 2, state: 'live', who: 'database', reason: 'edited in the database', atMs: 2 },
      { version: 1, state: 'past', who: 'database', reason: 'as it was found in the database', atMs: 1 },
    ]);
  });

  it('gives the row of one user, byte for byte that user', async () => {
    await place.run("INSERT INTO user_tags (user_id, tag_ids, tag_details) VALUES ('u', '[1]', '{}')");
    expect(await metadata.userTagsOf('u')).toEqual({ tagIds: '[1]', tagDetails: '{}' });
    expect(await metadata.userTagsOf('U')).toBeUndefined();
  });

  it('exports user_tags by the bytes of the user, and stops when nobody wants more', async () => {
    const users = ['b', 'B', 'a', 'é', 'z', '客户', '😀', 'ａ', 'a b', '10', '9'];
    for (const user of users) await place.run('INSERT INTO user_tags (user_id, tag_ids) VALUES (?, ?)', [user, '[ 2,1]']);
    const rows: UserTagsRow[] = [];
    for await (const row of metadata.exportUserTags()) rows.push(row);
    expect(rows.map((row) => row.userId)).toEqual([...users].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    expect(rows[0]?.tagIds).toBe('[ 2,1]');
    for await (const row of metadata.exportUserTags()) {
      expect(row.userId).toBe('10');
      break;
    }
    expect(await metadata.countUserTags()).toBe(users.length);
  });

  it('one leader: a live one is named, its own restart and a dead process are not waited for', async () => {
    const other = openMetadata(place.url, {});
    const alive = { id: 'one', url: 'http://127.0.0.1:7700', host: hostname(), pid: process.pid };
    const first = await metadata.claimLeadership(alive);
    expect(first.term).toBe(1);
    await expect(other.claimLeadership({ id: 'two', url: 'http://x' })).rejects.toMatchObject({
      code: 'MANAGER_LIVE',
      message: expect.stringContaining('--manager http://127.0.0.1:7700'),
    });
    const again = await other.claimLeadership(alive);
    expect(again.term).toBe(2);
    await again.release();
    const released = await other.claimLeadership({ id: 'two', url: 'http://x' });
    expect(released.term).toBe(3);
    await released.release();
    const dead = spawnSync('true').pid;
    const gone = await other.claimLeadership({ id: 'three', url: 'http://y', pid: dead });
    expect(await metadata.leader()).toMatchObject({ id: 'three', term: 4, live: true });
    const after = await metadata.claimLeadership({ id: 'four', url: 'http://z' });
    expect(after.term).toBe(5);
    await after.release();
    await gone.release();
    expect(await metadata.leader()).toMatchObject({ id: 'four', live: false });
    await first.release();
    await other.close();
  });

  it('what the leader confirmed stands in its row, also when an older version made the table', async () => {
    const first = await metadata.claimLeadership({ id: 'one', url: 'http://x' });
    expect(first.before).toEqual({ lineage: '', term: 0, seq: 0, holders: 0 });
    await first.tell(() => ({ lineage: 'a history', term: 1, seq: 4_000_000_000_000, holders: 3 }));
    await first.release();
    const next = await metadata.claimLeadership({ id: 'two', url: 'http://y' });
    expect(next.before).toEqual({ lineage: 'a history', term: 1, seq: 4_000_000_000_000, holders: 3 });
    await next.release();
    // A manager that says nothing of its journal leaves the row as it was.
    expect((await metadata.leader())?.confirmed).toEqual(next.before);
    for (const column of ['lineage', 'confirmed_term', 'confirmed_seq', 'holders'])
      await place.run(`ALTER TABLE tagmill_leader DROP COLUMN ${column}`);
    const other = openMetadata(place.url, {});
    expect(await other.leader()).toMatchObject({ id: 'two', term: 2, confirmed: { lineage: '', term: 0, seq: 0, holders: 0 } });
    await other.close();
  });

  it('a leader elsewhere is waited for until its lease runs out, and learns that it lost', async () => {
    const other = openMetadata(place.url, {});
    const far = await other.claimLeadership({ id: 'far', url: 'http://far', host: 'another-host', pid: 1 });
    await expect(metadata.claimLeadership({ id: 'near', url: 'http://near' })).rejects.toMatchObject({ code: 'MANAGER_LIVE' });
    await place.run('UPDATE tagmill_leader SET lease_until_ms = lease_until_ms - 10001');
    const near = await metadata.claimLeadership({ id: 'near', url: 'http://near' });
    expect(near.term).toBe(far.term + 1);
    expect((await far.lost).code).toBe('MANAGER_LIVE');
    await near.release();
    await other.close();
  });
});

describe('a MySQL database that is not as it should be', () => {
  it('is created when it is missing', async () => {
    const metadata = openMetadata(server.url('not_there_yet'), {});
    await expect(metadata.loadRules()).rejects.toMatchObject({ code: 'DATABASE_SCHEMA' });
    await metadata.init();
    expect(await metadata.loadRules()).toEqual([]);
    await metadata.close();
  });

  it('a wrong password is refused without being shown, also from the environment', async () => {
    const url = server.url('x').replace(/:[^:@]*@/, '@');
    const metadata = openMetadata(url, { TAGMILL_DATABASE_PASSWORD: 'wrong-one' });
    const error: Error & { code?: string } = await metadata.ping().then(
      () => new Error('answered'),
      (thrown: Error) => thrown,
    );
    expect(error.code).toBe('DATABASE_DENIED');
    expect(error.message).not.toContain('wrong-one');
    await metadata.close();
    const right = openMetadata(url.replace('/x', '/mysql'), { TAGMILL_DATABASE_PASSWORD: server.password });
    await right.ping();
    await right.close();
  });

  it('a server that is not there', async () => {
    const metadata = openMetadata('mysql://u:p@127.0.0.1:1/db', {});
    await expect(metadata.ping()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await metadata.close();
  });
});
