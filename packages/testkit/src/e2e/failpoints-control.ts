/** The test's end of the failpoints: says what is armed, and sees what was hit. */
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Failpoint } from '@tagmill/shared/failpoint';

export type Victim = 'manager' | 'executor' | 'worker';
/** `ask`: wait until the test has done what it wants to do there. */
export type Deed = 'kill' | 'stop' | 'ask' | 'fail';

export interface Armed {
  readonly id: number;
  readonly point: Failpoint;
  /** Only in processes of this executor. */
  readonly of?: string;
  /** From which hit of a process on; each counts its own. */
  readonly hit: number;
  readonly deed: Deed;
  /** To whom it is done; not always the process that came to the point. */
  readonly victim: Victim;
}

export interface Taken {
  /** Process to which it is done. */
  readonly pid: number;
  /** Process that came to the point. */
  readonly by: number;
}

export class FailpointControl {
  readonly folder = mkdtempSync(join(tmpdir(), 'tagmill-failpoints-'));
  #last = 0;

  /** What a process of the product needs to have failpoints. */
  get nodeArgs(): readonly string[] {
    return ['--import', new URL('./failpoints-arm.ts', import.meta.url).href];
  }

  get env(): Readonly<Record<string, string>> {
    return { TAGMILL_TEST_FAILPOINTS: this.folder };
  }

  /** Arms one point; what was armed before is not any more. Gives its number. */
  arm(wanted: Omit<Armed, 'id'>): number {
    this.#last += 1;
    this.#write([{ ...wanted, id: this.#last }]);
    return this.#last;
  }

  disarm(): void {
    this.#write([]);
  }

  /** Who was struck, once somebody was. */
  taken(id: number): Taken | undefined {
    const path = join(this.folder, `taken-${id}`);
    if (!existsSync(path)) return undefined;
    const text = readFileSync(path, 'utf8');
    // It may have been made and not yet written.
    return text === '' ? undefined : (JSON.parse(text) as Taken);
  }

  /** Lets a process go on that asked. */
  go(id: number): void {
    writeFileSync(join(this.folder, `go-${id}`), '');
  }

  /** Points that any process has come to by now. */
  seen(): ReadonlySet<string> {
    const path = join(this.folder, 'seen');
    return new Set(existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Whole or not at all: processes read it at any time. */
  #write(armed: readonly Armed[]): void {
    const path = join(this.folder, 'armed.json');
    writeFileSync(`${path}.new`, JSON.stringify(armed));
    renameSync(`${path}.new`, path);
  }
}
