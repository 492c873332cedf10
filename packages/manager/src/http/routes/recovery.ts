import { recoveryReport } from '@tagmill/shared/api/recovery';
import type { App, RouteContext } from '../app.ts';
import { ERRORS_OF_ROUTE } from './answers.ts';

/** Answers also while the manager still looks for its journal: `outcome` is `recovering` then. */
export function recoveryRoute(app: App, { port }: RouteContext): void {
  const schema = {
    tags: ['service'],
    summary: 'What the newest start did: copies of the journal, the one that was used and why, work that was under way',
    response: { 200: recoveryReport, ...ERRORS_OF_ROUTE },
  };
  app.get('/api/v1/recovery', { schema }, async () => port.recovery());
}
