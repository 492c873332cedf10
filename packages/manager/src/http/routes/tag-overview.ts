import { inboxAnswer, tagOverview, userTagsAnswer } from '@tagmill/shared/api/tag-overview';
import { z } from 'zod';
import type { App, RouteContext } from '../app.ts';
import { ERRORS_OF_ROUTE } from './answers.ts';

const tags = ['tags'];

/** Tags at a glance, one user's tags, and what needs a person. */
export function tagOverviewRoutes(app: App, { port }: RouteContext): void {
  const overview = {
    tags,
    summary: 'Every tag: its versions, what the newest run made of it, its sizes in runs before',
    response: { 200: tagOverview, ...ERRORS_OF_ROUTE },
  };
  app.get('/api/v1/tags/overview', { schema: overview }, async () => port.board.overview());

  const ofUser = {
    tags,
    summary: 'The tags of a user as they are stored, with since when and by what',
    params: z.object({ user_id: z.string().min(1).max(100) }),
    response: { 200: userTagsAnswer, ...ERRORS_OF_ROUTE },
  };
  app.get('/api/v1/users/:user_id/tags', { schema: ofUser }, async ({ params }) => port.board.ofUser(params.user_id));

  const inbox = {
    tags: ['service'],
    summary: 'What needs a person: gates, failures, tags held by their check, rules that wait for an approval',
    response: { 200: inboxAnswer, ...ERRORS_OF_ROUTE },
  };
  app.get('/api/v1/inbox', { schema: inbox }, async () => port.board.inbox());
}
