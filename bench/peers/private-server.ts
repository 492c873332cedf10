/** Database servers of peers: a process of our own in a directory of its own, by a user without rights, gone afterwards. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endChild, endWithUs } from '../lib/child.ts';

export interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

/** Servers refuse to run as root: `user` then, else who we are. */
export function ownerOf(user: string): Owner {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

export class PrivateServer {
  readonly directory: string;
  readonly owner: Owner;
  #child: ChildProcess | undefined;

  constructor(name: string, user: string) {
    this.owner = ownerOf(user);
    this.directory = mkdtempSync(join(tmpdir(), `tagmill-bench-${name}-`));
    if (this.owner.uid !== undefined) chownSync(this.directory, this.owner.uid, this.owner.gid ?? 0);
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Runs a program of the server to its end. */
  run(program: string, args: readonly string[]): void {
    execFileSync(program, args, { ...this.owner, cwd: this.directory, stdio: ['ignore', 'ignore', 'pipe'] });
  }

  start(program: string, args: readonly string[]): void {
    this.#child = endWithUs(spawn(program, args, { ...this.owner, cwd: this.directory, stdio: 'ignore' }));
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    if (this.#child !== undefined) await endChild(this.#child, signal);
    rmSync(this.directory, { recursive: true, force: true });
  }
}
