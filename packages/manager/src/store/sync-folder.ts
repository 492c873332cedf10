import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Makes a new, renamed or removed entry of a folder durable. */
export const syncFolder = (path: string): void => flush(path, 'r');

/** Makes the content of a file durable. */
export const flushFile = (path: string): void => flush(path, 'r+');

function flush(path: string, flags: string): void {
  const file = openSync(path, flags);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
