import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const PROFILES = join(ROOT, 'deploy/environments');
const SECRETS = {
  TAGMILL_DATABASE_PASSWORD: 'a-password',
  TAGMILL_JOIN_TOKEN: 'a-join-token-of-some-length',
  TAGMILL_API_KEY: 'an-api-key-of-some-length',
};

describe('the shipped profiles', () => {
  test.each(readdirSync(PROFILES))('%s is what a manager accepts, and shows no secret', (file) => {
    // The certificate of the profile lies on the machine that it is for; any file stands in for it here.
    const tls = file === 'local.yaml' ? [] : ['--tls-cert', import.meta.filename, '--tls-key', import.meta.filename];
    const args = [join(ROOT, 'packages/cli/src/main.ts'), 'manager', '--config', join(PROFILES, file), '--print-config', ...tls];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, ...SECRETS } });
    expect(status, stderr).toBe(0);
    expect(stdout).toContain('database');
    for (const secret of Object.values(SECRETS)) expect(stdout).not.toContain(secret);
  });
});
