import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkBoundaries } from '../../../scripts/boundaries/check.ts';
import { importsOf } from '../../../scripts/boundaries/imports.ts';
import { ROOT, tempFolder } from './support.ts';

describe('who may import whom', () => {
  test('the product keeps its boundaries', () => {
    const { files, violations } = checkBoundaries(ROOT);
    expect(violations).toEqual([]);
    expect(files).toBeGreaterThan(100);
  });

  const planted: readonly (readonly [string, string, RegExp])[] = [
    ['packages/shared/src/a.ts', "import { Manager } from '@tagmill/manager';", /shared must not import manager/],
    ['packages/manager/src/shell/a.ts', "const e = await import('@tagmill/executor/engine/x');", /manager must not import executor/],
    ['packages/executor/src/shell/a.ts', "import type { ManagerPort } from '@tagmill/manager/port';", /executor must not import manager/],
    ['packages/dashboard/src/a.ts', "import { x } from '@tagmill/cli';", /dashboard must not import cli/],
    ['packages/cli/src/a.ts', "import { startS3Server } from '@tagmill/testkit/s3-server';", /cli must not import testkit/],
    ['packages/manager/src/core/a.ts', "import { randomUUID } from 'node:crypto';", /uses nothing of the machine/],
    ['packages/manager/src/core/a.ts', "import { pino } from 'pino';", /uses no package of others/],
    ['packages/manager/src/core/states/a.ts', "import { openJournal } from '../../store/journal.ts';", /the core must not know store/],
    ['packages/executor/src/core/a.ts', "export { Client } from '../grpc/client.ts';", /the core must not know grpc/],
    ['packages/manager/src/http/a.ts', "import { open } from '../tagstore/open.ts';", /adapter http must not import the adapter tagstore/],
    [
      'packages/executor/src/sinks/mysql/a.ts',
      "import { S3Store } from '../../sources/s3.ts';",
      /adapter sinks must not import the adapter sources/,
    ],
    ['packages/manager/src/grpc/a.ts', "import { Loop } from '../shell/loop.ts';", /must not import the shell/],
    [
      'packages/manager/src/shell/a.ts',
      "import Sqlite from 'better-sqlite3';",
      /better-sqlite3 may be imported in manager\/store, manager\/tagstore alone/,
    ],
    ['packages/executor/src/shell/a.ts', "import mysql from 'mysql2/promise';", /mysql2 may be imported in/],
    ['packages/manager/src/http/a.ts', "import { WebSocketServer } from 'ws';", /ws may be imported in/],
    [
      'packages/executor/src/engine/a.ts',
      "import { S3Client } from '@aws-sdk/client-s3';",
      /client-s3 may be imported in executor\/sources, manager\/store alone/,
    ],
    ['packages/shared/src/feed/a.ts', "import { readFileSync } from 'node:fs';", /runs in the browser/],
  ];
  test.each(planted)('a violation planted in %s is caught: %s', (file, text, sentence) => {
    using folder = tempFolder();
    const path = join(folder.path, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `/** Planted. */\n${text}\n`);
    const { violations } = checkBoundaries(folder.path);
    expect(violations).toEqual([expect.objectContaining({ file, line: 2, sentence: expect.stringMatching(sentence) as string })]);
  });

  test('what is allowed passes', () => {
    using folder = tempFolder();
    const allowed: Readonly<Record<string, string>> = {
      'packages/manager/src/core/a.ts': "import type { Row } from '../store/row.ts';\nimport { LIMITS } from '@tagmill/shared/limits';",
      'packages/manager/src/store/a.ts': "import Sqlite from 'better-sqlite3';",
      'packages/manager/test/a.test.ts': "import { x } from '@tagmill/testkit/x';\nimport Sqlite from 'better-sqlite3';",
      'packages/cli/src/b.ts': "import { simulateWorkflow } from '@tagmill/testkit/world/workflow';",
      'packages/cli/src/a.ts': "const m = await import('@tagmill/manager');\n// import { x } from '@tagmill/testkit/x';",
    };
    for (const [file, text] of Object.entries(allowed)) {
      mkdirSync(dirname(join(folder.path, file)), { recursive: true });
      writeFileSync(join(folder.path, file), text);
    }
    expect(checkBoundaries(folder.path)).toEqual({ files: 5, violations: [] });
  });

  test('an empty tree does not pass', () => {
    using folder = tempFolder();
    expect(() => checkBoundaries(folder.path)).toThrow(/no TypeScript/);
  });

  test('every form of import is seen', () => {
    const text = `
import a from 'one';
import type { B } from 'two';
import { type C, d } from 'three';
import { type E } from 'four';
import 'five';
export * from 'six';
export { f } from 'seven';
const g = await import('eight');
new Worker(new URL('./nine.ts', import.meta.url));
import {
  h,
} from 'ten';
/* import i from 'no'; */
export const k = 'no';
`;
    expect(
      importsOf(text)
        .map((one) => one.specifier)
        .sort(),
    ).toEqual(['./nine.ts', 'eight', 'five', 'four', 'one', 'seven', 'six', 'ten', 'three', 'two'].sort());
    expect(
      importsOf(text)
        .filter((one) => one.isTypeOnly)
        .map((one) => one.specifier),
    ).toEqual(['two', 'four']);
  });
});
