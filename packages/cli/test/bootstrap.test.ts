import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT, tempFolder } from './support.ts';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const node = (...args: readonly string[]): ChildProcess => spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });

describe('the bootstrap', () => {
  test('needs nothing installed: its files import Node’s own parts and each other alone', () => {
    const folders = [join(ROOT, 'scripts'), join(ROOT, 'scripts', 'lib')];
    const files = folders.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.mjs'))
        .map((name) => join(folder, name)),
    );
    expect(files.length).toBeGreaterThan(8);
    for (const file of files) {
      const specifiers = [...readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b.*?from '([^']+)'/gm)].map((match) => match[1]!);
      expect(specifiers.filter((one) => !one.startsWith('node:') && !one.startsWith('.'))).toEqual([]);
    }
  });

  test('stdout holds data only, the exit code is passed on', async () => {
    const version = await ended(node('scripts/tagmill.mjs', '--version'));
    expect({ code: version.code, stdout: version.stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
    const usage = await ended(node('scripts/tagmill.mjs', 'task-all', '--nonsense'));
    expect({ code: usage.code, stdout: usage.stdout }).toEqual({ code: 2, stdout: '' });
    expect(usage.stderr).toMatch(/unknown option '--nonsense'/);
  });

  test('signals reach the program that is stood in for, and its end comes back', async () => {
    using folder = tempFolder();
    const script = join(folder.path, 'wait.mjs');
    writeFileSync(script, "process.on('SIGTERM', () => process.exit(7));\nsetInterval(() => undefined, 1000);\nconsole.log('ready');\n");
    const child = node('scripts/with-node.mjs', script);
    const end = ended(child);
    await new Promise<void>((resolve) => child.stdout?.on('data', () => resolve()));
    child.kill('SIGTERM');
    expect((await end).code).toBe(7);
  });
});

describe('the lock of the setup', () => {
  const holder = (lock: string, log: string, ms: number): string => `
    import { appendFileSync } from 'node:fs';
    import { withLock } from ${JSON.stringify(join(ROOT, 'scripts/lib/lock.mjs'))};
    await withLock(${JSON.stringify(lock)}, async () => {
      appendFileSync(${JSON.stringify(log)}, 'in\\n');
      console.log('holding');
      await new Promise((resolve) => setTimeout(resolve, ${ms}));
      appendFileSync(${JSON.stringify(log)}, 'out\\n');
    });`;

  test('one holds it at a time, the others wait', async () => {
    using folder = tempFolder();
    const [lock, log] = [join(folder.path, 'lock'), join(folder.path, 'log')];
    const children = Array.from({ length: 4 }, () => node('--input-type=module', '-e', holder(lock, log, 50)));
    const ends = await Promise.all(children.map(ended));
    expect(ends.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual([0, 0, 0, 0]);
    expect(readFileSync(log, 'utf8')).toBe('in\nout\n'.repeat(4));
    expect(existsSync(lock)).toBe(false);
  });

  test('a lock whose holder was killed is taken over', async () => {
    using folder = tempFolder();
    const [lock, log] = [join(folder.path, 'lock'), join(folder.path, 'log')];
    const first = node('--input-type=module', '-e', holder(lock, log, 600_000));
    const firstEnd = ended(first);
    await new Promise<void>((resolve) => first.stdout?.on('data', () => resolve()));
    first.kill('SIGKILL');
    await firstEnd;
    expect(existsSync(lock)).toBe(true);
    expect((await ended(node('--input-type=module', '-e', holder(lock, log, 1)))).code).toBe(0);
  });

  test('Ctrl-C gives it back', async () => {
    using folder = tempFolder();
    const [lock, log] = [join(folder.path, 'lock'), join(folder.path, 'log')];
    const first = node('--input-type=module', '-e', holder(lock, log, 600_000));
    const firstEnd = ended(first);
    await new Promise<void>((resolve) => first.stdout?.on('data', () => resolve()));
    first.kill('SIGINT');
    expect((await firstEnd).code).toBe(130);
    expect(existsSync(lock)).toBe(false);
  });
});
