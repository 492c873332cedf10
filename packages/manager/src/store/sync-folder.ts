import { closeSync, fsyncSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** Makes a new, renamed or removed entry of a folder durable. */
export const syncFolder = (path: string): void => flush(path, 'r');

/** The same without holding up the thread that asks. */
export async function syncFolderBeside(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

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
