/** What REST and the feed ask of the manager: the port, over the state and the loop. */
import { randomBytes } from 'node:crypto';
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import type { RunReport } from '@tagmill/shared/api/report';
import type { WhyAnswer } from '@tagmill/shared/api/why';
import { TagmillError, toTagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import type { FeedTables } from '@tagmill/shared/feed/reducer';
import type { ActionAnswer, ActionRequest, ExecutorRecord, InstanceRecord, RunRecord } from '@tagmill/shared/feed/views';
import { instanceId } from '@tagmill/shared/ids';
import { LIMITS } from '@tagmill/shared/limits';
import { CATEGORY_DOMAIN } from '@tagmill/shared/words';
import { SHIPPED_TASKS } from '../config/shipped-tasks.ts';
import { edgesOf } from '../core/graph.ts';
import { reportOf } from '../core/report.ts';
import { executorView, instanceView, runView } from '../core/views.ts';
import type { AvailableTag, ManagerPort, RunRequest } from '../port.ts';
import type { BoardPort } from '../port-board.ts';
import type { ListsPort } from '../port-lists.ts';
import type { RulesPort } from '../port-rules.ts';
import type { TagsPort } from '../port-tags.ts';
import { answerOf, planOf } from './actions.ts';
import { RuleDesk } from './analyst/rule-desk.ts';
import { BoardDesk } from './board-desk.ts';
import type { TopicChange } from './feed-source.ts';
import { ListDesk } from './list-desk.ts';
import { makeRun } from './make-run.ts';
import { pinRun } from './pin-run.ts';
import type { Hall } from './running.ts';
import { TagDesk } from './tag-desk.ts';
import { whyAnswer } from './why-desk.ts';
import { SERVICE_TOPIC, serviceRecord, ServiceTopic } from './service-topic.ts';

export class Desk implements ManagerPort {
  private readonly hall: Hall;
  private readonly service: ServiceTopic;
  readonly rules: RulesPort;
  readonly lists: ListsPort;
  readonly tags: TagsPort;
  readonly board: BoardPort;

  constructor(hall: Hall) {
    this.hall = hall;
    this.rules = new RuleDesk(hall);
    this.lists = new ListDesk(hall);
    this.tags = new TagDesk(() => hall.live().database.metadata);
    this.board = new BoardDesk(hall, () => this.availableTags());
    this.service = new ServiceTopic(() => serviceRecord(hall));
  }

  listRuns(): RunRecord[] {
    const { state } = this.hall.live();
    return [...state.runs.values()].reverse().map((run) => runView(state, run));
  }

  getRun(runId: string): RunRecord | undefined {
    const { state } = this.hall.live();
    const run = state.runs.get(runId);
    return run === undefined ? undefined : runView(state, run);
  }

  getReport(runId: string): RunReport | undefined {
    const { state } = this.hall.live();
    const run = state.runs.get(runId);
    return run === undefined ? undefined : reportOf(state, run);
  }

  why(runId: string, name: string): WhyAnswer | undefined {
    const { state, watch, replicator } = this.hall.live();
    const run = state.runs.get(runId);
    const row = run?.index.find(name) ?? -1;
    if (run === undefined || row < 0) return undefined;
    const { journal } = watch.record;
    const kept = {
      ...(journal === undefined || journal.state === 'ok'
        ? {}
        : { journal: { sentence: journal.sentence ?? '', sinceMs: journal.sinceMs } }),
      ...(replicator.waitsFor === undefined ? {} : { copy: replicator.waitsFor }),
    };
    return whyAnswer(state, run, row, kept, this.now());
  }

  listExecutors(): ExecutorRecord[] {
    return [...this.hall.live().state.executors.values()].map(executorView);
  }

  drainExecutor(id: string): boolean {
    const { state, loop, watch } = this.hall.live();
    if (!state.executors.has(id)) return false;
    watch.refuseUnwritable();
    loop.push({ type: 'executor-draining', id });
    return true;
  }

  ready(): { readonly ok: boolean; readonly why: string } {
    const failure = this.hall.failure();
    if (failure !== undefined) return { ok: false, why: failure.message };
    if (!this.hall.started()) return { ok: false, why: `recovering: ${this.hall.recovery().sentence}` };
    const { watch, replicator } = this.hall.live();
    const why = watch.fault ?? replicator.waitsFor;
    return why === undefined ? { ok: true, why: '' } : { ok: false, why };
  }

  recovery(): RecoveryReport {
    return this.hall.recovery();
  }

  recovering(): boolean {
    return !this.hall.started();
  }

  snapshot(topic: string): FeedTables | undefined {
    if (topic === SERVICE_TOPIC) return this.service.snapshot();
    return this.hall.live().feed.snapshot(topic);
  }

  changes(wanted: ReadonlySet<string>): Map<string, TopicChange> {
    const changes = this.hall.started() ? this.hall.live().feed.changes(wanted) : new Map<string, TopicChange>();
    const service = this.service.change(wanted);
    if (service !== undefined) changes.set(SERVICE_TOPIC, service);
    return changes;
  }

  onChange(callback: (urgent: boolean) => void): () => void {
    return this.hall.onChange(callback);
  }

  now(): number {
    return Date.now();
  }

  async createRun(request: RunRequest): Promise<string> {
    const { loop, state, database, tasks, watch } = this.hall.live();
    watch.refuseUnwritable();
    if (state.queue.length >= LIMITS.queuedRuns)
      throw new TagmillError('RATE_LIMITED', `${state.queue.length} runs wait already: wait for some to end`);
    const rules = request.mode === 'noop' ? [] : await database.metadata.versions.pinned(Date.now());
    const policies = request.mode === 'noop' ? [] : await database.metadata.policies.all();
    const { tables, timeZone, shardRows } = this.hall.config;
    const made = makeRun(request, {
      rules,
      policies,
      tasks,
      shippedTasks: this.hall.config.tasksDir === SHIPPED_TASKS,
      tables,
      timeZone,
      shardRows,
      nowMs: Date.now(),
      random: randomBytes(10),
    });
    const spec = await pinRun(made, database.metadata.lists, rules);
    await loop.submit({ type: 'run-created', spec });
    this.hall.announce(true);
    return spec.id;
  }

  getGraph(
    runId: string,
  ): { readonly instances: InstanceRecord[]; readonly edges: { readonly from: string; readonly to: string }[] } | undefined {
    const { state } = this.hall.live();
    const run = state.runs.get(runId);
    if (run === undefined) return undefined;
    const id = (row: number) => instanceId(run.id, run.task(row).name);
    return {
      instances: Array.from({ length: run.size }, (_, row) => instanceView(state, run, row)),
      edges: Array.from(edgesOf(run.graph), ({ from, to }) => ({ from: id(from), to: id(to) })),
    };
  }

  async act(runId: string, request: ActionRequest, who: string): Promise<ActionAnswer> {
    const { loop, state } = this.hall.live();
    const run = state.runs.get(runId);
    if (run === undefined) throw new TagmillError('NOT_FOUND', `no run ${runId}`);
    const plan = planOf(run, request);
    const answer = answerOf(run, request, plan);
    if (request.dry_run === true) return answer;
    if (request.preview_seq !== undefined && request.preview_seq !== answer.preview_seq) {
      throw new TagmillError(
        'PREVIEW_STALE',
        'what this would touch has changed since the preview: look at the new preview and confirm it',
        { preview: { ...answer, dry_run: true } },
      );
    }
    if (answer.affected.length === 0) {
      throw new TagmillError('ACTION_REFUSED', answer.refused[0]?.sentence ?? 'nothing is selected', { refused: answer.refused });
    }
    failpoint('manager.click.planned');
    const names = plan.moves.filter((move) => move.why === 'asked for').map((move) => run.task(move.row).name);
    await loop.submit({
      type: 'command',
      runId,
      action: request.action,
      names,
      downstream: request.downstream ?? 'as-success',
      reason: request.reason ?? null,
      who,
    });
    failpoint('manager.click.journaled');
    this.hall.announce(true);
    return answer;
  }

  async availableTags(): Promise<AvailableTag[]> {
    const { database, tasks } = this.hall.live();
    const files = new Map(tasks.map((one) => [one.task.tagId, one]));
    return (await database.metadata.loadRules()).map((rule) => ({
      tagId: rule.tagId,
      name: rule.tagName,
      category: rule.category,
      domain: files.get(rule.tagId)?.domain ?? CATEGORY_DOMAIN[rule.category] ?? 'other',
      description: rule.description ?? '',
      isActive: rule.isActive,
      task: files.get(rule.tagId)?.file ?? null,
    }));
  }

  async health() {
    const { database, state, watch } = this.hall.live();
    const checks: Record<string, string> = {};
    const failure = this.hall.failure();
    let ok = failure === undefined && watch.fault === undefined;
    checks['journal'] = failure?.message ?? watch.fault ?? 'ok';
    checks['snapshot'] = watch.snapshotText(this.now());
    try {
      await database.metadata.ping();
      checks['database'] = 'ok';
    } catch (error) {
      ok = false;
      checks['database'] = toTagmillError(error).message;
    }
    const connected = [...state.executors.values()].filter((one) => one.state === 'connected' && one.disconnectedMs === null).length;
    checks['executors'] = `${connected} connected`;
    return { ok, checks };
  }
}
