/** What an error of a MySQL or MariaDB driver means for the work: by number and code, never by its words. */
import { type MysqlTarget, describeDatabase } from '../database-url.ts';
import { type ErrorCode, TagmillError } from '../errors.ts';

/** `redo`: roll back and do the transaction again; `reconnect`: the connection is gone; `fatal`: say so. */
export type FailureKind = 'redo' | 'reconnect' | 'fatal';

interface DriverError {
  readonly errno?: number;
  readonly code?: string;
  readonly sqlMessage?: string;
  readonly message: string;
}

/** Deadlock, lock wait timeout, record changed since last read, table definition changed. */
const REDO = new Set([1213, 1205, 1020, 1412]);
const RECONNECT = new Set([
  1040, 1053, 1077, 1152, 1153, 1158, 1159, 1160, 1161, 1184, 1203, 1226, 1290, 1317, 1836, 1927, 2002, 2006, 2013, 4031,
]);
const RECONNECT_CODES = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
  'PROTOCOL_ENQUEUE_AFTER_DESTROY',
  'PROTOCOL_PACKETS_OUT_OF_ORDER',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);
const DENIED = new Set([1044, 1045, 1130, 1142, 1143, 1227, 1370, 1410, 1698, 3118]);
const SCHEMA = new Set([1049, 1054, 1146, 1264, 1292, 1364, 1366, 1406, 3140, 4025]);
const DISK = new Set([1021, 1114]);

export const isErrno = (error: unknown, ...numbers: readonly number[]): boolean => numbers.includes(driverError(error).errno ?? -1);

export function failureKind(error: unknown): FailureKind {
  if (error instanceof TagmillError) return 'fatal';
  const { errno, code } = driverError(error);
  if (errno !== undefined && REDO.has(errno)) return 'redo';
  if (errno !== undefined && errno > 0 && RECONNECT.has(errno)) return 'reconnect';
  if (code !== undefined && RECONNECT_CODES.has(code)) return 'reconnect';
  return 'fatal';
}

/** The error as one of ours, naming the database and what to do. Never holds the password. */
export function toDatabaseError(error: unknown, target: MysqlTarget): TagmillError {
  if (error instanceof TagmillError) return error;
  const { errno, code, sqlMessage, message } = driverError(error);
  const where = describeDatabase(target);
  const said = sqlMessage ?? message;
  const facts = { errno, code };
  const make = (kind: ErrorCode, text: string): TagmillError => new TagmillError(kind, text, facts, error);
  if (errno !== undefined && DENIED.has(errno)) {
    return make('DATABASE_DENIED', `${where} refuses access: ${said}; check user, password and grants`);
  }
  if (errno !== undefined && SCHEMA.has(errno)) {
    return make('DATABASE_SCHEMA', `${where} lacks something that is needed: ${said}; \`tagmill db init\` creates missing tables`);
  }
  if (errno !== undefined && DISK.has(errno)) return make('DISK_FULL', `${where} has no space left: ${said}; free some and run again`);
  if (code === 'ENOTFOUND') return make('DATABASE_UNAVAILABLE', `the host ${target.host} of ${where} cannot be found; check its name`);
  if (failureKind(error) !== 'fatal') {
    return make('DATABASE_UNAVAILABLE', `${where} does not answer: ${said}; check that it runs and can be reached`);
  }
  return make('INTERNAL', `${where} answered with an error: ${said}`);
}

function driverError(error: unknown): DriverError {
  if (!(error instanceof Error)) return { message: String(error) };
  // A failed connect to several addresses comes as one error without a message of its own.
  if (error instanceof AggregateError && error.errors.length > 0) return driverError(error.errors[0]);
  const found: Error & { errno?: unknown; code?: unknown; sqlMessage?: unknown } = error;
  return {
    message: error.message,
    ...(typeof found.errno === 'number' ? { errno: found.errno } : {}),
    ...(typeof found.code === 'string' ? { code: found.code } : {}),
    ...(typeof found.sqlMessage === 'string' ? { sqlMessage: found.sqlMessage } : {}),
  };
}
