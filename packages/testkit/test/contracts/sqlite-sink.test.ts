import { keepForContract } from '../../src/contracts/keep-for-contract.ts';
import { rollbackContract } from '../../src/contracts/rollback-contract.ts';
import { settleContract } from '../../src/contracts/settle-contract.ts';
import { sinkContract } from '../../src/contracts/sink-contract.ts';
import { makeSqliteWorld } from '../../src/contracts/sqlite-world.ts';

sinkContract('SQLite', makeSqliteWorld);
settleContract('SQLite', makeSqliteWorld);
rollbackContract('SQLite', makeSqliteWorld, { cases: 200 });
keepForContract('SQLite', makeSqliteWorld);
