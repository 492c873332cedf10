import { expect, test } from 'vitest';
import { run } from './support.ts';

const catalog = {
  fields: { user_id: 'string', age: 'int64' },
  tables: { trades: { columns: { user_id: 'string', at: 'timestamp' }, time: 'at', partitions: 'snapshot' } },
};
const clock = { asOf: '2026-11-22T02:30:00Z', zone: 'Asia/Shanghai' };
const adult = { field: 'age', operator: '>=', value: 18 };
const traded = { operator: 'count', table: 'trades', compare: '>', value: 0 };

const cases = [
  { id: 'rows', kind: 'rows', catalog, ...clock, rule: adult, rows: [{ age: '20' }, { age: '3' }, {}] },
  {
    id: 'users',
    kind: 'users',
    catalog,
    ...clock,
    rule: { logic: 'AND', conditions: [traded, adult] },
    users: [
      { user_id: 'a', age: '20' },
      { user_id: 'b', age: '20' },
    ],
    events: { trades: { present: true, rows: [{ user_id: 'a' }, { user_id: 'c' }] } },
  },
  { id: 'good', kind: 'check', catalog, rule: adult },
  { id: 'bad', kind: 'check', catalog, rule: { ...adult, value: 'x' } },
  { id: 'bucket', kind: 'bucket', salt: 'exp1', user_id: '42' },
];

test.each(['reference', 'sql', 'index'])('every line is answered in order by %s, also what is no case', async (engine) => {
  const lines = cases.map((each) => JSON.stringify(each));
  const input = [...lines.slice(0, 2), '{"id": "broken', '', ...lines.slice(2)].join('\n');
  const { code, stdout } = await run(['rules', 'conformance', '--engine', engine], { input });
  expect(code).toBe(0);
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { id: 'rows', result: 'TFU' },
    { id: 'users', result: { a: 'T', b: 'F', c: 'U' } },
    { id: null, error: { code: 'CASE_INVALID', path: '', message: expect.any(String) } },
    { id: 'good', result: 'ok' },
    { id: 'bad', error: { code: 'OPERAND_TYPE', path: '/value' } },
    { id: 'bucket', result: 2480 },
  ]);
});
