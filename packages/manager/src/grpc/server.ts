/**
 * The executors' door: accepts streams, checks who comes, hands on what they
 * say. Holds no state of the core; what it hears becomes the core's inputs
 * through `ExecutorPort`.
 */
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { TagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import type { FromExecutor } from '@tagmill/shared/gen/tagmill/v1/FromExecutor';
import type { FromManager } from '@tagmill/shared/gen/tagmill/v1/FromManager';
import type { Hello__Output } from '@tagmill/shared/gen/tagmill/v1/Hello';
import type { ReplicaAck__Output } from '@tagmill/shared/gen/tagmill/v1/ReplicaAck';
import type { Rows__Output } from '@tagmill/shared/gen/tagmill/v1/Rows';
import { LIMITS } from '@tagmill/shared/limits';
import { hashOfName } from '@tagmill/shared/value-set';
import { CHANNEL_OPTIONS, executorService, PartCollector, partsOf } from '@tagmill/shared/wire/service';
import { HealthImplementation } from 'grpc-health-check';
import type { Effect } from '../core/effects.ts';
import type { HeldAttempts, ResultsEvent } from '../core/events.ts';
import { type Refusal, refusalOf } from './hello.ts';
import { ReplicaIn } from './replica-in.ts';
import { Session } from './session.ts';
import {
  type AnswerPart,
  answerFrom,
  cancelOf,
  type CopyHead,
  confirmOf,
  dispatchOf,
  headsFrom,
  heldFrom,
  type Incoming,
  type IncomingFrame,
  type Outgoing,
  type ReplicaFrames,
  resultsFrom,
} from './wire.ts';

export interface JoinRequest {
  readonly id: string;
  readonly name: string;
  readonly instance: string;
  readonly slots: number;
  readonly version: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly held: readonly HeldAttempts[];
}

/** Of an executor that joins: the copies of journals that it keeps. Not journaled. */
export type CopiesHeld = readonly CopyHead[];

export interface Load {
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  readonly loopLagMs: number;
}

/** What the manager's shell does with what executors say. */
export interface ExecutorPort {
  readonly term: () => number;
  readonly lineage: string;
  readonly deadlines: { readonly stopMs: number; readonly attemptMs: number };
  /** JSON of target and object store with credentials; undefined when executors must have their own. */
  readonly connectionsJson: () => string;
  readonly joined: (request: JoinRequest, copies: CopiesHeld) => void;
  /** False when the executor counts as lost: its session is ended, and it joins again. */
  readonly heard: (id: string, load?: Load) => boolean;
  readonly disconnected: (id: string) => void;
  readonly draining: (id: string) => void;
  readonly results: (event: ResultsEvent) => void;
  /** A plan came in whole; its result follows as `results` with the blob's name. */
  readonly blob: (id: string, name: string, data: Buffer) => void;
  /** Template of a pass as bytes, or undefined when the pass is gone. */
  readonly template: (name: string) => Uint8Array | undefined;
  /** A set of values by the hash of its content; undefined: it is not kept any more. */
  readonly values?: (hash: string) => Promise<Uint8Array | undefined>;
  readonly rows: (id: string, rows: Rows__Output, answer: (message: Outgoing) => void) => void;
  readonly rowsClosed: (id: string) => void;
  /** What the attempt at a shard does before its own work; the empty text: it goes on with that. */
  readonly progress: (fanOut: number, shard: number, token: number, text: string) => void;
  /** What the executor has written of the copy of the journal. */
  readonly replicaAck: (id: string, ack: ReplicaAck__Output) => void;
  /** A part of the answer to a question. */
  readonly answer: (id: string, answer: AnswerPart) => void;
}

/** An executor that has said Hello while the manager still looks for its journal: it waits. */
export interface HeldExecutor {
  readonly id: string;
  readonly name: string;
  readonly copies: readonly CopyHead[];
}

export interface GrpcOptions {
  readonly host: string;
  readonly port: number;
  /** undefined: no token is asked for (insecure-dev, loopback only). */
  readonly joinToken: string | undefined;
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly heartbeatMs: number;
  readonly leaseMs: number;
  readonly log: (level: 'info' | 'warn', message: string, facts: Record<string, unknown>) => void;
}

export class ExecutorServer {
  private port: ExecutorPort | undefined;
  private readonly options: GrpcOptions;
  private readonly server = new Server(CHANNEL_OPTIONS);
  private readonly sessions = new Map<string, Session>();
  private readonly all = new Set<Session>();
  private readonly parts = new Map<Session, PartCollector>();
  /** Templates that each executor has been sent. */
  private readonly sentTemplates = new Map<Session, Set<string>>();
  private pulse: NodeJS.Timeout | undefined;
  /** Hellos that wait until this manager has its journal. */
  private readonly waiting = new Map<Session, Hello__Output>();
  private readonly replicas = new ReplicaIn();
  /** Called when the executors that wait have changed. */
  onHeld: () => void = () => undefined;

  /** Who comes waits until `admit`. */
  constructor(options: GrpcOptions) {
    this.options = options;
    this.server.addService(executorService(), {
      Session: (stream: ServerDuplexStream<FromExecutor, FromManager>) => this.accept(stream),
      FetchReplica: this.replicas.receive,
    });
    new HealthImplementation({ '': 'SERVING', 'tagmill.v1.ExecutorService': 'SERVING' }).addToServer(this.server);
  }

  /** Listens; resolves with the port (the given one, or a free one for 0). */
  listen(): Promise<number> {
    const { host, port, tls } = this.options;
    const credentials =
      tls === undefined
        ? ServerCredentials.createInsecure()
        : ServerCredentials.createSsl(null, [{ cert_chain: tls.cert, private_key: tls.key }], false);
    return new Promise((resolve, reject) => {
      this.server.bindAsync(`${host.includes(':') ? `[${host}]` : host}:${port}`, credentials, (error, bound) => {
        if (error !== null) {
          reject(
            new TagmillError(
              'PORT_IN_USE',
              `cannot listen for executors on ${host}:${port}: ${error.message}. Stop what uses the port, or choose another with --grpc HOST:PORT.`,
              {},
              error,
            ),
          );
          return;
        }
        this.pulse = setInterval(() => {
          for (const session of this.sessions.values()) session.send({ pulse: {} });
        }, this.options.heartbeatMs);
        resolve(bound);
      });
    });
  }

  /** From now on executors are welcomed, those that wait first. */
  admit(port: ExecutorPort): void {
    this.port = port;
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const [session, hello] of waiting) this.welcome(port, session, hello);
  }

  /** Executors that wait, each with the copies that it says it keeps. */
  held(): HeldExecutor[] {
    return [...this.waiting.values()].map((hello) => ({ id: hello.executorId, name: hello.name, copies: headsFrom(hello) }));
  }

  /** The frames of the copy that an executor keeps. Errors: UNREACHABLE. */
  fetchReplica(id: string, lineage: string, silenceMs: number): AsyncGenerator<IncomingFrame> {
    return this.replicas.frames((ticket) => this.sessions.get(id)?.send({ replicaWanted: { lineage, ticket } }), silenceMs);
  }

  /** False when the executor is not there, or has not read what was sent before: frames are sent when there is nothing more urgent. */
  sendReplica(id: string, frames: ReplicaFrames): boolean {
    const session = this.sessions.get(id);
    if (session === undefined || session.isBlocked) return false;
    session.send({ replicaFrames: { frames: [...frames] } });
    return true;
  }

  /** Asks a question; false when the executor is not there. The job is sent once to each session. */
  ask(id: string, question: number, requestJson: string, job: { readonly name: string; readonly bytes: Uint8Array }): boolean {
    const session = this.sessions.get(id);
    const sent = session === undefined ? undefined : this.sentTemplates.get(session);
    if (session === undefined || sent === undefined || this.waiting.has(session)) return false;
    if (!sent.has(job.name)) {
      sent.add(job.name);
      for (const part of partsOf(job.bytes)) session.send({ templatePart: { name: job.name, ...part } });
    }
    session.send({ ask: { question, requestJson, jobName: job.name } });
    return true;
  }

  /** Nobody waits for the question any more. */
  askOver(id: string, question: number): void {
    this.sessions.get(id)?.send({ askOver: { question } });
  }

  /** The job of questions is not needed any more. */
  forgetJob(jobName: string): void {
    for (const [session, sent] of this.sentTemplates) if (sent.delete(jobName)) session.send({ askOver: { question: 0, jobName } });
  }

  async close(): Promise<void> {
    clearInterval(this.pulse);
    for (const session of [...this.all]) session.end();
    await new Promise<void>((resolve) => {
      const force = setTimeout(() => this.server.forceShutdown(), 500);
      this.server.tryShutdown(() => {
        clearTimeout(force);
        resolve();
      });
    });
  }

  /** Asks an executor to finish and go. */
  drain(id: string): void {
    this.sessions.get(id)?.send({ drain: {} });
  }

  isConnected(id: string): boolean {
    return this.sessions.has(id);
  }

  act(effect: Effect): void {
    const { port } = this;
    if (port === undefined) return;
    switch (effect.type) {
      case 'dispatch': {
        const session = this.sessions.get(effect.executor);
        if (session === undefined) return;
        if (effect.step !== 'run')
          this.sendTemplate(session, effect.step === 'plan' ? `${effect.runId}/plan` : `${effect.runId}/${effect.pass}`);
        session.send(dispatchOf(effect, port.term()));
        failpoint('manager.server.dispatched');
        return;
      }
      case 'confirm':
        failpoint('manager.server.confirming');
        this.sessions.get(effect.executor)?.send(confirmOf(effect));
        failpoint('manager.server.confirmed');
        return;
      case 'cancel':
        this.sessions.get(effect.executor)?.send(cancelOf(effect));
        return;
      case 'pass-over':
        for (const session of this.sessions.values()) session.send({ passOver: { runId: effect.runId, pass: effect.pass } });
        for (const sent of this.sentTemplates.values()) sent.delete(`${effect.runId}/${effect.pass}`);
        return;
      case 'drain':
        this.drain(effect.executor);
        return;
      case 'run-over':
      case 'settle':
        return;
    }
  }

  private sendWanted(session: Session, name: string): void {
    const hash = hashOfName(name);
    if (hash === undefined) {
      this.sendTemplate(session, name, true);
      return;
    }
    const send = (bytes: Uint8Array): void => {
      for (const part of partsOf(bytes)) session.send({ templatePart: { name, ...part } });
    };
    // One that is not there is sent as nothing: the executor sees that it is not what was asked for.
    (this.port?.values?.(hash) ?? Promise.resolve(undefined)).then(
      (bytes) => send(bytes ?? new Uint8Array(0)),
      (error: unknown) => {
        this.options.log('warn', 'a set of values could not be read', { hash, error: String(error) });
        send(new Uint8Array(0));
      },
    );
  }

  private sendTemplate(session: Session, name: string, again = false): void {
    const sent = this.sentTemplates.get(session);
    if (sent === undefined || (sent.has(name) && !again)) return;
    const bytes = this.port?.template(name);
    if (bytes === undefined) return;
    sent.add(name);
    for (const part of partsOf(bytes)) session.send({ templatePart: { name, ...part } });
  }

  private accept(stream: ServerDuplexStream<FromExecutor, FromManager>): void {
    const session = new Session(stream, {
      message: (from, message) => this.receive(from, message),
      closed: (from) => this.forget(from),
    });
    this.all.add(session);
  }

  private forget(session: Session): void {
    this.all.delete(session);
    this.parts.delete(session);
    this.sentTemplates.delete(session);
    const waited = this.waiting.delete(session);
    const id = session.executorId;
    if (id === undefined || this.sessions.get(id) !== session) return;
    this.sessions.delete(id);
    if (waited) this.onHeld();
    this.port?.rowsClosed(id);
    this.port?.disconnected(id);
  }

  /** What a peer sends must not end this process: it ends its session. */
  private receive(session: Session, message: Incoming): void {
    try {
      this.take(session, message);
    } catch (error) {
      this.options.log('warn', `executor ${session.executorId ?? session.peer} sent what cannot be handled`, { error: String(error) });
      session.close();
    }
  }

  private take(session: Session, message: Incoming): void {
    const id = session.executorId;
    if (id === undefined) {
      if (message.hello) this.hello(session, message.hello);
      else session.close();
      return;
    }
    const { port } = this;
    // Until it is welcomed it has nothing to say.
    if (port === undefined || this.waiting.has(session)) return;
    if (!port.heard(id)) {
      this.options.log('info', 'an executor that was given up as lost is heard again: it joins anew', { executor: id });
      session.close();
      return;
    }
    if (message.heartbeat) port.heard(id, message.heartbeat);
    else if (message.results) {
      const event = resultsFrom(id, message.results);
      if (event === undefined) session.close();
      else port.results(event);
    } else if (message.rows) port.rows(id, message.rows, (answer) => session.send(answer));
    else if (message.progress)
      port.progress(message.progress.fanOut, message.progress.shard, message.progress.token, message.progress.text);
    else if (message.draining) port.draining(id);
    else if (message.templateWanted) this.sendWanted(session, message.templateWanted.name);
    else if (message.blobPart) this.blobPart(session, id, message.blobPart);
    else if (message.replicaAck) port.replicaAck(id, message.replicaAck);
    else if (message.answer) port.answer(id, answerFrom(message.answer));
  }

  private blobPart(
    session: Session,
    id: string,
    part: { readonly name: string; readonly index: number; readonly last: boolean; readonly data: Buffer | Uint8Array | string },
  ): void {
    try {
      const whole = this.parts.get(session)?.add(part.name, part.index, part.last, Buffer.from(part.data as Uint8Array));
      if (whole !== undefined) this.port?.blob(id, part.name, whole);
    } catch (error) {
      this.options.log('warn', `executor ${id} sent a broken part`, { error: String(error) });
      session.close();
    }
  }

  private hello(session: Session, hello: Hello__Output): void {
    const refuse = ({ code, message }: Refusal, retryAfterMs = 0) => {
      this.options.log('warn', `refused an executor from ${session.peer}: ${message}`, { code, name: hello.name });
      session.send({ refused: { code, message, retryAfterMs } });
      session.end();
    };
    const refusal = refusalOf(hello, this.options.joinToken);
    if (refusal !== undefined) {
      refuse(refusal);
      return;
    }
    const before = this.sessions.get(hello.executorId);
    if (before !== undefined && before.instance !== hello.instance && before.idleMs < this.options.leaseMs) {
      const message = `another process is connected as ${hello.executorId}, from ${before.peer}: give this one another --name, or end the other`;
      refuse({ code: 'USAGE', message }, this.options.heartbeatMs);
      return;
    }
    failpoint('manager.server.hello');
    session.executorId = hello.executorId;
    session.instance = hello.instance;
    this.sessions.set(hello.executorId, session);
    before?.close();
    this.parts.set(session, new PartCollector(LIMITS.templateBytes));
    this.sentTemplates.set(session, new Set());
    const { port } = this;
    if (port === undefined) {
      this.waiting.set(session, hello);
      this.onHeld();
    } else this.welcome(port, session, hello);
  }

  private welcome(port: ExecutorPort, session: Session, hello: Hello__Output): void {
    session.send({
      welcome: {
        term: port.term(),
        lineage: port.lineage,
        heartbeatMs: this.options.heartbeatMs,
        leaseMs: this.options.leaseMs,
        stopMs: port.deadlines.stopMs,
        attemptMs: port.deadlines.attemptMs,
        connectionsJson: port.connectionsJson(),
      },
    });
    failpoint('manager.server.welcomed');
    const { executorId, name, instance, slots, softwareVersion, labels } = hello;
    const held = hello.lineage === port.lineage ? heldFrom(hello) : [];
    port.joined({ id: executorId, name, instance, slots, version: softwareVersion, labels, held }, headsFrom(hello));
  }
}
