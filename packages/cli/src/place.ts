/** Where a command's work is done: a manager of its own, or one that runs elsewhere. */
import type { AvailableTag, RunRequest } from '@tagmill/manager/port';
import type { RulesPort } from '@tagmill/manager/port-rules';
import type { RunReport } from '@tagmill/shared/api/report';
import type { FeedTables } from '@tagmill/shared/feed/reducer';

export interface HealthAnswer {
  readonly status: 'healthy' | 'unhealthy';
  readonly checks: Readonly<Record<string, string>>;
  readonly version: string;
  readonly timestamp: string;
}

export interface Place {
  /** Errors: TAG_NOT_FOUND, USAGE, RATE_LIMITED, UNREACHABLE, UNAUTHORIZED and those of the database. */
  createRun(request: RunRequest): Promise<string>;
  /** Follows the run to its end; `show` gets the whole topic after each change, at its own pace. */
  follow(runId: string, show: (tables: FeedTables) => void): Promise<void>;
  report(runId: string): Promise<RunReport>;
  /** Asks the run to stop; what it does then is seen by following it. */
  stopRun(runId: string): Promise<void>;
  health(): Promise<HealthAnswer>;
  availableTags(): Promise<readonly AvailableTag[]>;
  readonly rules: RulesPort;
  /** Ends what the command started. */
  close(): Promise<void>;
  /** Whether runs end with this place. */
  readonly own: boolean;
}
