/**
 * A TaskManager: recovers from its journal, takes the lead, listens for
 * executors and people, and runs the loop. Composition only; what happens is
 * decided in `core`.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunReport } from '@tagmill/shared/api/report';
import type { Connections } from '@tagmill/shared/connections';
import { TagmillError, toTagmillError } from '@tagmill/shared/errors';
import type { FeedTables } from '@tagmill/shared/feed/reducer';
import type { ActionAnswer, ActionRequest, ExecutorRecord, InstanceRecord, RunRecord } from '@tagmill/shared/feed/views';
import type { PlanResult } from '@tagmill/shared/job';
import { LIMITS } from '@tagmill/shared/limits';
import type { TagSink } from '@tagmill/shared/merge/sink';
import type { FoundTagTask } from '@tagmill/shared/tag-task';
import { CATEGORY_DOMAIN } from '@tagmill/shared/words';
import type { Logger } from 'pino';
import type { ManagerConfig } from '../config/options.ts';
import type { Effect } from '../core/effects.ts';
import { RESULT_DONE, RESULT_FAILED, type ResultsEvent } from '../core/events.ts';
import { reportOf } from '../core/report.ts';
import { DEFAULT_SETTINGS, type ManagerState } from '../core/state.ts';
import { executorView, instanceView, runView } from '../core/views.ts';
import { ExecutorServer, type JoinRequest } from '../grpc/server.ts';
import type { AvailableTag, ManagerPort, RunRequest } from '../port.ts';
import { SqliteJournal } from '../store/sqlite-journal.ts';
import { openTagDatabase, type TagDatabase } from '../tagstore/open.ts';
import { loadTasks } from '../tasks/load-tasks.ts';
import { answerOf, planOf } from './actions.ts';
import { FeedSource, type TopicChange } from './feed-source.ts';
import { Loop } from './loop.ts';
import { makeRun } from './make-run.ts';
import { judgePlan } from './plan-verdict.ts';
import { recover } from './recover.ts';
import { RowsIn } from './rows-in.ts';
import { passJob, templateBytes } from './templates.ts';

export interface ManagerAddresses {
  /** Empty when no HTTP was asked for. */
  readonly httpUrl: string;
  readonly grpcAddress: string;
}

interface Running {
  readonly loop: Loop;
  readonly state: ManagerState;
  readonly journal: SqliteJournal;
  readonly database: TagDatabase;
  readonly sink: TagSink | undefined;
  readonly rows: RowsIn | undefined;
  readonly server: ExecutorServer;
  readonly feed: FeedSource;
  readonly tasks: readonly FoundTagTask[];
  readonly lineage: string;
}

export class Manager {
  private readonly config: ManagerConfig;
  private readonly log: Logger;
  private running: Running | undefined;
  private closers: (() => Promise<void>)[] = [];
  private readonly plans = new Map<string, Buffer>();
  private readonly listeners = new Set<(urgent: boolean) => void>();
  private grpcAddress = '';
  private failure: TagmillError | undefined;
  private resolveFailed: (error: TagmillError) => void = () => undefined;
  /** Resolves when the manager cannot go on; what was confirmed is safe. */
  readonly failed: Promise<TagmillError>;
  readonly port: ManagerPort;

  constructor(config: ManagerConfig, log: Logger) {
    this.config = config;
    this.log = log;
    this.failed = new Promise((resolve) => {
      this.resolveFailed = resolve;
    });
    this.port = this.makePort();
  }

  /** Errors: those of configuration, journal, database and ports; all is closed again then. */
  async start(): Promise<ManagerAddresses> {
    try {
      return await this.open();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Flushes and closes everything, the newest first. */
  async stop(): Promise<void> {
    const closers = this.closers.reverse();
    this.closers = [];
    for (const close of closers) {
      try {
        await close();
      } catch (error) {
        this.log.warn({ error: toTagmillError(error).message }, 'something did not close cleanly');
      }
    }
  }

  private async open(): Promise<ManagerAddresses> {
    const { config } = this;
    const settings = { ...DEFAULT_SETTINGS, leaseMs: config.leaseMs, triggeredRuns: LIMITS.triggeredRuns };
    const tasks = await loadTasks(config.tasksDir);
    makeFolder(config.dataDir);
    const journal = new SqliteJournal(join(config.dataDir, 'journal.db'));
    this.closers.push(() => journal.close());
    const startedMs = performance.now();
    const recovered = await recover(journal, settings, Date.now());
    if (recovered.events > 0)
      this.log.info(
        { events: recovered.events, runs: recovered.state.runs.size, ms: Math.round(performance.now() - startedMs) },
        'the journal is replayed',
      );

    const database = await openTagDatabase(config.databaseUrl);
    this.closers.push(() => database.close());
    await database.metadata.ping();
    const leadership = await database.metadata.claimLeadership({ id: recovered.lineage, url: this.publicUrl() });
    this.closers.push(() => leadership.release());
    leadership.lost.then(
      (error) => this.fail(error),
      (error: unknown) => this.fail(toTagmillError(error)),
    );

    const loop = new Loop(recovered.state, recovered.seq, {
      commit: (batch, done) => {
        journal.append(batch).then(() => done(), done);
      },
      soon: (task) => setImmediate(task),
      now: () => Date.now(),
      act: (effects) => this.act(effects),
      changed: () => this.announce(false),
      failed: (error) => this.fail(toTagmillError(error)),
      after: (delayMs, task) => {
        const timer = setTimeout(task, delayMs);
        return () => clearTimeout(timer);
      },
    });
    const sink = database.sink;
    const rows = sink === undefined ? undefined : new RowsIn(sink, (runId, number) => this.jobOf(runId, number));
    const server = this.makeServer(loop, recovered.lineage);
    this.running = {
      loop,
      state: recovered.state,
      journal,
      database,
      sink,
      rows,
      server,
      feed: new FeedSource(recovered.state, () => this.grpcAddress),
      tasks,
      lineage: recovered.lineage,
    };
    this.closers.push(() => loop.stop());
    await loop.submit({ type: 'term-taken', term: Math.max(leadership.term, recovered.state.term + 1) });
    const grpcPort = await server.listen();
    this.grpcAddress = `${config.grpc.host}:${grpcPort}`;
    this.closers.push(() => server.close());
    const httpUrl = await this.openHttp();
    return { httpUrl, grpcAddress: this.grpcAddress };
  }

  private publicUrl(): string {
    const { http, tls } = this.config;
    return http.port < 0 ? '' : `${tls === undefined ? 'http' : 'https'}://${http.host}:${http.port}`;
  }

  private async openHttp(): Promise<string> {
    const { http, apiKey } = this.config;
    if (http.port < 0) return '';
    const { startHttp } = await import('../http/server.ts');
    const server = await startHttp(this.port, {
      host: http.host,
      port: http.port,
      apiKey,
      dashboardDir: join(import.meta.dirname, '../../../dashboard/dist'),
      log: this.log,
      ...(this.config.tls === undefined ? {} : { tls: this.readTls() }),
    });
    this.closers.push(() => server.close());
    return server.url;
  }

  private readTls(): { readonly cert: Buffer; readonly key: Buffer } {
    const { tls } = this.config;
    if (tls === undefined) throw new TagmillError('CONFIG_INVALID', 'no certificate is configured');
    return { cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) };
  }

  private makeServer(loop: Loop, lineage: string): ExecutorServer {
    const { config, log } = this;
    const { state } = loop;
    return new ExecutorServer(
      {
        term: () => state.term,
        lineage,
        heartbeatMs: config.heartbeatMs,
        leaseMs: config.leaseMs,
        connectionsJson: () => JSON.stringify(this.connections()),
        joined: (request) => this.joined(loop, request),
        heard: (id, load) => {
          const executor = state.executors.get(id);
          if (executor === undefined) return;
          executor.lastHeardMs = Date.now();
          if (load === undefined) return;
          executor.cpuPercent = load.cpuPercent;
          executor.memoryBytes = load.memoryBytes;
          executor.loopLagMs = load.loopLagMs;
          state.dirty.executors.add(id);
          this.announce(false);
        },
        disconnected: (id) => {
          const executor = state.executors.get(id);
          if (executor === undefined || executor.state === 'gone') return;
          executor.disconnectedMs = Date.now();
          state.dirty.executors.add(id);
          log.warn({ executor: executor.name }, 'an executor lost its stream');
          loop.poke();
        },
        draining: (id) => loop.push({ type: 'executor-draining', id }),
        results: (event) => this.results(loop, event),
        blob: (id, name, data) => this.plans.set(`${id}/${name}`, data),
        template: (name) => templateBytes(state, name),
        rows: (id, message, answer) => this.running?.rows?.receive(id, message, (rowsMerged) => answer({ rowsMerged })),
        rowsClosed: (id) => this.running?.rows?.close(id),
        progress: () => undefined,
        log: (level, message, facts) => log[level](facts, message),
      },
      {
        host: config.grpc.host,
        port: config.grpc.port,
        joinToken: config.joinToken,
        tls: config.tls === undefined ? undefined : this.readTls(),
      },
    );
  }

  /** What executors need to reach target and object store. */
  private connections(): Connections {
    const { tables, s3Credentials, databaseUrl } = this.config;
    const s3 =
      tables.kind !== 's3'
        ? undefined
        : {
            ...(tables.endpoint === undefined ? {} : { endpoint: tables.endpoint }),
            ...(tables.region === undefined ? {} : { region: tables.region }),
            ...(s3Credentials === undefined ? {} : { credentials: s3Credentials }),
          };
    return {
      sink: this.running?.sink === undefined ? { kind: 'mysql', url: databaseUrl } : { kind: 'manager' },
      ...(s3 === undefined ? {} : { s3 }),
    };
  }

  private joined(loop: Loop, request: JoinRequest): void {
    const executor = loop.state.executors.get(request.id);
    if (executor !== undefined) {
      executor.lastHeardMs = Date.now();
      // Until its joining is in the journal it counts as cut off, but not as lost.
      if (executor.instance === request.instance) executor.disconnectedMs = Date.now();
    }
    this.log.info({ executor: request.name, slots: request.slots }, 'an executor joined');
    loop.push({ type: 'executor-joined', ...request });
  }

  /** A plan is judged before it is journaled: what follows from it is a fact in the journal, and replay never decides again. */
  private results(loop: Loop, event: ResultsEvent): void {
    const place = loop.state.open.get(event.fanOut);
    if (place?.fanOut.step !== 'plan' || event.status[0] !== RESULT_DONE) {
      loop.push(event);
      return;
    }
    const token = event.tokens[0] ?? 0;
    const name = `${event.executor}/plan/${token}`;
    const blob = this.plans.get(name);
    this.plans.delete(name);
    try {
      if (blob === undefined) throw new TagmillError('INTERNAL', 'the plan of the executor did not arrive with its result');
      const plan = JSON.parse(blob.toString('utf8')) as PlanResult;
      loop.push({
        type: 'plan-found',
        fanOut: event.fanOut,
        token,
        executor: event.executor,
        plan,
        ...judgePlan(place.run.spec, plan, this.running?.tasks),
      });
    } catch (error) {
      const { code, message } = toTagmillError(error);
      loop.push({ ...event, status: Uint8Array.of(RESULT_FAILED), details: [JSON.stringify({ code, message })] });
    }
  }

  private act(effects: readonly Effect[]): void {
    for (const effect of effects) {
      this.running?.server.act(effect);
      if (effect.type === 'run-over')
        this.log.info({ run: effect.runId, state: this.running?.state.runs.get(effect.runId)?.state }, 'a run has ended');
    }
  }

  private announce(urgent: boolean): void {
    for (const listener of this.listeners) listener(urgent);
  }

  private fail(error: TagmillError): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.log.error({ code: error.code }, error.message);
    this.resolveFailed(error);
  }

  private jobOf(runId: string, number: number) {
    const run = this.running?.state.runs.get(runId);
    const pass = run?.passes[number - 1];
    return run === undefined || pass === undefined ? undefined : passJob(run, pass);
  }

  private live(): Running {
    if (this.failure !== undefined) throw this.failure;
    if (this.running === undefined) throw new TagmillError('UNREACHABLE', 'the manager is not ready yet: try again in a moment');
    return this.running;
  }

  private makePort(): ManagerPort {
    return {
      createRun: (request) => this.createRun(request),
      listRuns: (): RunRecord[] => {
        const { state } = this.live();
        return [...state.runs.values()].reverse().map((run) => runView(state, run));
      },
      getRun: (runId) => {
        const { state } = this.live();
        const run = state.runs.get(runId);
        return run === undefined ? undefined : runView(state, run);
      },
      getGraph: (runId) => this.graph(runId),
      getReport: (runId): RunReport | undefined => {
        const { state } = this.live();
        const run = state.runs.get(runId);
        return run === undefined ? undefined : reportOf(state, run);
      },
      act: (runId, request, who) => this.command(runId, request, who),
      listExecutors: (): ExecutorRecord[] => [...this.live().state.executors.values()].map(executorView),
      drainExecutor: (id) => {
        const { state, server, loop } = this.live();
        if (!state.executors.has(id)) return false;
        loop.push({ type: 'executor-draining', id });
        server.drain(id);
        return true;
      },
      availableTags: () => this.availableTags(),
      health: () => this.health(),
      ready: () =>
        this.failure === undefined
          ? { ok: this.running !== undefined, why: this.running === undefined ? 'starting' : '' }
          : { ok: false, why: this.failure.message },
      snapshot: (topic): FeedTables | undefined => this.live().feed.snapshot(topic),
      changes: (wanted): Map<string, TopicChange> => this.live().feed.changes(wanted),
      onChange: (callback) => {
        this.listeners.add(callback);
        return () => this.listeners.delete(callback);
      },
      now: () => Date.now(),
    };
  }

  private async createRun(request: RunRequest): Promise<string> {
    const { loop, state, database, tasks } = this.live();
    if (state.queue.length >= LIMITS.queuedRuns)
      throw new TagmillError('RATE_LIMITED', `${state.queue.length} runs wait already: wait for some to end`);
    const rules = request.mode === 'noop' ? [] : await database.metadata.loadRules();
    const { tables, timeZone, shardRows } = this.config;
    const spec = makeRun(request, { rules, tasks, tables, timeZone, shardRows, nowMs: Date.now(), random: randomBytes(10) });
    await loop.submit({ type: 'run-created', spec });
    this.announce(true);
    return spec.id;
  }

  private graph(
    runId: string,
  ): { readonly instances: InstanceRecord[]; readonly edges: { readonly from: string; readonly to: string }[] } | undefined {
    const { state } = this.live();
    const run = state.runs.get(runId);
    if (run === undefined) return undefined;
    const prefix = (name: string) => `${run.id}/${name}`;
    return {
      instances: run.spec.tasks.map((_, row) => instanceView(state, run, row)),
      edges: run.spec.edges.map((edge) => ({ from: prefix(edge.from), to: prefix(edge.to) })),
    };
  }

  private async command(runId: string, request: ActionRequest, who: string): Promise<ActionAnswer> {
    const { loop, state } = this.live();
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
    this.announce(true);
    return answer;
  }

  private async availableTags(): Promise<AvailableTag[]> {
    const { database, tasks } = this.live();
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

  private async health() {
    const { database, state } = this.live();
    const checks: Record<string, string> = {};
    let ok = this.failure === undefined;
    checks['journal'] = this.failure?.message ?? 'ok';
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

function makeFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (error) {
    throw new TagmillError('CONFIG_INVALID', `the data directory ${dataDir} cannot be made: choose another with --data-dir`, {}, error);
  }
}
