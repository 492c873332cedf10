/** A small file system of its own, to be filled up. Linux and its superuser only. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly path: string;
  /** Leaves so many bytes free. */
  fill(leaveBytes: number): void;
  /** Gives all that was filled free again. */
  free(): void;
  /** From now on it is opened read-only; what is open stays as it is. */
  makeReadOnly(): void;
  makeWritable(): void;
  remove(): void;
}

/** Mounts a disk of so many bytes; a sentence when this machine does not let one. */
export function mountSmallDisk(sizeBytes: number): SmallDisk | string {
  const path = mkdtempSync(join(tmpdir(), 'tagmill-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', path], { stdio: 'pipe' });
  } catch (error) {
    rmSync(path, { recursive: true, force: true });
    return `a small disk cannot be mounted here (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`;
  }
  const ballast = join(path, 'ballast');
  return {
    path,
    fill: (leaveBytes) => {
      const { bavail, bsize } = statfsSync(path);
      try {
        writeFileSync(ballast, Buffer.alloc(Math.max(0, Number(bavail) * Number(bsize) - leaveBytes)));
      } catch (error) {
        // Somebody else wrote meanwhile: it is full all the more.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    makeReadOnly: () => {
      execFileSync('mount', ['--bind', path, path], { stdio: 'pipe' });
      execFileSync('mount', ['-o', 'remount,ro,bind', path], { stdio: 'pipe' });
    },
    makeWritable: () => {
      execFileSync('umount', ['-l', path], { stdio: 'pipe' });
    },
    free: () => {
      truncateSync(ballast);
      unlinkSync(ballast);
    },
    remove: () => {
      execFileSync('umount', ['-l', path], { stdio: 'pipe' });
      rmSync(path, { recursive: true, force: true });
    },
  };
}
