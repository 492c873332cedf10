/** Every route of the manager; a new one is a file and a line here. */
import type { App, RouteContext } from '../app.ts';
import { actionRoute } from './actions.ts';
import { executorRoutes } from './executors.ts';
import { feedRoutes } from './feed.ts';
import { listRoutes } from './lists.ts';
import { recoveryRoute } from './recovery.ts';
import { ruleVersionRoutes } from './rule-versions.ts';
import { ruleRoutes } from './rules.ts';
import { runRoutes } from './runs.ts';
import { serviceRoutes } from './service.ts';
import { tagOverviewRoutes } from './tag-overview.ts';
import { tagPolicyRoutes } from './tag-policies.ts';
import { tagRoutes } from './tags.ts';
import { taskRoutes } from './tasks.ts';

export const ROUTES: readonly ((app: App, context: RouteContext) => void)[] = [
  serviceRoutes,
  tagRoutes,
  tagPolicyRoutes,
  tagOverviewRoutes,
  taskRoutes,
  runRoutes,
  actionRoute,
  ruleRoutes,
  ruleVersionRoutes,
  listRoutes,
  executorRoutes,
  recoveryRoute,
  feedRoutes,
];
