/** Words of the bootstrap: on stderr, so that stdout holds data only. */
export const say = (text) => process.stderr.write(`tagmill: ${text}\n`);

/** A failure that a person can act on; told in its one sentence, without a stack. */
export class SetupError extends Error {
  constructor(message, exit = 78) {
    super(message);
    this.name = 'SetupError';
    this.exit = exit;
  }
}

/** Runs a command's main function: a SetupError becomes its sentence and exit code. */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = error.exit;
  }
}
