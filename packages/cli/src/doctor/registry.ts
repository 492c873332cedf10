/** Every check of the doctor, in the order told. */
import type { Check } from './check.ts';
import { database } from './database.ts';
import { disk } from './disk.ts';
import { ports } from './ports.ts';
import { s3, tables } from './tables.ts';
import { time } from './time.ts';
import { versions } from './versions.ts';

export const CHECKS: readonly Check[] = [versions, database, tables, s3, disk, time, ports];
