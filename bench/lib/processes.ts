/** What the processes of a benchmark use, read from /proc: Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second of /proc on every Linux that Node runs on. */
const TICKS = 100;

export interface ProcessUse {
  readonly pid: number;
  readonly parent: number;
  /** User and system time so far, ended and waited-for children left out, seconds. */
  readonly cpuSeconds: number;
  /** The same of children that have ended. */
  readonly endedSeconds: number;
}

/** The process `root` and all that it started, directly or not; without those that have ended. */
export function treeOf(root: number): ProcessUse[] {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? useOf(Number(name)) : []));
  const tree: ProcessUse[] = all.filter((one) => one.pid === root);
  for (let at = 0; at < tree.length; at += 1) tree.push(...all.filter((one) => one.parent === tree[at]!.pid));
  return tree;
}

function useOf(pid: number): ProcessUse[] {
  const text = readIfThere(`/proc/${pid}/stat`);
  if (text === undefined) return [];
  // The name in parentheses may hold spaces; what follows has fixed places.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const seconds = (at: number): number => (Number(fields[at]) + Number(fields[at + 1])) / TICKS;
  return [{ pid, parent: Number(fields[1]), cpuSeconds: seconds(11), endedSeconds: seconds(13) }];
}

/** User and system time of a process and all that it started, those that have ended too, seconds. */
export const cpuSecondsOf = (root: number): number => treeOf(root).reduce((sum, one) => sum + one.cpuSeconds + one.endedSeconds, 0);

/** Resident memory of a process without what it shares with files, bytes; 0 when it is gone. */
export function residentBytes(pid: number): number {
  const text = readIfThere(`/proc/${pid}/status`) ?? '';
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
  return 1024 * (kib('RssAnon') + kib('RssShmem'));
}

/** Resident memory as the system counts it, mapped files included, bytes; 0 when the process is gone. */
export function residentWithFilesBytes(pid: number): number {
  const text = readIfThere(`/proc/${pid}/status`) ?? '';
  return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1] ?? 0);
}

export const commandLineOf = (pid: number): string => (readIfThere(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim();

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
