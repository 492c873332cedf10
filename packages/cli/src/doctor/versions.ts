/** Node, machine, and whether the parts that were compiled for it load. */
import { availableParallelism, totalmem } from 'node:os';
import { VERSION } from '@tagmill/shared/version';
import type { Check, Finding } from './check.ts';

const OLDEST = [24, 15] as const;
const GIB = 1024 ** 3;
const LITTLE_MEMORY_BYTES = 2 * GIB;

export const versions: Check = {
  name: 'versions',
  run: async () => {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    const isNew = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
    const node: Finding = isNew
      ? { state: 'ok', text: `tagmill ${VERSION}, Node ${process.versions.node} on ${process.platform}-${process.arch}` }
      : {
          state: 'bad',
          text: `Node ${process.versions.node} is too old`,
          todo: `install Node ${OLDEST.join('.')} or newer, or start by \`npm run tagmill\``,
        };
    const machine = `${availableParallelism()} cores, ${(totalmem() / GIB).toFixed(1)} GiB of memory`;
    const memory: Finding =
      totalmem() < LITTLE_MEMORY_BYTES
        ? { state: 'note', text: machine, todo: 'an executor takes 1 GiB by default; lower --memory or run fewer' }
        : { state: 'ok', text: machine };
    return [node, memory, await nativePart()];
  },
};

async function nativePart(): Promise<Finding> {
  try {
    const { openSqlite } = await import('@tagmill/manager/tagstore/sqlite/open');
    openSqlite(':memory:').close();
    return { state: 'ok', text: 'SQLite loads' };
  } catch (error) {
    return {
      state: 'bad',
      text: `SQLite does not load: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
      todo: 'run `npm run setup` again on this machine; a node_modules of another machine does not work here',
    };
  }
}
