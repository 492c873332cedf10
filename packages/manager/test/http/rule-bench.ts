/** The analyst's door over a SQLite file and one small table, with an executor that answers as the test says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlanResult } from '@tagmill/shared/job';
import type { PreviewCounts, Question, UserRows } from '@tagmill/shared/question';
import type { BoardPort } from '../../src/port-board.ts';
import type { RulesPort } from '../../src/port-rules.ts';
import { BoardDesk } from '../../src/shell/board-desk.ts';
import { RuleDesk } from '../../src/shell/analyst/rule-desk.ts';
import type { Hall } from '../../src/shell/running.ts';
import type { TagMetadata } from '../../src/tagstore/metadata.ts';
import { openMetadata } from '../../src/tagstore/open.ts';
import { openSqlite } from '../../src/tagstore/sqlite/open.ts';

const OBJECT = 'user_asset_summary/dt=2026-11-22/part-0.parquet';

const PLAN: PlanResult = {
  businessDate: '2026-11-22',
  tables: [
    {
      name: 'user_asset_summary',
      rows: 3,
      objects: [{ key: OBJECT, etag: 'e1', sizeBytes: 100, columns: [], rowGroups: [{ firstRow: 0, rows: 3 }] }],
    },
  ],
  faults: [],
  catalog: {
    fields: [
      { table: 'user_asset_summary', name: 'user_id', type: { kind: 'string' }, nullable: true },
      { table: 'user_asset_summary', name: 'total_asset_value', type: { kind: 'decimal', precision: 20, scale: 8 }, nullable: true },
    ],
  },
  keyType: 'string',
  cuts: ['m'],
  usersEstimate: 3,
  bytesRead: 10,
  notes: [],
};

export const RULE = { field: 'total_asset_value', operator: '>=', value: 100_000 };

export interface RuleBench extends AsyncDisposable {
  readonly rules: RulesPort;
  readonly board: BoardPort;
  readonly metadata: TagMetadata;
  readonly asked: Question[];
  /** Somebody works in the database itself. */
  database(sql: string): Promise<void>;
}

/** `approval`: rules go live once somebody else has approved them. */
export async function openRuleBench(approval = false): Promise<RuleBench> {
  const directory = mkdtempSync(join(tmpdir(), 'tagmill-rules-'));
  const path = join(directory, 'tags.sqlite');
  const metadata = openMetadata(`sqlite:${path}`, {});
  await metadata.init();
  const rule = { tagId: 1, tagName: 'rich', category: 'c', description: null, isActive: true };
  await metadata.importRules([{ ...rule, ruleJson: JSON.stringify(RULE) }]);
  const asked: Question[] = [];
  const answer = (question: Question): Promise<unknown> => {
    asked.push(question);
    if (question.kind === 'plan') return Promise.resolve(PLAN);
    if (question.kind === 'user') return Promise.resolve(rowsOf(question.user));
    return Promise.resolve(COUNTS);
  };
  const live = {
    state: { runs: new Map(), executors: new Map() },
    database: { metadata },
    tasks: [],
    questions: { once: answer, ask: answer, job: () => ({ name: 'question/1', bytes: new Uint8Array(0) }), forget: () => undefined },
  };
  const config = { tables: { kind: 'folder', path: '/tables' }, timeZone: 'UTC', shardRows: 1_000, tasksDir: '', ruleApproval: approval };
  // What the desk asks of a manager, and nothing more.
  const hall = { live: () => live, config } as unknown as Hall;
  return {
    rules: new RuleDesk(hall),
    board: new BoardDesk(hall, async () => [
      { tagId: 1, name: 'rich', category: 'c', domain: 'other', description: '', isActive: true, task: null },
    ]),
    metadata,
    asked,
    async database(sql) {
      const database = openSqlite(path);
      database.exec(sql);
      database.close();
    },
    async [Symbol.asyncDispose]() {
      await metadata.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const rowsOf = (user: string): UserRows => ({
  rows: [
    user === 'nobody'
      ? { table: 'user_asset_summary', place: null, cells: {}, unreadable: {} }
      : {
          table: 'user_asset_summary',
          place: { object: OBJECT, etag: 'e1', rowGroup: 0 },
          cells: { total_asset_value: user === 'odd' ? null : '1775.5' },
          unreadable: user === 'odd' ? { total_asset_value: '12abc' } : {},
        },
  ],
});

/** Of each of two shards: one user enters, two stay, one leaves, one is unknown who has it. */
const COUNTS: PreviewCounts = {
  users: 6,
  matrix: [2, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
  moves: [1, 1, 2, 1],
  parts: [],
  others: [[3, 1]],
  samples: { enter: ['a'], exit: ['b'], stay: ['d', 'e'], unknown: ['c'] },
  bytesRead: 100,
};
