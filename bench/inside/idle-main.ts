/** Sessions of executors that do nothing: `idle-main.ts MANAGER CA COUNT PREFIX`. The product's own client, without workers. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ManagerClient } from '../../packages/executor/src/grpc/client.ts';
import { VERSION } from '../../packages/shared/src/version.ts';
import { PROTOCOL_VERSION } from '../../packages/shared/src/wire/service.ts';

const [, , manager = '', caFile = '', count = '0', prefix = ''] = process.argv;
const ca = readFileSync(caFile);
const joinToken = process.env['TAGMILL_JOIN_TOKEN'] ?? '';
/** Dialled at a pace that a manager that starts would see, not all in one instant. */
const DIAL_EVERY_MS = 2;

function join(name: string): void {
  const instance = randomUUID();
  let heartbeat: NodeJS.Timeout | undefined;
  const client = new ManagerClient(manager, ca, {
    hello: () => ({
      executorId: name,
      name,
      instance,
      slots: 1,
      softwareVersion: VERSION,
      protocolVersion: PROTOCOL_VERSION,
      labels: {},
      joinToken,
      held: [],
      lineage: '',
      copies: [],
    }),
    message: ({ welcome }) => {
      if (!welcome) return;
      clearInterval(heartbeat);
      const beat = (): void => client.send({ heartbeat: { cpuPercent: 0, memoryBytes: 0, loopLagMs: 0, slotsUsed: 0 } });
      heartbeat = setInterval(beat, welcome.heartbeatMs);
    },
    connected: () => undefined,
    lost: () => clearInterval(heartbeat),
    refused: (code, sentence) => process.stderr.write(`${name} was refused: ${code} ${sentence}\n`),
  });
  client.connect();
}

let dialled = 0;
const dial = setInterval(() => {
  if (dialled === Number(count)) clearInterval(dial);
  else join(`${prefix}-${dialled++}`);
}, DIAL_EVERY_MS);
process.on('disconnect', () => process.exit(0));
