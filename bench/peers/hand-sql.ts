/**
 * The evaluation as somebody would write it by hand for DuckDB: one query that
 * joins the three tables and evaluates the eight rules, three-valued, into a
 * table in memory. Two threads, all memory. `node bench/peers/hand-sql.ts
 * TABLES DAY` prints seconds of the query, process start left out.
 */
import { inMemory } from '../../packages/testkit/src/duck/in-memory.ts';

const handSql = (tables: string, day: string): string => {
  const table = (name: string): string => `read_parquet('${tables}/${name}/dt=${day}/*.parquet')`;
  return `CREATE TABLE found AS
    SELECT coalesce(b.user_id, a.user_id, v.user_id) AS user_id,
      total_asset_value >= 100000 AS t1,
      trade_count_30d > 10 AS t2,
      CASE WHEN NOT isnan(risk_score) THEN risk_score <= 30 END AS t3,
      registration_date BETWEEN DATE '${day}' - 29 AND DATE '${day}' AS t4,
      user_level IN ('VIP2', 'VIP3') AND kyc_status = 'verified' AS t5,
      cash_balance >= 50000 AS t6,
      age BETWEEN 18 AND 30 AS t7,
      last_login_date BETWEEN DATE '${day}' - 6 AND DATE '${day}' AS t8
    FROM ${table('user_basic_info')} b
    FULL JOIN ${table('user_asset_summary')} a ON a.user_id = b.user_id
    FULL JOIN ${table('user_activity_summary')} v ON v.user_id = coalesce(b.user_id, a.user_id)`;
};

if (import.meta.main) {
  const [tables = '', day = ''] = process.argv.slice(2);
  const startedAt = performance.now();
  await inMemory(2, async (connection) => {
    await connection.run(handSql(tables, day));
    const seconds = (performance.now() - startedAt) / 1000;
    const matched = [1, 2, 3, 4, 5, 6, 7, 8].map((tag) => `count(*) FILTER (t${tag})`);
    const found = await connection.runAndReadAll(`SELECT ${matched.join(', ')} FROM found`);
    console.log(JSON.stringify({ seconds, matched: found.getRows()[0]?.map(Number) }));
  });
}
