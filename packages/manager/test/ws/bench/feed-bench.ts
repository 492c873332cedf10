/** What the feed costs: `node feed-bench.ts [readers=50] [changesPerSecond=5000] [seconds=15] [instances=10000]`. */
import { fork } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { KEY, openMouths } from '../../http/support.ts';
import { anInstance } from '../../http/memory-port.ts';

const [readers = 50, rate = 5_000, seconds = 15, instances = 10_000] = process.argv.slice(2).map(Number);
await using mouths = await openMouths();
const { port, server } = mouths;
const run = await port.createRun({ mode: 'noop', who: 'bench' });
const topic = `run/${run}`;
const names = Array.from({ length: instances }, (_, i) => `task-${i}`);
port.topics.set(topic, {
  run: {},
  edges: {},
  instances: Object.fromEntries(names.map((name) => [`${run}/${name}`, anInstance(run, name) as never])),
});

const child = fork(`${import.meta.dirname}/readers.ts`, [server.url, KEY, topic, String(readers)]);
let ready = 0;
await new Promise<void>((done) => {
  if (readers === 0) done();
  child.on('message', (message) => {
    if (message === 'ready' && ++ready === readers) done();
  });
});

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const cpu = process.cpuUsage();
const startedMs = performance.now();
let written = 0;
while (performance.now() - startedMs < seconds * 1_000) {
  const due = Math.floor(((performance.now() - startedMs) / 1_000) * rate);
  for (; written < due; written++) {
    const name = names[(written * 7919) % names.length]!;
    port.set(topic, 'instances', `${run}/${name}`, {
      state: written % 2 === 0 ? 'running' : 'succeeded',
      shardsDone: written,
      startedAtMs: Date.now(),
    });
  }
  await sleep(2);
}
const used = process.cpuUsage(cpu);
delay.disable();
const cores = (used.user + used.system) / 1e6 / ((performance.now() - startedMs) / 1_000);
await sleep(500);
const result = await new Promise((done) => {
  child.on('message', (message) => {
    if (message !== 'ready') done(message);
  });
  child.send('report');
});
console.log(
  JSON.stringify({
    readers,
    rate,
    written,
    cores: Number(cores.toFixed(3)),
    loopDelayMsP99: delay.percentile(99) / 1e6,
    loopDelayMsMax: delay.max / 1e6,
    ...(result as object),
  }),
);
