/** Starts the PySpark job of this folder; what it is tuned for is said there. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUSINESS_DATE, DATA } from '../lib/sample.ts';
import type { MariadbTarget } from '../lib/targets.ts';
import { type MemoryPeaks, timeCommand } from '../lib/timed-command.ts';

const VENV = fileURLToPath(new URL('../.venv', import.meta.url));
const JOB = fileURLToPath(new URL('./pyspark_job.py', import.meta.url));

export interface SparkRun {
  readonly seconds: number;
  /** Until Spark was up, and from then on, as the job itself saw it. */
  readonly startSeconds: number;
  readonly workSeconds: number;
  readonly peaks: MemoryPeaks;
}

/** `alwaysStage`: as an ordinary job, without the short way into an empty table. */
export async function timePyspark(target: MariadbTarget, tables: string, alwaysStage = false): Promise<SparkRun> {
  const python = join(VENV, 'bin', 'python');
  if (!existsSync(python)) throw new Error('PySpark is not installed: run bench/peers/setup.sh, or leave it out with --no-peers');
  const jar = readdirSync(join(VENV, 'jars')).find((name) => name.startsWith('mysql-connector-j'));
  if (jar === undefined) throw new Error('the JDBC driver is not installed: run bench/peers/setup.sh');
  const temp = join(DATA, 'spark');
  mkdirSync(temp, { recursive: true });
  const { user, password, port, database } = target;
  const secret = encodeURIComponent(password);
  const url = `jdbc:mysql://127.0.0.1:${port}/${database}?user=${user}&password=${secret}&rewriteBatchedStatements=true&useServerPrepStmts=false&connectionTimeZone=UTC`;
  const args = [
    '--tables',
    tables,
    '--day',
    BUSINESS_DATE,
    '--jdbc',
    url,
    '--driver',
    'com.mysql.cj.jdbc.Driver',
    '--jars',
    join(VENV, 'jars', jar),
    '--temp',
    temp,
  ];
  const { seconds, stdout, peaks } = await timeCommand(python, [JOB, ...args, ...(alwaysStage ? ['--always-stage'] : [])], {
    PYSPARK_PYTHON: python,
    PYTHONUTF8: '1',
  });
  const said = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as { readonly start: number; readonly work: number };
  return { seconds, startSeconds: said.start, workSeconds: said.work, peaks };
}
