/** The feed client of this page, wired to the browser's socket and timers. */
import { openTicket } from '../api/http.ts';
import { DENIED, FeedClient, type SocketLike } from './client.ts';

const OPEN_TIMEOUT_MS = 8_000;

export const feed = new FeedClient({
  open: async () => {
    const ticket = await openTicket();
    if (ticket === 'denied') throw new Error(DENIED);
    return await openSocket(ticket);
  },
  nowMs: () => Date.now(),
  random: () => Math.random(),
  later: (delayMs, call) => {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
});

function openSocket(ticket: string): Promise<SocketLike> {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(`${scheme}//${location.host}/ws?ticket=${encodeURIComponent(ticket)}`);
  const like: SocketLike = {
    send: (text) => socket.send(text),
    close: () => socket.close(),
    onMessage: () => undefined,
    onClose: () => undefined,
  };
  socket.onmessage = (event) => like.onMessage(String(event.data));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.close(), OPEN_TIMEOUT_MS);
    socket.onopen = () => {
      clearTimeout(timer);
      resolve(like);
    };
    socket.onclose = () => {
      clearTimeout(timer);
      reject(new Error('feed: the socket did not open'));
      like.onClose();
    };
  });
}
