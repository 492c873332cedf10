import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { run } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'tagmill-simulate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const NIGHTLY = `
executors: 3
slots: 2
tasks:
  - {name: extract, shards: 12, duration: [20s, 40s]}
  - {name: load, shards: 4, duration: 1m, after: extract}
edges: []
`;

describe('tagmill simulate', () => {
  test('says for each number of lost executors how long it takes, what is done again and whether all ended', async () => {
    const { code, stdout, stderr } = await run([
      'simulate',
      '--workflow',
      file('nightly.yaml', NIGHTLY),
      '--seeds',
      '10',
      '--losses',
      '0,1',
      '--json',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { executors, losses } = JSON.parse(stdout) as { executors: number; losses: Record<string, number>[] };
    expect(executors).toBe(3);
    expect(losses).toMatchObject([
      { lost: 0, seeds: 10, succeeded: 10, redoneWorst: 0 },
      { lost: 1, seeds: 10, succeeded: 10 },
    ]);
    // Six slots: two rounds of twenty to forty seconds, and a minute.
    expect(losses[0]!['medianMs']).toBeGreaterThan(100_000);
    expect(losses[0]!['medianMs']).toBeLessThan(150_000);
    expect(losses[1]!['worstMs']).toBeGreaterThan(losses[0]!['worstMs']!);
    expect(losses[1]!['redoneWorst']).toBeGreaterThan(0);
  });

  test('says of losses that nobody is left to go on, and of executors that come back that all ends', async () => {
    const graph = file('two.json', '{"executors": 1, "tasks": [{"name": "a", "shards": 3, "duration": "10s"}]}');
    const lost = await run(['simulate', '--workflow', graph, '--seeds', '5', '--losses', '1']);
    expect(lost.stdout).toMatch(/1 {2}0 of 5 .*\n\nWhat did not end well:\n {2}1 lost, 5x: it never ended: no executor was left/);
    const back = await run(['simulate', '--workflow', graph, '--seeds', '5', '--losses', '1', '--back-after', '1m']);
    expect(back.stdout).toMatch(/1 {2}5 of 5/);
  });

  const bad: readonly (readonly [string, string, RegExp])[] = [
    ['no graph', 'tasks: [', /neither YAML nor JSON/],
    ['no tasks', 'executors: 2', /`tasks` must be a list of at least one task/],
    [
      'an unknown word',
      'tasks: [{name: a, duration: 1s}]\nexecutor: 2',
      /the file has `executor`, which means nothing here; known are tasks, executors/,
    ],
    ['a task without a name', 'tasks: [{duration: 1s}]', /tasks\[0\]\.name must be a word/],
    ['a duration without a unit', 'tasks: [{name: a, duration: 3}]', /duration of a must be a time such as 30s/],
    ['a duration the wrong way round', 'tasks: [{name: a, duration: [2m, 1m]}]', /goes from 2m down to 1m/],
    ['shards that are none', 'tasks: [{name: a, duration: 1s, shards: 0}]', /shards of a must be a whole number from 1/],
    ['a name twice', 'tasks: [{name: a, duration: 1s}, {name: a, duration: 1s}]', /two tasks are named a/],
    ['an upstream that is not there', 'tasks: [{name: a, duration: 1s, after: b}]', /a comes after b, and there is no such task/],
    ['a circle', 'tasks: [{name: a, duration: 1s, after: b}, {name: b, duration: 1s, after: a}]', /wait for one another: a, b/],
    ['an edge that is none', 'tasks: [{name: a, duration: 1s}]\nedges: [[a]]', /edges\[0\] must be a pair/],
    [
      'too many shards',
      'tasks: [{name: a, duration: 1s, shards: 4000}, {name: b, duration: 1s, shards: 4000}]',
      /8000 shards together, and 5000/,
    ],
  ];
  test.each(bad)('%s is refused with its place', async (name, text, says) => {
    const { code, stdout, stderr } = await run(['simulate', '--workflow', file(`${name}.yaml`, text)]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
  });

  test('more losses than executors are refused', async () => {
    const { code, stderr } = await run(['simulate', '--workflow', file('few.yaml', NIGHTLY), '--losses', '4']);
    expect(code).toBe(2);
    expect(stderr).toContain('--losses 4: there are 3 executors to lose');
  });
});
