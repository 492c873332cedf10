/** A TCP proxy whose connections can be cut, or go silent without being closed. */
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  readonly port: number;
  /** Connections open now. */
  readonly open: number;
  /** Ends every connection with a reset. */
  cut(): void;
  /** Forwards nothing from here on, and closes nothing: neither end is told. New connections are accepted and silent. */
  silence(): void;
  /** Forwards again what has waited; `cutFirst` ends the silent connections instead. */
  resume(cutFirst?: boolean): void;
  stop(): Promise<void>;
}

/** Forwards to `target`, `host:port`. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const [host, port] = [target.slice(0, target.lastIndexOf(':')), Number(target.slice(target.lastIndexOf(':') + 1))];
  const pairs = new Set<readonly [Socket, Socket]>();
  let silent = false;
  const server = createServer((inner) => {
    const outer = connect({ host, port });
    const pair = [inner, outer] as const;
    pairs.add(pair);
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      from.on('data', (bytes) => {
        if (!to.write(bytes)) from.pause();
      });
      to.on('drain', () => {
        if (!silent) from.resume();
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
    if (silent) for (const socket of pair) socket.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = (server.address() as AddressInfo).port;
  const cut = (): void => {
    for (const [inner, outer] of pairs) {
      inner.resetAndDestroy();
      outer.resetAndDestroy();
    }
    pairs.clear();
  };
  return {
    address: `127.0.0.1:${own}`,
    port: own,
    get open() {
      return pairs.size;
    },
    cut,
    silence: () => {
      silent = true;
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    resume: (cutFirst = false) => {
      silent = false;
      if (cutFirst) cut();
      for (const pair of pairs) for (const socket of pair) socket.resume();
    },
    stop: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
