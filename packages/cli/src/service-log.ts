/** The log of a manager or executor: one JSON object a line on stdout. */
import { destination, type Logger, pino, stdTimeFunctions } from 'pino';

export function serviceLog(level: string, component: string): Logger {
  return pino({ level, base: { component, pid: process.pid }, timestamp: stdTimeFunctions.isoTime }, destination({ fd: 1, sync: true }));
}
