import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compileManagerConfig } from '@tagmill/manager/config/compile';
import { TagmillError } from '@tagmill/shared/errors';
import { readTextFile } from '../src/files.ts';
import { run, tempFolder } from './support.ts';

const GOOD = {
  TAGMILL_DATABASE_URL: 'mysql://tagmill:hunter2@db.example/tags',
  TAGMILL_TABLES: 's3://bucket/prefix/',
  TAGMILL_JOIN_TOKEN: 'join-secret',
  TAGMILL_API_KEY: 'api-secret',
};

const compile = (environment: Record<string, string>, content?: unknown, flags: Record<string, string | boolean> = {}) =>
  compileManagerConfig({
    file: content === undefined ? undefined : { path: 'manager.yaml', content },
    environment,
    flags,
    readText: readTextFile,
  });

function faultsOf(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof TagmillError && error.code === 'CONFIG_INVALID') return error.facts['faults'] as readonly string[];
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the configuration of a manager', () => {
  test('file < environment < flags', () => {
    const file = { http: '127.0.0.1:1', grpc: '127.0.0.1:2', 'time-zone': 'Asia/Shanghai', lease: '20s' };
    const { config } = compile({ ...GOOD, TAGMILL_HTTP: '127.0.0.1:3', TAGMILL_GRPC: '127.0.0.1:4' }, file, { http: '127.0.0.1:5' });
    expect(config).toMatchObject({ http: { port: 5 }, grpc: { port: 4 }, timeZone: 'Asia/Shanghai', leaseMs: 20_000 });
    expect(config.tables).toEqual({ kind: 's3', bucket: 'bucket', prefix: 'prefix' });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('snapshots are made by events and time, and copied to S3 with what leads to the tables', () => {
    expect(compile(GOOD).config.snapshots).toEqual({ events: 4_000_000, intervalMs: 60_000, s3: undefined });
    const { config } = compile(
      { ...GOOD, TAGMILL_SNAPSHOT_INTERVAL: '5s' },
      { 'snapshot-events': 20_000, 's3-endpoint': 'http://s3:9000' },
      {
        'snapshot-s3': 's3://keep/here/',
        'snapshot-s3-keep': '7',
      },
    );
    expect(config.snapshots).toMatchObject({
      events: 20_000,
      intervalMs: 5_000,
      s3: { bucket: 'keep', prefix: 'here', endpoint: 'http://s3:9000', keep: 7 },
    });
    expect(faultsOf(() => compile(GOOD, {}, { 'snapshot-s3': './folder' }))[0]).toMatch(
      /--snapshot-s3: only s3:\/\/bucket\/prefix is possible/,
    );
    expect(faultsOf(() => compile(GOOD, {}, { 'snapshot-s3-keep': '2' }))[0]).toMatch(/--snapshot-s3-keep stands alone/);
  });

  test('all faults come at once, unknown keys with the nearest name', () => {
    const faults = faultsOf(() => compile({ TAGMILL_HTTP: 'nowhere' }, { datbase: 'sqlite:x', 'time-zone': 'Mars/Olympus' }));
    expect(faults.join('\n')).toMatch(/unknown key `datbase`; did you mean `database`\?/);
    expect(faults.join('\n')).toMatch(/TAGMILL_HTTP: `nowhere` is no address/);
    expect(faults.join('\n')).toMatch(/`time-zone`: `Mars\/Olympus` is no known time zone/);
    expect(faults.join('\n')).toMatch(/no database is named/);
    expect(faults.join('\n')).toMatch(/no tables are named/);
    expect(faults.join('\n')).toMatch(/TAGMILL_JOIN_TOKEN is not set/);
    expect(faults.join('\n')).toMatch(/TAGMILL_API_KEY is not set/);
  });

  test('a secret comes from a file, and from one place', () => {
    using folder = tempFolder();
    const path = join(folder.path, 'key');
    writeFileSync(path, 'from-file\n');
    const { TAGMILL_API_KEY: _, ...rest } = GOOD;
    expect(compile({ ...rest, TAGMILL_API_KEY_FILE: path }).config.apiKey).toBe('from-file');
    expect(faultsOf(() => compile({ ...GOOD, TAGMILL_API_KEY_FILE: path }))).toEqual([
      'TAGMILL_API_KEY and TAGMILL_API_KEY_FILE are both set; keep one',
    ]);
    expect(faultsOf(() => compile({ ...rest, TAGMILL_API_KEY_FILE: join(folder.path, 'none') }))[0]).toMatch(
      /TAGMILL_API_KEY_FILE: cannot read/,
    );
  });

  test('secrets never stand in a configuration file', () => {
    expect(faultsOf(() => compile(GOOD, { 'api-key': 'x' }))[0]).toMatch(/unknown key `api-key`/);
  });

  test('a well-known secret is refused', () => {
    expect(faultsOf(() => compile({ ...GOOD, TAGMILL_API_KEY: 'changeme' }))[0]).toMatch(
      /TAGMILL_API_KEY has a value that everybody knows/,
    );
  });

  test('a key that cannot travel in a header is refused', () => {
    for (const key of ['two words', 'schlüssel'])
      expect(faultsOf(() => compile({ ...GOOD, TAGMILL_API_KEY: key }))).toEqual([expect.stringMatching(/TAGMILL_API_KEY has characters/)]);
  });

  test('beyond loopback needs a certificate; --insecure-dev never leaves it', () => {
    expect(faultsOf(() => compile(GOOD, undefined, { http: '0.0.0.0:8080' }))).toEqual([
      expect.stringMatching(/http listens on 0.0.0.0:8080, beyond this machine; give --tls-cert/),
    ]);
    expect(faultsOf(() => compile(GOOD, undefined, { grpc: '0.0.0.0:1', 'insecure-dev': true }))).toEqual([
      expect.stringMatching(/--insecure-dev stays on loopback/),
    ]);
    expect(faultsOf(() => compile(GOOD, undefined, { 'tls-cert': 'cert.pem' }))[0]).toMatch(/--tls-cert stands alone/);
  });

  test('--insecure-dev needs no secrets', () => {
    const { TAGMILL_DATABASE_URL, TAGMILL_TABLES } = GOOD;
    expect(compile({ TAGMILL_DATABASE_URL, TAGMILL_TABLES }, undefined, { 'insecure-dev': true }).config).toMatchObject({
      insecureDev: true,
      joinToken: undefined,
    });
  });
});

describe('the commands manager and executor', () => {
  test('--print-config masks secrets', async () => {
    const { code, stdout } = await run(['manager', '--print-config'], { env: GOOD });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^tables: "s3:\/\/bucket\/prefix\/" # TAGMILL_TABLES$/m);
    expect(stdout).toMatch(/^api-key: "\*{8}" # TAGMILL_API_KEY$/m);
    expect(stdout).not.toMatch(/hunter2|api-secret|join-secret/);
  });

  test('a wrong configuration ends with 78 and all faults', async () => {
    using folder = tempFolder();
    const config = join(folder.path, 'manager.yaml');
    writeFileSync(config, 'tabels: here\nlease: 1s\n');
    const { code, stdout, stderr } = await run(['manager', '--config', config]);
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    expect(stderr).toMatch(/unknown key `tabels`; did you mean `tables`\?/);
    expect(stderr).toMatch(/lease: 1000 ms is under two heartbeats/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test.each([
    ['that is not there', undefined, /cannot read .*: there is no such file/],
    ['that is not YAML', 'a: [1', /is not YAML/],
  ])('a configuration file %s ends with 78', async (_, text, words) => {
    using folder = tempFolder();
    const config = join(folder.path, 'c.yaml');
    if (text !== undefined) writeFileSync(config, text);
    const { code, stderr } = await run(['executor', '--manager', '127.0.0.1:1', '--config', config]);
    expect(code).toBe(78);
    expect(stderr).toMatch(words);
  });

  test('an executor without a join token, beyond loopback without a certificate authority: both are told', async () => {
    const { code, stderr } = await run(['executor', '--manager', 'manager.example:7443']);
    expect(code).toBe(78);
    expect(stderr).toMatch(/TAGMILL_JOIN_TOKEN is not set/);
    expect(stderr).toMatch(/manager.example:7443 is not on this machine; .*--tls-ca FILE/);
  });

  test('an unknown flag ends with 2 and the nearest one', async () => {
    const { code, stderr } = await run(['executor', '--slot', '2']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/Did you mean --slots\?/);
  });
});
