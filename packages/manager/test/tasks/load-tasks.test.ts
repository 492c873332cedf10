import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadTasks } from '../../src/tasks/load-tasks.ts';

const task = (tagId: number) =>
  `export default { tagId: ${tagId}, requiredFields: [], dataSources: { primary: 'users', secondary: null } };\n`;

describe('task files', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'tagmill-tasks-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const put = (file: string, text: string) => {
    mkdirSync(join(dir, file, '..'), { recursive: true });
    writeFileSync(join(dir, file), text);
  };

  test('the eight shipped ones are found in their six domains and filter nobody', async () => {
    const found = await loadTasks(join(import.meta.dirname, '../../../../tasks'));
    expect(found.map((one) => one.task.tagId)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(new Set(found.map((one) => one.domain)).size).toBe(6);
    expect(found.every((one) => one.task.preprocess === undefined && one.task.postprocess === undefined)).toBe(true);
  });

  test('a folder anywhere works, and may import the helper', async () => {
    put(
      'risk/nine.ts',
      `import { defineTagTask } from '@tagmill/shared/tag-task';\n${task(9).replace('{', 'defineTagTask({').replace('};', '});')}`,
    );
    expect((await loadTasks(dir)).map((one) => one.file)).toEqual(['risk/nine.ts']);
  });

  test('two with one tag id stop the start and both are named', async () => {
    put('risk/a.ts', task(5));
    put('value/b.ts', task(5));
    await expect(loadTasks(dir)).rejects.toThrow(/risk\/a\.ts and value\/b\.ts .* tag id 5/);
  });

  test('one that does not load stops the start with file and line', async () => {
    put('risk/broken.ts', 'export const fine = 1;\nthrow new Error("no luck");\n');
    await expect(loadTasks(dir)).rejects.toMatchObject({
      code: 'TASK_FILE_INVALID',
      message: expect.stringMatching(/risk\/broken\.ts:2 .*no luck/),
    });
  });

  test('one without a default export, or in no domain, says so', async () => {
    put('risk/empty.ts', 'export const nothing = 1;\n');
    await expect(loadTasks(dir)).rejects.toThrow(/no default export/);
    rmSync(join(dir, 'risk'), { recursive: true });
    put('sports/x.ts', task(1));
    await expect(loadTasks(dir)).rejects.toThrow(/sports, which is no domain: wealth/);
  });

  test('a folder that is not there is told with the flag', async () => {
    await expect(loadTasks(join(dir, 'gone'))).rejects.toThrow(/--tasks DIR/);
  });
});
