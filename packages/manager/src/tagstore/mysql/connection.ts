/** How the manager connects to MySQL and MariaDB. */
import type { MysqlTarget } from '@tagmill/shared/database-url';
import type mysql from 'mysql2/promise';

const CONNECT_TIMEOUT_MS = 10_000;

/** Without the database, which may have to be created. */
export const connectionOptions = (target: MysqlTarget): mysql.ConnectionOptions => ({
  host: target.host,
  port: target.port,
  user: target.user,
  password: target.password,
  charset: 'utf8mb4_bin',
  timezone: 'Z',
  supportBigNumbers: true,
  bigNumberStrings: true,
  dateStrings: true,
  connectTimeout: CONNECT_TIMEOUT_MS,
  flags: ['-LOCAL_FILES'],
});
