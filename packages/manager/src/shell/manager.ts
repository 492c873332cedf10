/**
 * A TaskManager: recovers from its journal, takes the lead, listens for
 * executors and people, and runs the loop. Composition only; what happens is
 * decided in `core`.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TagmillError, toTagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import { LIMITS } from '@tagmill/shared/limits';
import { untilReachable } from '@tagmill/shared/until-reachable';
import type { Logger } from 'pino';
import { DEFAULT_SNAPSHOTS, type ManagerConfig } from '../config/options.ts';
import { apply } from '../core/apply.ts';
import type { Effect } from '../core/effects.ts';
import type { Stamped } from '../core/events.ts';
import { DEFAULT_SETTINGS, type ManagerState } from '../core/state.ts';
import { ExecutorServer } from '../grpc/server.ts';
import type { ManagerPort } from '../port.ts';
import { encodeBatch } from '../store/codec.ts';
import type { Journal, JournalHealth } from '../store/journal.ts';
import { SqliteJournal } from '../store/sqlite-journal.ts';
import type { Leadership } from '../tagstore/metadata.ts';
import { openTagDatabase } from '../tagstore/open.ts';
import { loadTasks } from '../tasks/load-tasks.ts';
import { Questions } from './analyst/questions.ts';
import { Desk } from './desk.ts';
import { ExecutorDoor } from './executor-door.ts';
import { FeedSource } from './feed-source.ts';
import { forwardClock } from './forward-clock.ts';
import { JournalWatch } from './journal-watch.ts';
import { Loop } from './loop.ts';
import { type Recovered, recover } from './recover.ts';
import { stateKeyOf } from './recovery-key.ts';
import { logLine, RecoveryLog } from './recovery-log.ts';
import { Replicator } from './replicator.ts';
import { RowsIn } from './rows-in.ts';
import type { Hall, Running } from './running.ts';
import { Settler } from './settler.ts';
import { s3CopiesAt } from './s3-candidate.ts';
import { collectSeldom } from './collector.ts';
import { copySnapshotsToS3 } from './snapshot-copies.ts';
import { passJob } from './templates.ts';

export interface ManagerAddresses {
  /** Empty when no HTTP was asked for. */
  readonly httpUrl: string;
  readonly grpcAddress: string;
}

interface CopyParts {
  readonly journal: Journal;
  readonly leadership: Leadership;
  readonly recovered: Recovered;
  readonly key: Uint8Array;
  readonly server: ExecutorServer;
}

interface LoopParts {
  readonly journal: Journal;
  readonly leadership: Leadership;
  readonly replicator: Replicator;
  readonly recovered: Recovered;
  readonly term: number;
  readonly seq: number;
}

export class Manager {
  private readonly config: ManagerConfig;
  private readonly log: Logger;
  private running: Running | undefined;
  private closers: (() => Promise<void>)[] = [];
  private readonly listeners = new Set<(urgent: boolean) => void>();
  private grpcAddress = '';
  private http: Promise<string> | undefined;
  private readonly report = new RecoveryLog(() => Date.now());
  /** The last entry that may have been confirmed to somebody. */
  private confirmedAt = { term: 0, seq: 0 };
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
    collectSeldom();
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
    const survey = await journal.open();
    failpoint('manager.start.surveyed');
    const database = await openTagDatabase(config.databaseUrl);
    this.closers.push(() => database.close());
    await untilReachable(
      () => database.metadata.ping(),
      (why) => this.log.warn({ why }, 'the database does not answer; trying for 30 s'),
    );
    const leadership = await database.metadata.claimLeadership({ id: survey.head?.lineage ?? randomUUID(), url: this.publicUrl() });
    this.closers.push(() => leadership.release());
    leadership.lost.then(
      (error) => this.fail(error),
      (error: unknown) => this.fail(toTagmillError(error)),
    );
    const server = await this.openServer();
    this.report.end('start', 'journal, database, term row and port');
    const key = stateKeyOf(config);
    const recovered = await recover({
      journal,
      survey,
      settings,
      dataDir: config.dataDir,
      confirmed: leadership.before,
      options: config.recovery,
      mayWait: !this.isPassing,
      key,
      executors: server,
      report: this.report,
      log: this.log,
      s3: this.isPassing ? undefined : s3CopiesAt(snapshots.s3),
      waits: async () => {
        await this.openHttp();
      },
      changed: () => this.announce(false),
    });
    const term = Math.max(leadership.term, recovered.state.term + 1);
    const replicator = this.makeReplicator({ journal, leadership, recovered, key, server });
    const seq = await this.takeTerm(journal, replicator, recovered, term);
    await replicator.begin();
    const loop = this.makeLoop({ journal, leadership, replicator, recovered, term, seq });
    const { sink } = database;
    const rows = sink === undefined ? undefined : new RowsIn(sink, (runId, number) => this.jobOf(runId, number));
    const { lineage, state } = recovered;
    const questions = new Questions(server, () => takingWork(state));
    this.closers.push(async () => questions.close());
    const door = new ExecutorDoor(this.hall(), { loop, lineage, tasks, rows, replicator, report: this.report, questions });
    const settler = new Settler(database.ledger, (input) => loop.push(input), this.log);
    const watch = new JournalWatch(journal, loop, this.log, () => this.announce(true));
    const endOnFault = this.isPassing ? journal.onHealth((health) => this.endOnFault(health)) : () => undefined;
    const feed = new FeedSource(state, () => this.grpcAddress);
    this.running = { loop, settler, state, database, sink, rows, server, feed, watch, replicator, tasks, lineage, questions };
    this.closers.push(() => loop.stop());
    this.closers.push(() => replicator.letGo());
    this.closers.push(() => settler.close());
    this.closers.push(async () => watch.close());
    this.closers.push(async () => endOnFault());
    if (snapshots.s3 !== undefined) this.closers.push(await copySnapshotsToS3(journal, snapshots.s3, this.log));
    this.report.begin('executors');
    this.report.onJoined = () => this.turned();
    failpoint('manager.start.admitting');
    server.admit(door.port());
    this.started();
    return { httpUrl: await this.openHttp(), grpcAddress: this.grpcAddress };
  }

  /** Nobody frees the disk of a command that waits for it: it ends, and says why. */
  private endOnFault(health: JournalHealth): void {
    if (health.state === 'ok') return;
    const where = `where this command keeps its journal, ${this.config.dataDir}`;
    if (health.state === 'full') this.fail(new TagmillError('DISK_FULL', `no space is left ${where}: free some and run it again`));
    else
      this.fail(
        new TagmillError('JOURNAL_UNWRITABLE', `the disk cannot be written ${where} (${health.state}): mend that and run it again`),
      );
  }

  /** A manager whose port is a new one each time: no executor comes back to it, and it leaves no trace in the leader's row. */
  private get isPassing(): boolean {
    return this.config.grpc.port === 0;
  }

  /** Listens; executors wait until they are admitted. */
  private async openServer(): Promise<ExecutorServer> {
    const { grpc, joinToken, heartbeatMs, leaseMs, tls } = this.config;
    const server = new ExecutorServer({
      host: grpc.host,
      port: grpc.port,
      joinToken,
      tls: tls === undefined ? undefined : this.readTls(),
      heartbeatMs,
      leaseMs,
      log: (level, message, facts) => this.log[level](facts, message),
    });
    const port = await server.listen();
    this.grpcAddress = `${grpc.host}:${port}`;
    this.closers.push(() => server.close());
    return server;
  }

  private makeReplicator({ journal, leadership, recovered, key, server }: CopyParts): Replicator {
    const { lineage, seq } = recovered;
    const { before } = leadership;
    const known = before.lineage === lineage;
    let holders = known ? before.holders : 0;
    const confirmed = () => ({ lineage, ...this.confirmedAt, holders });
    // What only this disk has was confirmed to nobody where a copy must have it first.
    const onlyCopied = known && this.config.durability === 'copied';
    this.confirmedAt = onlyCopied ? { term: before.term, seq: before.seq } : { term: recovered.state.term, seq };
    const replicator = new Replicator({
      journal,
      key,
      lineage,
      lastSeq: seq,
      copies: this.config.copies,
      send: (executor, frames) => server.sendReplica(executor, frames),
      tellHolders: async (count) => {
        holders = count ?? holders;
        if (!this.isPassing) await leadership.tell(confirmed);
      },
      warn: (facts, sentence) => this.log.warn(facts, sentence),
      info: (facts, sentence) => this.log.info(facts, sentence),
    });
    this.closers.push(async () => replicator.close());
    return replicator;
  }

  /** The term is in the journal before anything is decided under it. Gives the number of its entry. */
  private async takeTerm(journal: Journal, replicator: Replicator, { state, seq }: Recovered, term: number): Promise<number> {
    this.report.begin('term', `term ${term}`);
    const taken: Stamped = { atMs: forwardClock(state.atMs)(), event: { type: 'term-taken', term } };
    const batch = await journal.append({ seq: seq + 1, term, blob: encodeBatch([taken]) });
    failpoint('manager.start.term-taken');
    apply(state, taken);
    // On this disk alone it is nothing that a copy must have: nobody was told of it. But the row must say that there is a history.
    if (this.config.durability !== 'copied' || this.confirmedAt.seq === 0) this.confirmedAt = { term, seq: batch.seq };
    replicator.committed(batch);
    this.report.termTaken(term);
    this.report.end('term');
    return batch.seq;
  }

  private makeLoop({ journal, leadership, replicator, recovered, term, seq }: LoopParts): Loop {
    const copied = this.config.durability === 'copied';
    return new Loop(recovered.state, seq, {
      commit: (batch, done) => {
        journal.append(batch).then((committed) => {
          replicator.committed(committed);
          const confirm = (error?: unknown): void => {
            if (error === undefined) this.confirmedAt = { term, seq: committed.seq };
            done(error);
          };
          if (copied) replicator.whenCopied(committed.seq, confirm);
          else confirm();
        }, done);
      },
      term: () => term,
      leads: () => leadership.leads(),
      whenLeading: (task) => leadership.whenLeading(task),
      soon: (task) => setImmediate(task),
      now: forwardClock(recovered.state.atMs),
      steady: () => performance.now(),
      act: (effects) => this.act(effects),
      changed: () => this.turned(),
      failed: (error) => this.fail(toTagmillError(error)),
      after: (delayMs, task) => {
        const timer = setTimeout(task, delayMs);
        return () => clearTimeout(timer);
      },
    });
  }

  private started(): void {
    const report = this.report.report();
    const words = logLine(report);
    if (report.outcome === 'own' || report.outcome === 'fresh') this.log.info(words, `started: ${report.sentence}`);
    else this.log.warn(words, `recovered: ${report.sentence}`);
    this.turned();
    this.announce(true);
  }

  private turned(): void {
    if (this.report.look()) {
      const { running, kept, accepted, redone } = this.report.report().attempts;
      if (running > 0) this.log.info({ running, kept, accepted, redone }, 'the attempts of before the start have come to their end');
    }
    this.announce(false);
  }

  private publicUrl(): string {
    const { http, tls } = this.config;
    return http.port < 0 ? '' : `${tls === undefined ? 'http' : 'https'}://${http.host}:${http.port}`;
  }

  /** Once; loading it takes its time, so a start that need not wait for copies has executors at work before. */
  private openHttp(): Promise<string> {
    this.http ??= this.listenHttp();
    return this.http;
  }

  private async listenHttp(): Promise<string> {
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
      if (effect.type === 'dispatch') this.report.dispatched();
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

  private jobOf(runId: string, outerNumber: number) {
    const run = this.running?.state.runs.get(runId);
    const pass = run?.passOutside(outerNumber);
    return run === undefined || pass === undefined ? undefined : passJob(run, pass);
  }

  private hall(): Hall {
    return {
      config: this.config,
      log: this.log,
      live: () => this.live(),
      started: () => this.running !== undefined,
      failure: () => this.failure,
      recovery: () => this.report.report(),
      announce: (urgent) => this.announce(urgent),
      onChange: (callback) => {
        this.listeners.add(callback);
        return () => this.listeners.delete(callback);
      },
    };
  }

  private live(): Running {
    if (this.failure !== undefined) throw this.failure;
    if (this.running === undefined)
      throw new TagmillError('UNREACHABLE', `the manager is not ready yet (${this.report.report().sentence}): try again in a moment`);
    return this.running;
  }
}

/** Executors that are there and not on their way out. */
const takingWork = (state: ManagerState): string[] =>
  [...state.executors.values()].filter((one) => one.state === 'connected' && one.disconnectedMs === null).map((one) => one.id);

function makeFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (error) {
    throw new TagmillError('CONFIG_INVALID', `the data directory ${dataDir} cannot be made: choose another with --data-dir`, {}, error);
  }
}
