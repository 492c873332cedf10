/** The journal's thread: a flush here holds up nobody's turn of the loop. */
import { parentPort, workerData } from 'node:worker_threads';
import { toTagmillError } from '@tagmill/shared/errors';
import type { FromJournal, ToJournal } from './journal-messages.ts';
import { SqliteJournalFile } from './sqlite-journal-file.ts';

const port = parentPort;
if (port === null) throw new Error('the journal worker runs in a worker thread only');
const post = (message: FromJournal) => port.postMessage(message);
const fail = (error: unknown) => {
  const { code, message } = toTagmillError(error);
  post({ type: 'failed', code, message });
};

let file: SqliteJournalFile | undefined;
try {
  file = new SqliteJournalFile((workerData as { path: string }).path);
  for (const batch of file.read()) post({ type: 'batch', seq: batch.seq, blob: batch.blob });
  post({ type: 'open', ...file.head() });
} catch (error) {
  file?.close();
  file = undefined;
  fail(error);
}

/** After one failed flush the handle is never used for another (control-plane.md). */
let broken = false;

port.on('message', (message: ToJournal) => {
  if (message.type === 'close') {
    file?.close();
    post({ type: 'closed' });
    port.close();
    return;
  }
  if (file === undefined || broken) return;
  try {
    file.append(message);
    post({ type: 'committed', seq: message.seq });
  } catch (error) {
    broken = true;
    fail(error);
  }
});
