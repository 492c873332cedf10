import { once } from 'node:events';
import { get } from 'node:https';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { KEY, openMouths } from './support.ts';
import { CERT, KEY_PEM } from './tls-pair.ts';

test('REST and the feed go over TLS', async () => {
  await using mouths = await openMouths({ tls: { cert: Buffer.from(CERT), key: Buffer.from(KEY_PEM) } });
  expect(mouths.server.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  const options = { ca: CERT, headers: { authorization: `Bearer ${KEY}` } };
  const [answer] = (await once(get(`${mouths.server.url}/api/v1/runs`, options), 'response')) as [import('node:http').IncomingMessage];
  answer.resume();
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['strict-transport-security']).toContain('max-age=');
  const socket = new WebSocket(`${mouths.server.url.replace('https', 'wss')}/ws`, options);
  const message = once(socket, 'message');
  await once(socket, 'open');
  expect(JSON.parse(String((await message)[0]))).toMatchObject({ type: 'time' });
  socket.terminate();
});
