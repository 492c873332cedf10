/** The log of a manager inside a command: silent, or on stderr at the level of TAGMILL_LOG_LEVEL. */
import { destination, type Logger, pino } from 'pino';

export function commandLog(): Logger {
  const level = process.env['TAGMILL_LOG_LEVEL'] ?? 'silent';
  return pino({ level, base: null }, destination({ fd: 2, sync: true }));
}
