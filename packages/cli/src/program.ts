/** The commander program: every verb by name and summary, and the whole of the one that the words name. */
import { Command } from 'commander';
import { VERBS, type Verb } from './commands/registry.ts';

export interface Program {
  readonly program: Command;
  /** The exit code of the command that ran. */
  readonly exitCode: () => number;
}

/** What a verb's file exports. */
export interface VerbModule {
  /** Adds flags, arguments and examples; `run` sets what the verb does. */
  readonly define: (command: Command, run: SetAction) => void;
}

/** Sets the action of a verb: it gets the positional arguments and gives the exit code. */
export type SetAction = (action: (command: Command, positional: readonly string[]) => Promise<number>) => void;

const GROUPS: Readonly<Record<string, string>> = {
  db: 'the database: tables',
  rules: 'rules of tags: check, versions, examples, preview, import, export',
  tags: 'tags: what they allow, what becomes of those that a check holds, who has them by hand',
  lists: 'uploaded lists that rules may name: put, show, drop',
  journal: 'the journal of a manager: verify, dump, explain',
  'user-tags': 'tags of users: export',
};

const EPILOGUE = `
Data goes to stdout, words for people to stderr. Exit codes: 0 ok, 1 run failed or
partial, 2 usage, 3 not found, 4 not allowed, 75 unreachable, 78 bad configuration.

Examples:
  $ tagmill demo
  $ tagmill db init --database sqlite:tags.sqlite
  $ tagmill rules import rules.json --database sqlite:tags.sqlite
  $ tagmill task-all --database sqlite:tags.sqlite --tables ./tables
`;

/** Builds the program; only the verb that `args` name is loaded. */
export async function buildProgram(args: readonly string[]): Promise<Program> {
  let exit = 0;
  const program = new Command('tagmill')
    .description('User tags from rules, computed in shards by any number of executors, merged exactly once.')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [verb]', 'show help of a verb')
    .option('-V, --version', 'show the version')
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError(true)
    .exitOverride()
    .addHelpText('after', EPILOGUE);
  const wanted = wantedVerb(args);
  for (const verb of VERBS) {
    const command = commandFor(program, verb);
    if (verb !== wanted) continue;
    const module = await verb.load();
    module.define(command, (action) => {
      command.action(async () => {
        exit = await action(command, command.args);
      });
    });
  }
  return { program, exitCode: () => exit };
}

function wantedVerb(args: readonly string[]): Verb | undefined {
  const words = args.filter((arg) => !arg.startsWith('-'));
  if (words[0] === 'help') words.shift();
  return VERBS.find((verb) => verb.name === words[0] || verb.name === `${words[0]} ${words[1]}`);
}

function commandFor(program: Command, verb: Verb): Command {
  const [first, second] = verb.name.split(' ') as [string, string | undefined];
  if (second === undefined) return program.command(first).description(verb.summary);
  const known = program.commands.find((command) => command.name() === first);
  const group =
    known ??
    program
      .command(first)
      .description(GROUPS[first] ?? first)
      .helpCommand(false);
  return group.command(second).description(verb.summary);
}
