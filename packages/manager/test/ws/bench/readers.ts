/** Readers of the feed in a process of their own: `node readers.ts URL KEY TOPIC COUNT`; prints lag and numbers on SIGTERM. */
import { WebSocket } from 'ws';

const [url, key, topic, count] = process.argv.slice(2);
const lagsMs: number[] = [];
const seqs: number[] = [];
let gaps = 0;
let bytes = 0;
for (let i = 0; i < Number(count); i++) {
  const socket = new WebSocket(`${url!.replace('http', 'ws')}/ws`, { headers: { authorization: `Bearer ${key}` } });
  socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe', topic })));
  socket.on('message', (data: Buffer) => {
    bytes += data.length;
    // Reading each message whole in 50 readers would measure the readers; the head has what is needed.
    const head = data.toString('latin1', 0, 200);
    const found = /^\{"type":"(snapshot|delta)".*?"seq":(\d+),"atMs":(\d+)/.exec(head);
    if (found === null) return;
    const seq = Number(found[2]);
    if (found[1] === 'delta') {
      if (seq !== seqs[i]! + 1) gaps++;
      lagsMs.push(Date.now() - Number(found[3]));
    }
    seqs[i] = seq;
    if (found[1] === 'snapshot') process.send?.('ready');
  });
}
process.on('message', () => {
  lagsMs.sort((a, b) => a - b);
  const at = (share: number) => lagsMs[Math.floor((lagsMs.length - 1) * share)];
  process.send?.(
    {
      messages: lagsMs.length,
      gaps,
      megabytes: Math.round(bytes / 1e6),
      p50: at(0.5),
      p95: at(0.95),
      p99: at(0.99),
      lastSeqs: [...new Set(seqs)],
    },
    () => process.exit(0),
  );
});
