import { ticketAnswer } from '@tagmill/shared/api/service';
import { TagmillError } from '@tagmill/shared/errors';
import { z } from 'zod';
import type { App, RouteContext } from '../app.ts';
import { TICKET_MS } from '../tickets.ts';
import { ERRORS_OF_ROUTE } from './answers.ts';

const tags = ['feed'];
const MOST_TOPICS = 64;

const topicList = z
  .string()
  .max(20_000)
  .transform((text) => [...new Set(text.split(',').filter((topic) => topic !== ''))])
  .refine((topics) => topics.length > 0 && topics.length <= MOST_TOPICS, `name 1 to ${MOST_TOPICS} topics, with commas between`);

export function feedRoutes(app: App, { live, tickets }: RouteContext): void {
  const ticket = { tags, summary: 'A one-time ticket for /ws or the event stream', response: { 200: ticketAnswer, ...ERRORS_OF_ROUTE } };
  app.post('/api/v1/ws-ticket', { config: { once: true }, schema: ticket }, async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ ticket: tickets.issue(), expires_in_ms: TICKET_MS }),
  );

  const querystring = z.strictObject({
    topics: topicList.describe('`runs`, `run/{id}`, `instance/{id}`, `executors`, `service`, with commas between.'),
    ticket: z.string().max(200).optional(),
  });
  const events = { description: 'The messages of the feed, one an event.', content: { 'text/event-stream': { schema: z.string() } } };
  const stream = { tags, summary: 'The live feed as server-sent events', querystring, response: { 200: events, ...ERRORS_OF_ROUTE } };
  app.get('/api/v1/feed', { config: { ticket: true }, exposeHeadRoute: false, schema: stream }, (request, reply) => {
    if (live.full()) throw new TagmillError('RATE_LIMITED', 'As many clients as may follow the feed already; try again later.');
    const lastEventId = request.headers['last-event-id'];
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
    live.stream(reply.raw, request.query.topics, typeof lastEventId === 'string' ? lastEventId : undefined);
  });
}
