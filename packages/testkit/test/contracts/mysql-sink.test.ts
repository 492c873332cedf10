import { afterAll, beforeAll } from 'vitest';
import { keepForContract } from '../../src/contracts/keep-for-contract.ts';
import { makeMysqlWorld } from '../../src/contracts/mysql-world.ts';
import { rollbackContract } from '../../src/contracts/rollback-contract.ts';
import { settleContract } from '../../src/contracts/settle-contract.ts';
import { sinkContract } from '../../src/contracts/sink-contract.ts';
import { type MariadbServer, startMariadb } from '../../src/mariadb.ts';

let server: MariadbServer;
beforeAll(async () => {
  server = await startMariadb();
});
afterAll(async () => {
  await server?.stop();
});

sinkContract('MariaDB, bulk loads', () => makeMysqlWorld(server, 'bulk'));
sinkContract('MariaDB, rows inserted', () => makeMysqlWorld(server, 'plain', { bulk: false }));
settleContract('MariaDB', () => makeMysqlWorld(server, 'settled'));
rollbackContract('MariaDB, bulk loads', () => makeMysqlWorld(server, 'undone'), { cases: 40 });
rollbackContract('MariaDB, rows inserted', () => makeMysqlWorld(server, 'undone_plain', { bulk: false }), { cases: 10, oracle: false });
keepForContract('MariaDB, bulk loads', () => makeMysqlWorld(server, 'kept'));
keepForContract('MariaDB, rows inserted', () => makeMysqlWorld(server, 'kept_plain', { bulk: false }));
