/** The journal's thread: a flush here holds up nobody's turn of the loop. */
import { parentPort, workerData } from 'node:worker_threads';
import { toTagmillError } from '@tagmill/shared/errors';
import type { FromJournal, JournalWorkerData, ToJournal } from './journal-messages.ts';
import { JournalWriter } from './journal-writer.ts';

const port = parentPort;
if (port === null) throw new Error('the journal worker runs in a worker thread only');
const post = (message: FromJournal) => port.postMessage(message);

const writer = new JournalWriter((workerData as JournalWorkerData).dataDir, post);

port.on('message', (message: ToJournal) => {
  try {
    writer.take(message);
    if (message.type === 'close') port.close();
  } catch (error) {
    const { code, message: text } = toTagmillError(error);
    post({ type: 'failed', code, message: text, ...('id' in message ? { id: message.id } : {}) });
  }
});
