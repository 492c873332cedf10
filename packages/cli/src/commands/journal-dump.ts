/** `tagmill journal dump`: the entries of a journal as JSON Lines. */
import { wholeNumber } from '@tagmill/shared/setting-readers';
import { dataDirFlag, dataDirOf } from '../flags/data-dir.ts';
import { examples, valueFlag } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { say } from '../say.ts';

const ABOUT = `
One line an entry: seq, term, hash, and its events with the time of each. What lies
behind a break is not printed; \`journal verify\` says where that is.
`;
const asSeq = wholeNumber(1, Number.MAX_SAFE_INTEGER);
const READ_BYTES = 4 * 1024 * 1024;

export const define: VerbModule['define'] = (command, run) => {
  command
    .addOption(dataDirFlag())
    .addOption(valueFlag('--from <SEQ>', 'first entry; the oldest that is there', asSeq))
    .addOption(valueFlag('--to <SEQ>', 'last entry; the newest', asSeq))
    .addHelpText('after', ABOUT + examples('journal dump --from 1000 --to 1010', 'journal dump | jq -c .events[].type'));
  run(async () => {
    const [{ openDataDir }, { decodeBatch }] = await Promise.all([
      import('@tagmill/manager/store/offline'),
      import('@tagmill/manager/store/codec'),
    ]);
    const { from, to } = command.opts<{ from?: number; to?: number }>();
    const { file, found, close } = openDataDir(dataDirOf(command));
    try {
      if (found.fault !== null) say(found.fault.sentence);
      const end = Math.min(to ?? Number.POSITIVE_INFINITY, found.head?.seq ?? 0);
      let at = 'missing' in file ? end : Math.max((from ?? 1) - 1, file.base.seq);
      while (!('missing' in file) && at < end) {
        const batches = file.tail(at + 1, READ_BYTES).filter(({ seq }) => seq <= end);
        if (batches.length === 0) break;
        for (const { seq, term, hash, blob } of batches) {
          const line = { seq, term, hash: Buffer.from(hash).toString('hex'), events: decodeBatch(blob).map(plain) };
          process.stdout.write(`${JSON.stringify(line)}\n`);
        }
        at = batches.at(-1)!.seq;
      }
      return 0;
    } finally {
      close();
    }
  });
};

/** Columns as lists. */
const plain = ({ atMs, event }: { readonly atMs: number; readonly event: object }): object => ({
  at: new Date(atMs).toISOString(),
  ...Object.fromEntries(
    Object.entries(event).map(([name, value]) => [name, ArrayBuffer.isView(value) ? [...(value as Uint8Array)] : value]),
  ),
});
