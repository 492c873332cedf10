/** Runs one command to its end: parses, acts, tells a failure in one message, ends with the code of interfaces.md. */
import { CommanderError } from 'commander';
import { toTagmillError } from '@tagmill/shared/errors';
import { buildProgram } from './program.ts';

/** Codes of commander that are answers, not mistakes. */
const ANSWERS = new Set(['commander.helpDisplayed', 'commander.version']);

export async function runCli(args: readonly string[]): Promise<never> {
  // `tagmill user-tags export | head` closes the pipe early: that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  process.on('uncaughtException', (error) => process.exit(tell(error)));
  let exit: number;
  try {
    const { program, exitCode } = await buildProgram(args);
    await program.parseAsync([...args], { from: 'user' });
    exit = exitCode();
  } catch (error) {
    exit = tell(error);
  }
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(exit);
}

const flushed = (stream: NodeJS.WriteStream): Promise<void> => new Promise((resolve) => stream.write('', () => resolve()));

/** Writes one message for an error and gives the exit code. */
function tell(error: unknown): number {
  if (error instanceof CommanderError) {
    if (ANSWERS.has(error.code)) return 0;
    // Without a verb commander has shown the help; everything else comes with a message.
    if (error.code !== 'commander.help') say(`USAGE: ${withoutPrefix(error.message)}; see --help`);
    return 2;
  }
  const known = toTagmillError(error);
  say(`${known.code}: ${known.message}`);
  if (known.code === 'INTERNAL') {
    say('this is a defect of Tagmill: run it again with TAGMILL_LOG_LEVEL=debug and report what it says');
    if (process.env['TAGMILL_LOG_LEVEL'] === 'debug') say(String((error as Error | undefined)?.stack ?? error));
  }
  return known.exit;
}

const withoutPrefix = (message: string): string => message.replace(/^error: /, '').replace(/\n\((.*)\)$/, ' ($1)');

const say = (text: string): void => void process.stderr.write(`tagmill: ${text}\n`);
