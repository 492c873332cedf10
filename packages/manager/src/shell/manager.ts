/**
 * A TaskManager: recovers from its journal, takes the lead, listens for
 * executors and people, and runs the loop. Composition only; what happens is
 * decided in `core`.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TagmillError, toTagmillError } from '@tagmill/shared/errors';
import { LIMITS } from '@tagmill/shared/limits';
import { untilReachable } from '@tagmill/shared/until-reachable';
import type { Logger } from 'pino';
import { DEFAULT_SNAPSHOTS, type ManagerConfig } from '../config/options.ts';
import type { Effect } from '../core/effects.ts';
import { DEFAULT_SETTINGS } from '../core/state.ts';
import type { ManagerPort } from '../port.ts';
import { SqliteJournal } from '../store/sqlite-journal.ts';
import { openTagDatabase } from '../tagstore/open.ts';
import { loadTasks } from '../tasks/load-tasks.ts';
import { Desk } from './desk.ts';
import { ExecutorDoor } from './executor-door.ts';
import { FeedSource } from './feed-source.ts';
import { forwardClock } from './forward-clock.ts';
import { Loop } from './loop.ts';
import { recover } from './recover.ts';
import { RowsIn } from './rows-in.ts';
import type { Hall, Running } from './running.ts';
import { Settler } from './settler.ts';
import { passJob } from './templates.ts';

export interface ManagerAddresses {
  /** Empty when no HTTP was asked for. */
  readonly httpUrl: string;
  readonly grpcAddress: string;
}

export class Manager {
  private readonly config: ManagerConfig;
  private readonly log: Logger;
  private running: Running | undefined;
  private closers: (() => Promise<void>)[] = [];
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
    this.port = new Desk(this.hall());
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
    const { snapshots = DEFAULT_SNAPSHOTS } = config;
    makeFolder(config.dataDir);
    const journal = new SqliteJournal({
      dataDir: config.dataDir,
      settings,
      snapshotEvents: snapshots.events,
      snapshotMs: snapshots.intervalMs,
      log: this.log,
    });
    this.closers.push(() => journal.close());
    const startedMs = performance.now();
    const recovered = await recover(journal, settings, Date.now(), performance.now());
    if (recovered.events > 0)
      this.log.info(
        { events: recovered.events, runs: recovered.state.runs.size, ms: Math.round(performance.now() - startedMs) },
        'the journal is replayed',
      );

    const database = await openTagDatabase(config.databaseUrl);
    this.closers.push(() => database.close());
    await untilReachable(
      () => database.metadata.ping(),
      (why) => this.log.warn({ why }, 'the database does not answer; trying for 30 s'),
    );
    const leadership = await database.metadata.claimLeadership({ id: recovered.lineage, url: this.publicUrl() });
    this.closers.push(() => leadership.release());
    leadership.lost.then(
      (error) => this.fail(error),
      (error: unknown) => this.fail(toTagmillError(error)),
    );

    const term = Math.max(leadership.term, recovered.state.term + 1);
    const loop = new Loop(recovered.state, recovered.seq, {
      commit: (batch, done) => {
        journal.append(batch).then(() => done(), done);
      },
      term: () => term,
      leads: () => leadership.leads(),
      whenLeading: (task) => leadership.whenLeading(task),
      soon: (task) => setImmediate(task),
      now: forwardClock(recovered.state.atMs),
      steady: () => performance.now(),
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
    const tls = config.tls === undefined ? undefined : this.readTls();
    const server = new ExecutorDoor(this.hall(), { loop, lineage: recovered.lineage, tasks, rows, tls }).server();
    const settler = new Settler(database.ledger, (input) => loop.push(input), this.log);
    this.running = {
      loop,
      settler,
      state: recovered.state,
      database,
      sink,
      rows,
      server,
      feed: new FeedSource(recovered.state, () => this.grpcAddress),
      tasks,
      lineage: recovered.lineage,
    };
    this.closers.push(() => loop.stop());
    this.closers.push(() => settler.close());
    await loop.submit({ type: 'term-taken', term });
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

  private act(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'settle') this.running?.settler.act(effect, this.running.state.term);
      else this.running?.server.act(effect);
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

  private hall(): Hall {
    return {
      config: this.config,
      log: this.log,
      live: () => this.live(),
      started: () => this.running !== undefined,
      failure: () => this.failure,
      announce: (urgent) => this.announce(urgent),
      onChange: (callback) => {
        this.listeners.add(callback);
        return () => this.listeners.delete(callback);
      },
    };
  }

  private live(): Running {
    if (this.failure !== undefined) throw this.failure;
    if (this.running === undefined) throw new TagmillError('UNREACHABLE', 'the manager is not ready yet: try again in a moment');
    return this.running;
  }
}

function makeFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (error) {
    throw new TagmillError('CONFIG_INVALID', `the data directory ${dataDir} cannot be made: choose another with --data-dir`, {}, error);
  }
}
