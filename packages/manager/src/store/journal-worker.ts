/** The journal's thread: a flush here holds up nobody's turn of the loop. */
import { parentPort, workerData } from 'node:worker_threads';
import { toTagmillError } from '@tagmill/shared/errors';
import type { FromJournal, JournalWorkerData, ToJournal } from './journal-messages.ts';
import { JournalRoom } from './journal-room.ts';

const port = parentPort;
if (port === null) throw new Error('the journal worker runs in a worker thread only');
const post = (message: FromJournal) => port.postMessage(message);

const room = new JournalRoom(workerData as JournalWorkerData, post);

port.on('message', (message: ToJournal) => {
  switch (message.type) {
    case 'call':
      try {
        post({ type: 'answer', id: message.id, answer: room.answer(message.call) });
      } catch (error) {
        const { code, message: text } = toTagmillError(error);
        post({ type: 'failed', id: message.id, code, message: text });
      }
      return;
    case 'append':
      room.append(message.batch);
      return;
    case 'trim':
      room.trim(message.toSeq);
      return;
    case 'condemn':
      room.condemn(message.why);
      return;
    case 'close':
      room.close();
      port.close();
      return;
  }
});
