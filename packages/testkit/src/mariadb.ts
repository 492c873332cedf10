/**
 * A MariaDB server for tests: the distribution's `mariadbd` in a data directory
 * of its own, on a port and socket of its own, gone with everything in it after
 * `stop()`.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';

const run = promisify(execFile);
const SBIN = ['/usr/sbin/mariadbd', '/usr/local/sbin/mariadbd', '/usr/libexec/mariadbd'];
const START_TIMEOUT_MS = 60_000;

export const mariadbIsInstalled = (): boolean => SBIN.some((path) => existsSync(path));

export interface MariadbServer {
  readonly port: number;
  readonly socket: string;
  readonly user: string;
  readonly password: string;
  /** `mysql://tagmill:...@127.0.0.1:PORT/NAME` */
  url(database: string): string;
  /** Drops and creates a database. */
  createDatabase(database: string): Promise<void>;
  /** Runs a file of statements, as the `mariadb` client does. */
  loadFile(database: string, path: string): Promise<void>;
  /** Ends the server process as a crash would; the data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port; ready when it answers. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface MariadbOptions {
  /** Further server options, such as `--local-infile=0`. */
  readonly args?: readonly string[];
  /** Bytes of InnoDB's buffer pool. */
  readonly bufferPoolBytes?: number;
}

/** Starts a server and waits until it answers. Throws when it is not installed or does not come up. */
export async function startMariadb(options: MariadbOptions = {}): Promise<MariadbServer> {
  const binary = SBIN.find((path) => existsSync(path));
  if (binary === undefined) throw new Error('mariadbd is not installed; install the package mariadb-server');
  const directory = await mkdtemp(join(tmpdir(), 'tagmill-mariadb-'));
  const server = new Server(binary, directory, await freePort(), options);
  try {
    await server.create();
    await server.restart();
    await server.grant();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

class Server implements MariadbServer {
  readonly port: number;
  readonly socket: string;
  readonly user = 'tagmill';
  readonly password = 'a secret of the tests';
  readonly #binary: string;
  readonly #directory: string;
  readonly #options: MariadbOptions;
  #child: ChildProcess | undefined;

  constructor(binary: string, directory: string, port: number, options: MariadbOptions) {
    this.#binary = binary;
    this.#directory = directory;
    this.#options = options;
    this.port = port;
    this.socket = join(directory, 'm.sock');
  }

  async create(): Promise<void> {
    await writeFile(join(this.#directory, 'my.cnf'), '[mysqld]\n');
    await mkdir(join(this.#directory, 'tmp'));
    await run('mariadb-install-db', [
      `--defaults-file=${join(this.#directory, 'my.cnf')}`,
      `--datadir=${join(this.#directory, 'data')}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      ...asRoot(),
    ]);
  }

  async restart(): Promise<void> {
    const child = spawn(
      this.#binary,
      [
        `--defaults-file=${join(this.#directory, 'my.cnf')}`,
        `--datadir=${join(this.#directory, 'data')}`,
        // A server that starts clears its folder of temporary files: never one that another server uses.
        `--tmpdir=${join(this.#directory, 'tmp')}`,
        `--port=${this.port}`,
        `--socket=${this.socket}`,
        `--pid-file=${join(this.#directory, 'pid')}`,
        '--bind-address=127.0.0.1',
        `--innodb-buffer-pool-size=${this.#options.bufferPoolBytes ?? 256 * 1024 * 1024}`,
        '--character-set-server=utf8mb4',
        ...asRoot(),
        ...(this.#options.args ?? []),
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#child = child;
    let said = '';
    child.stderr?.on('data', (text: Buffer) => {
      said = (said + text.toString()).slice(-4_000);
    });
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < deadline) {
      if (child.exitCode !== null) break;
      if (await this.#answers()) return;
      await sleep(50);
    }
    throw new Error(`mariadbd did not answer on port ${this.port}; it said:\n${said}`);
  }

  async grant(): Promise<void> {
    await this.#asRoot(async (root) => {
      await root.query(`CREATE USER '${this.user}'@'%' IDENTIFIED BY '${this.password}'`);
      await root.query(`GRANT ALL ON *.* TO '${this.user}'@'%'`);
    });
  }

  url(database: string): string {
    return `mysql://${this.user}:${encodeURIComponent(this.password)}@127.0.0.1:${this.port}/${database}`;
  }

  async createDatabase(database: string): Promise<void> {
    await this.#asRoot(async (root) => {
      await root.query(`DROP DATABASE IF EXISTS \`${database}\``);
      await root.query(`CREATE DATABASE \`${database}\` CHARACTER SET utf8mb4`);
    });
  }

  async loadFile(database: string, path: string): Promise<void> {
    await run('mariadb', ['--no-defaults', `--socket=${this.socket}`, '--user=root', database, '-e', `source ${path}`]);
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  async #answers(): Promise<boolean> {
    try {
      await this.#asRoot((root) => root.query('SELECT 1'));
      return true;
    } catch (error) {
      // Not there yet: refused, or the socket file does not exist. Anything else shows at the deadline.
      return error === undefined;
    }
  }

  async #asRoot(work: (root: mysql.Connection) => Promise<unknown>): Promise<void> {
    const root = await mysql.createConnection({ socketPath: this.socket, user: 'root' });
    try {
      await work(root);
    } finally {
      root.destroy();
    }
  }
}

const asRoot = (): string[] => (process.getuid?.() === 0 ? ['--user=root'] : []);

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
