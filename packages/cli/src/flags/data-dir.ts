/** The flag `--data-dir`: where a manager keeps its journal. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';

export const dataDirFlag = (): Option =>
  new Option('--data-dir <DIR>', 'directory of the manager’s journal').env('TAGMILL_DATA_DIR').default('.tagmill');

export const dataDirOf = (command: Command): string => resolve(command.opts<{ dataDir: string }>().dataDir);
