#!/usr/bin/env node
/** `tagmill`: the door of the command line. Loads only what the words on it need. */
import { enableCompileCache } from 'node:module';
import { VERSION } from '@tagmill/shared/version';

const { directory } = enableCompileCache();
// Processes and threads that this one starts find what others have compiled.
if (directory !== undefined) process.env['NODE_COMPILE_CACHE'] ??= directory;

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${VERSION}\n`);
} else {
  const { runCli } = await import('./run-cli.ts');
  await runCli(args);
}
