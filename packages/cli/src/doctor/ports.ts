/** Whether the addresses that a manager would listen on are free. */
import { createServer } from 'node:net';
import type { Address } from '@tagmill/shared/setting-readers';
import type { Check, Finding } from './check.ts';

export const ports: Check = {
  name: 'ports',
  run: ({ addresses }) => Promise.all(addresses.map(({ flag, address }) => isFree(flag, address))),
};

function isFree(flag: string, { host, port }: Address): Promise<Finding> {
  const name = `${host}:${port}`;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE')
        resolve({
          state: 'note',
          text: `${name} is taken`,
          todo: `fine when it is your manager; else choose another with ${flag} HOST:PORT`,
        });
      else
        resolve({
          state: 'bad',
          text: `${name} cannot be listened on (${error.code})`,
          todo: `choose an address of this machine with ${flag} HOST:PORT`,
        });
    });
    server.listen({ host, port }, () => server.close(() => resolve({ state: 'ok', text: `${name} is free (${flag})` })));
  });
}
