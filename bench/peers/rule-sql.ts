/**
 * Rules in plain DuckDB: each as one CASE (`case`: TRUE, FALSE and UNKNOWN apart;
 * `case-matched`: only who matches), or each distinct condition as a column of
 * an inner query and the rules over these (`hoisted`). Two threads, all memory.
 * Prints seconds of the query, process start left out, and how many users each
 * rule matches and leaves open: nothing but these sums is kept, so all of them
 * do less than an evaluation for tags.
 *
 * `node bench/peers/rule-sql.ts FORM TABLES RULES`
 */
import { readFileSync } from 'node:fs';
import type { RunClock } from '@tagmill/shared/fields';
import type { NormalRule } from '@tagmill/shared/rules/normal';
import { compileRules } from '@tagmill/shared/rules/sql';
import { inMemory } from '../../packages/testkit/src/duck/in-memory.ts';
import { BUSINESS_DATE } from '../lib/sample.ts';
import { INSTANTS, WIDE_TABLE } from '../lib/wide-table.ts';

export interface CheckedRules {
  readonly rules: readonly NormalRule[];
  readonly clock: RunClock;
}

function queryOf(form: string, { rules, clock }: CheckedRules, tables: string): string {
  const { leaves, tags } = compileRules(rules, clock, ({ name }) => `"${name}"`);
  const instants = INSTANTS.map((name) => `make_timestamp(epoch_us("${name}")) AS "${name}"`);
  const files = `read_parquet('${tables}/${WIDE_TABLE}/dt=${BUSINESS_DATE}/*.parquet')`;
  const from = `(SELECT * REPLACE (${instants.join(', ')}) FROM ${files})`;
  const sqlOf = new Map(leaves.map((leaf) => [`"${leaf.id}"`, leaf.sql]));
  const whole = tags.map((tag) => tag.replaceAll(/"l\d+"/g, (name) => sqlOf.get(name) ?? name));
  if (form === 'case-matched') return `SELECT ${whole.map((sql) => `sum(CASE WHEN ${sql} THEN 1 ELSE 0 END)`).join(', ')} FROM ${from}`;
  if (form === 'case') {
    const cases = whole.map((sql, at) => `CASE WHEN ${sql} THEN 1 WHEN NOT ${sql} THEN 0 END AS r${at}`);
    return `SELECT ${tags.flatMap((_, at) => [`sum(r${at})`, `count(r${at})`]).join(', ')} FROM (SELECT ${cases.join(', ')} FROM ${from})`;
  }
  const inner = `SELECT ${leaves.map((leaf) => `${leaf.sql} AS "${leaf.id}"`).join(', ')} FROM ${from}`;
  const results = `SELECT ${tags.map((tag, at) => `${tag} AS r${at}`).join(', ')} FROM (${inner})`;
  return `SELECT ${tags.flatMap((_, at) => [`sum(CAST(r${at} AS INTEGER))`, `count(r${at})`]).join(', ')} FROM (${results})`;
}

if (import.meta.main) {
  const [form = '', tables = '', file = ''] = process.argv.slice(2);
  const checked = JSON.parse(readFileSync(file, 'utf8')) as CheckedRules;
  const query = queryOf(form, checked, tables);
  await inMemory(2, async (connection) => {
    const startedAt = performance.now();
    const reader = await connection.runAndReadAll(query);
    const seconds = (performance.now() - startedAt) / 1000;
    const numbers = (reader.getRows()[0] ?? []).map(Number);
    const matched = form === 'case-matched' ? numbers : numbers.filter((_, at) => at % 2 === 0);
    console.log(JSON.stringify({ seconds, matched }));
  });
}
