/** A manager that runs elsewhere, over its public API. */
import type { AvailableTag, RunRequest } from '@tagmill/manager/port';
import type { RunReport } from '@tagmill/shared/api/report';
import { TagmillError } from '@tagmill/shared/errors';
import type { FeedTables } from '@tagmill/shared/feed/reducer';
import type { RunRecord } from '@tagmill/shared/feed/views';
import type { HealthAnswer, Place } from '../place.ts';
import { say } from '../say.ts';
import { ManagerApi } from './api.ts';
import { followTopic } from './follow.ts';
import { RemoteRules } from './remote-rules.ts';

const ENDED: readonly string[] = ['succeeded', 'partial', 'failed'];

interface TagAnswer {
  readonly tag_id: number;
  readonly tag_name: string;
  readonly tag_category: string;
  readonly domain: string;
  readonly description: string;
  readonly is_active: boolean;
  readonly task: string | null;
}

export class RemoteManager implements Place {
  readonly own = false;
  readonly #api: ManagerApi;
  readonly rules: RemoteRules;

  constructor(url: string, apiKey: string | undefined) {
    this.#api = new ManagerApi(url, apiKey);
    this.rules = new RemoteRules(this.#api);
  }

  async createRun(request: RunRequest): Promise<string> {
    const { mode, tagIds, userIds, days, businessDate, asOf, timeZone, shardRows } = request;
    const body = {
      mode,
      tag_ids: tagIds,
      user_ids: userIds,
      days,
      business_date: businessDate,
      as_of: asOf,
      time_zone: timeZone,
      shard_rows: shardRows,
    };
    const answer = await this.#api.post('/api/v1/runs', body);
    const runId = (answer.body as { readonly run_id?: unknown } | undefined)?.run_id;
    if (typeof runId !== 'string') throw new TagmillError('INTERNAL', `the manager at ${this.#api.url} started a run but named none`);
    return runId;
  }

  async follow(runId: string, show: (tables: FeedTables) => void): Promise<void> {
    await followTopic(this.#api, {
      topic: `run/${runId}`,
      take: ({ tables }) => {
        show(tables);
        // A record of the run topic, by the contract of feed/views.ts.
        const run = Object.values(tables['run'] ?? {})[0] as unknown as RunRecord | undefined;
        return run !== undefined && ENDED.includes(run.state);
      },
      link: (state, why) => {
        if (state === 'lost') say(`the manager at ${this.#api.url} is away (${why}); trying again, run ${runId} goes on`);
        else say(`the manager at ${this.#api.url} is back`);
      },
    });
  }

  async report(runId: string): Promise<RunReport> {
    const answer = await this.#api.get(`/api/v1/runs/${encodeURIComponent(runId)}/report`);
    return answer.body as RunReport;
  }

  async stopRun(runId: string): Promise<void> {
    const states = ['unregistered', 'registered', 'pending', 'running', 'confirming'];
    await this.#api.post(`/api/v1/runs/${encodeURIComponent(runId)}/actions`, { action: 'stop', filter: { states } });
  }

  async health(): Promise<HealthAnswer> {
    const answer = await this.#api.get('/health', [503]);
    return answer.body as HealthAnswer;
  }

  async availableTags(): Promise<readonly AvailableTag[]> {
    const answer = await this.#api.get('/api/v1/tags/available');
    const { tags } = answer.body as { readonly tags: readonly TagAnswer[] };
    return tags.map((tag) => ({
      tagId: tag.tag_id,
      name: tag.tag_name,
      category: tag.tag_category,
      domain: tag.domain,
      description: tag.description,
      isActive: tag.is_active,
      task: tag.task,
    }));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
