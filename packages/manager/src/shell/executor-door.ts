/** What executors say becomes inputs of the loop; what cannot be journaled (heartbeats, lost streams) goes into the state at once. */
import type { Connections } from '@tagmill/shared/connections';
import { driftSentence } from '@tagmill/shared/field-facts';
import { TagmillError, toTagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import type { PlanResult } from '@tagmill/shared/job';
import type { FoundTagTask } from '@tagmill/shared/tag-task';
import { RESULT_DONE, RESULT_FAILED, type ResultsEvent } from '../core/events.ts';
import type { CopiesHeld, ExecutorPort, JoinRequest, Load } from '../grpc/server.ts';
import type { Loop } from './loop.ts';
import { readPlan } from './plan-shape.ts';
import { notePreparation } from '../core/preparations.ts';
import { driftOf } from './field-drift.ts';
import { judgePlan } from './plan-verdict.ts';
import type { RecoveryLog } from './recovery-log.ts';
import type { Replicator } from './replicator.ts';
import type { RowsIn } from './rows-in.ts';
import type { Questions } from './analyst/questions.ts';
import type { Hall } from './running.ts';
import { pinHolders, tagsRead } from './tag-holders.ts';
import { templateBytes } from './templates.ts';

export interface DoorParts {
  readonly loop: Loop;
  readonly lineage: string;
  readonly tasks: readonly FoundTagTask[];
  /** Embedded mode: rows of merges come in here. */
  readonly rows: RowsIn | undefined;
  readonly replicator: Replicator;
  readonly report: RecoveryLog;
  readonly questions: Questions;
}

export class ExecutorDoor {
  private readonly hall: Hall;
  private readonly loop: Loop;
  private readonly lineage: string;
  private readonly tasks: readonly FoundTagTask[];
  private readonly rows: RowsIn | undefined;
  private readonly replicator: Replicator;
  private readonly report: RecoveryLog;
  private readonly questions: Questions;
  /** Plans that came in whole and wait for their result. */
  private readonly plans = new Map<string, Buffer>();
  /** The stream that each executor is on now; the core leases nothing over another. */
  private readonly links = new Map<string, number>();
  private nextLink = 1;
  /** Tokens below were given by managers before this one. */
  private readonly firstToken: number;
  /** Executors whose joining is on its way into the journal. */
  private readonly joining = new Set<string>();

  constructor(hall: Hall, parts: DoorParts) {
    this.hall = hall;
    this.loop = parts.loop;
    this.lineage = parts.lineage;
    this.tasks = parts.tasks;
    this.rows = parts.rows;
    this.replicator = parts.replicator;
    this.report = parts.report;
    this.questions = parts.questions;
    this.loop.state.links = this.links;
    this.firstToken = this.loop.state.tokenNext;
  }

  port(): ExecutorPort {
    const { loop, lineage } = this;
    const { config, log } = this.hall;
    const { state } = loop;
    return {
      term: () => state.term,
      lineage,
      deadlines: config.deadlines,
      connectionsJson: () => JSON.stringify(this.connections()),
      joined: (request, copies) => this.joined(request, copies),
      heard: (id, load) => this.heard(id, load),
      disconnected: (id) => {
        this.links.delete(id);
        this.replicator.left(id);
        this.questions.left(id);
        // It sends its plan again with the result.
        for (const name of this.plans.keys()) if (name.startsWith(`${id}/`)) this.plans.delete(name);
        const executor = state.executors.get(id);
        if (executor === undefined || executor.state === 'gone') return;
        executor.disconnectedMs = performance.now();
        state.dirty.executors.add(id);
        log.warn({ executor: executor.name }, 'an executor lost its stream');
        loop.poke();
      },
      draining: (id) => loop.push({ type: 'executor-draining', id }),
      results: (event) => this.results(event),
      blob: (id, name, data) => this.keepPlan(id, name, data),
      template: (name) => templateBytes(state, name),
      values: async (hash) => {
        const lines = await this.hall.live().database.metadata.lists.lines(hash);
        return lines === undefined ? undefined : Buffer.from(lines);
      },
      rows: (id, message, answer) => this.rows?.receive(id, message, (rowsMerged) => answer({ rowsMerged })),
      rowsClosed: (id) => this.rows?.close(id),
      progress: (...said) => {
        if (notePreparation(state, ...said)) this.hall.announce(false);
      },
      replicaAck: (id, ack) => this.replicator.acknowledged(id, ack),
      answer: (id, answer) => this.questions.answered(id, answer),
    };
  }

  /** What executors need to reach target and object store. */
  private connections(): Connections {
    const { tables, s3Credentials, databaseUrl } = this.hall.config;
    const s3 =
      tables.kind !== 's3'
        ? undefined
        : {
            ...(tables.endpoint === undefined ? {} : { endpoint: tables.endpoint }),
            ...(tables.region === undefined ? {} : { region: tables.region }),
            ...(s3Credentials === undefined ? {} : { credentials: s3Credentials }),
          };
    return {
      sink: this.rows === undefined ? { kind: 'mysql', url: databaseUrl } : { kind: 'manager' },
      ...(s3 === undefined ? {} : { s3 }),
    };
  }

  /** False when it was given up as lost although its stream never broke: it must join again, with what it still holds. */
  private heard(id: string, load: Load | undefined): boolean {
    const { state } = this.loop;
    const executor = state.executors.get(id);
    if (executor === undefined) return this.joining.has(id);
    if ((executor.state === 'silent' || executor.state === 'gone') && !this.joining.has(id)) return false;
    executor.lastHeardMs = Date.now();
    executor.heardAtMs = performance.now();
    if (load === undefined) return true;
    executor.cpuPercent = load.cpuPercent;
    executor.memoryBytes = load.memoryBytes;
    executor.loopLagMs = load.loopLagMs;
    state.dirty.executors.add(id);
    this.hall.announce(false);
    return true;
  }

  private joined(request: JoinRequest, copies: CopiesHeld): void {
    const { loop } = this;
    const executor = loop.state.executors.get(request.id);
    if (executor !== undefined) {
      executor.lastHeardMs = Date.now();
      executor.heardAtMs = performance.now();
      // Until its joining is in the journal it counts as cut off, so nothing is leased to it, but not as lost.
      executor.disconnectedMs = performance.now();
    }
    const link = this.nextLink++;
    this.links.set(request.id, link);
    this.hall.log.info({ executor: request.name, slots: request.slots }, 'an executor joined');
    this.joining.add(request.id);
    failpoint('manager.door.joining');
    const joined = (): void => {
      this.joining.delete(request.id);
      const number = loop.state.executors.get(request.id)?.number;
      if (number !== undefined) this.report.joined(number);
      this.questions.joined();
    };
    // A journal that takes no more is told by the loop itself.
    loop.submit({ type: 'executor-joined', link, ...request }).then(joined, () => void this.joining.delete(request.id));
    this.replicator.joined(request.id, request.name, copies);
  }

  /** One plan of each executor: it is sent right before its result. */
  private keepPlan(id: string, name: string, data: Buffer): void {
    for (const other of this.plans.keys()) if (other.startsWith(`${id}/`)) this.plans.delete(other);
    this.plans.set(`${id}/${name}`, data);
  }

  /** Attempts of before the start that came too late: the target has refused them. */
  private countFenced({ details, status, tokens }: ResultsEvent): void {
    if (details === null) return;
    let fenced = 0;
    for (let i = 0; i < status.length; i++)
      if (status[i] === RESULT_FAILED && tokens[i]! < this.firstToken && details[i]!.includes('"code":"FENCED"')) fenced += 1;
    if (fenced > 0) this.report.refusedAtTarget(fenced);
  }

  /** A plan is judged before it is journaled: what follows from it is a fact in the journal, and replay never decides again. */
  private results(event: ResultsEvent): void {
    const { loop } = this;
    const place = loop.state.open.get(event.fanOut);
    failpoint('manager.door.results');
    this.countFenced(event);
    if (place?.fanOut.step !== 'plan' || event.status[0] !== RESULT_DONE) {
      loop.push(event);
      return;
    }
    const token = event.tokens[0] ?? 0;
    const name = `${event.executor}/plan/${token}`;
    const blob = this.plans.get(name);
    this.plans.delete(name);
    const failed = (error: unknown): void => {
      const { code, message } = toTagmillError(error);
      loop.push({ ...event, status: Uint8Array.of(RESULT_FAILED), details: [JSON.stringify({ code, message })] });
    };
    try {
      if (blob === undefined) throw new TagmillError('INTERNAL', 'the plan of the executor did not arrive with its result');
      const { drift: _, ...read } = readPlan(blob.toString('utf8'));
      const drift = driftOf(loop.state, place.run, read);
      const plan: PlanResult = drift === null ? read : { ...read, drift };
      const { clock, users, tags, notes } = judgePlan(place.run.spec, plan, this.tasks);
      failpoint('manager.door.plan');
      const found = (holders: Pick<PlanResult, 'holders'>): void =>
        loop.push({
          type: 'plan-found',
          fanOut: event.fanOut,
          token,
          executor: event.executor,
          plan: { ...plan, notes: [...plan.notes, ...(drift === null ? [] : [driftSentence(drift)]), ...notes], ...holders },
          clock,
          users,
          tags,
        });
      const ofTags = tagsRead(place.run.spec);
      if (ofTags.tags.length + ofTags.histories.length === 0) found({});
      else pinHolders(ofTags, clock, this.hall.live().database.metadata, Date.now()).then((holders) => found({ holders }), failed);
    } catch (error) {
      failed(error);
    }
  }
}
