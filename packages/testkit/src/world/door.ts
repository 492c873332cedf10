/**
 * What the manager's real shell does with streams and the target
 * (executor-door.ts, grpc/server.ts, settler.ts), over simulated ones.
 */
import type { Effect } from '@tagmill/manager/core/effects';
import type { ResultsEvent } from '@tagmill/manager/core/events';
import type { Position } from '@tagmill/manager/store/journal';
import type { Prng } from '@tagmill/shared/prng';
import type { SimClock } from './clock.ts';
import { CopyFeed } from './copies.ts';
import type { SimCopy } from './disk.ts';
import type { ExecutorLink, ExecutorNode, UpMessage } from './executor-node.ts';
import type { FaultDice } from './faults.ts';
import { SimLink } from './link.ts';
import type { ManagerDoors, ManagerNode, OfferedCopy } from './manager-node.ts';
import { planFor } from './sim-run.ts';
import type { SimTarget } from './target.ts';

type Hello = Extract<UpMessage, { type: 'hello' }>;

interface Session {
  readonly link: ExecutorLink;
  readonly instance: string;
  feed: CopyFeed | undefined;
  heardMs: number;
  /** Its Hello is in the journal and applied. */
  joined: boolean;
}

export interface DoorWorld {
  readonly clock: SimClock;
  readonly prng: Prng;
  readonly dice: FaultDice;
  readonly target: SimTarget;
  readonly manager: ManagerNode;
  readonly leaseMs: number;
  /** Executors that are sent copies at most. */
  readonly copies: number;
  readonly blocked: (executor: string, manager: string, direction: 'up' | 'down') => boolean;
  /** Tokens that were dispatched by anybody: none is ever used twice. */
  readonly tokens: Set<string>;
  readonly shardsOf: (runId: string, pass: number) => number;
}

export class SimDoor implements ManagerDoors {
  /** The newest stream that each process dialled. */
  private readonly links = new Map<string, ExecutorLink>();
  /** Hellos that wait until this manager leads. */
  private readonly held = new Map<string, { readonly link: ExecutorLink; readonly hello: Hello }>();
  /** The stream that the manager has for each executor since its Hello. */
  private readonly sessions = new Map<string, Session>();
  /** Commits that wait for a copy. */
  private readonly copying: { readonly seq: number; readonly done: () => void }[] = [];
  readonly broken: string[] = [];
  lastResults: ResultsEvent | undefined;
  /** Second processes under an id that were turned away. */
  refused = 0;
  private nextLink = 1;
  private readonly world: DoorWorld;

  constructor(world: DoorWorld) {
    this.world = world;
  }

  /** Undefined when nobody listens there. */
  dial(node: ExecutorNode): ExecutorLink | undefined {
    const { clock, prng, dice, manager, blocked } = this.world;
    if (manager.leadership === undefined || blocked(node.id, manager.name, 'up') || blocked(node.id, manager.name, 'down'))
      return undefined;
    const link: ExecutorLink = new SimLink({ clock, prng, dice, blocked: (direction) => blocked(node.id, manager.name, direction) });
    link.onUp = (message) => manager.machine.whenAwake(() => this.receive(node.id, link, message));
    link.onClosed = (side) => {
      if (side === 'executor') node.lost(link);
      else manager.machine.whenAwake(() => this.lost(node.id, link));
    };
    this.links.set(node.key, link);
    return link;
  }

  /** Cuts the stream of one process, or of all. */
  cut(key?: string): void {
    for (const [of, link] of this.links) if (key === undefined || of === key) link.reset();
  }

  linkOf(key: string): ExecutorLink | undefined {
    return this.links.get(key);
  }

  forget(): void {
    for (const link of this.links.values()) link.end('manager');
    this.links.clear();
    this.held.clear();
    this.sessions.clear();
    this.copying.length = 0;
  }

  offers(): readonly OfferedCopy[] {
    const offers: OfferedCopy[] = [];
    for (const [name, { link, hello }] of this.held)
      if (link.isOpen('manager') && hello.copy !== undefined) offers.push({ name, ...hello.copy });
    return offers;
  }

  open(): void {
    const waiting = [...this.held];
    this.held.clear();
    for (const [id, { link, hello }] of waiting) if (link.isOpen('manager')) this.hello(id, link, hello);
  }

  committed(): void {
    for (const { feed } of this.sessions.values()) feed?.pump();
  }

  whenCopied(seq: number, done: () => void): void {
    this.copying.push({ seq, done });
    this.release();
  }

  /** What waits for a first copy of its entry. */
  private release(): void {
    const seq = Math.max(0, ...[...this.sessions.values()].map(({ feed }) => feed?.countedSeq ?? 0));
    while (this.copying.length > 0 && this.copying[0]!.seq <= seq) this.copying.shift()!.done();
  }

  private copied(feed: CopyFeed | undefined, seq: number, again: boolean): void {
    feed?.answered(seq, again);
    if (again && feed !== undefined) feed.counts = false;
    this.count(feed);
  }

  /** Only what the leader's row knows of may be relied on. */
  private count(feed: CopyFeed | undefined): void {
    if (feed === undefined || !feed.holds || feed.counts) {
      this.release();
      return;
    }
    const { manager } = this.world;
    manager.holders = [...this.sessions.values()].filter((session) => session.feed?.holds === true).length;
    manager.leadership?.tell(() => {
      feed.counts = feed.holds;
      this.release();
    });
  }

  /** Who was one too many is sent a copy when another has left. */
  private takeSpare(): void {
    for (const [id, session] of this.sessions) {
      if (session.feed !== undefined) continue;
      session.feed = this.feedFor(id, session.link, undefined);
      session.feed?.pump();
      return;
    }
  }

  /** At most so many executors are sent copies; a new stream of one that is gets a new feed. */
  private feedFor(id: string, link: ExecutorLink, at: Position | undefined): CopyFeed | undefined {
    const others = [...this.sessions].filter(([of, { feed }]) => of !== id && feed !== undefined).length;
    if (others >= this.world.copies) return undefined;
    return new CopyFeed(this.world.manager.disk, at, (frames) => link.sendDown(frames));
  }

  send(id: string, message: Parameters<ExecutorLink['sendDown']>[0]): void {
    this.sessions.get(id)?.link.sendDown(message);
  }

  act(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'dispatch') this.dispatch(effect);
      else if (effect.type === 'confirm') {
        const { executor, fanOut, shards, tokens } = effect;
        this.send(executor, { type: 'confirm', fanOut, shards: [...shards], tokens: [...tokens] });
      } else if (effect.type === 'cancel') {
        const { executor, fanOut, shards, tokens } = effect;
        this.send(executor, { type: 'cancel', fanOut, shards, tokens });
      } else if (effect.type === 'settle') {
        this.useToken(effect.token, 'a question to the target');
        this.settle(effect, this.world.manager.state?.term ?? 0);
      } else if (effect.type === 'drain') this.send(effect.executor, { type: 'drain' });
      else if (effect.type === 'pass-over') {
        for (const id of this.sessions.keys()) this.send(id, { type: 'pass-over', runId: effect.runId, pass: effect.pass });
      }
    }
  }

  private dispatch(effect: Extract<Effect, { type: 'dispatch' }>): void {
    const { executor, runId, pass, step, fanOut, firstToken } = effect;
    const shards = [...effect.shards];
    const { manager } = this.world;
    // What is leased before the journal has the Hello is not in it: the manager would take it back, and it would run twice.
    // A rollback waits for its flush, and its stream may be another one by then: it is asked after, and its fence raised.
    if (step !== 'rollback' && this.sessions.get(executor)?.joined !== true)
      this.broken.push(`[1] a lease for ${executor} goes into a stream that is not there or has not joined yet`);
    const term = manager.state?.term ?? 0;
    shards.forEach((shard, i) => {
      this.useToken(firstToken + i, `shard ${shard}`);
    });
    const { attempts, scope, pieceHashes } = effect;
    const lists = { shards, attempts: [...attempts], scope: [...(scope ?? [])], pieceHashes: [...(pieceHashes ?? [])] };
    this.send(executor, { type: 'dispatch', order: { runId, pass, step, fanOut, firstToken, term, ...lists } });
  }

  /** None is ever used twice. A journal that begins anew counts anew: its term is higher. */
  private useToken(number: number, what: string): void {
    const { tokens, manager } = this.world;
    const token = `${manager.disk.lineage}/${number}`;
    if (tokens.has(token)) this.broken.push(`[5] token ${token} is used again, for ${what}`);
    tokens.add(token);
  }

  /** Asks the target until it answers. */
  private settle(effect: Extract<Effect, { type: 'settle' }>, term: number): void {
    const { manager, target, prng, shardsOf } = this.world;
    const { loop } = manager;
    const { runId, pass, fanOut, token, shards, scope } = effect;
    manager.machine.after(prng.between(1, 50), () => {
      if (manager.loop !== loop) return;
      const results: (string | null)[] = [];
      for (const shard of shards) {
        const result = target.settle({ runId, pass, shard, shards: shardsOf(runId, pass), term, token }, scope);
        if (result === 'away') {
          manager.machine.after(200, () => this.settle(effect, term));
          return;
        }
        results.push(result === null ? null : JSON.stringify(result));
      }
      manager.machine.after(prng.between(1, 50), () => {
        if (manager.loop === loop) manager.push({ type: 'settled', fanOut, token, shards, results });
      });
    });
  }

  private lost(id: string, link: ExecutorLink): void {
    if (this.held.get(id)?.link === link) this.held.delete(id);
    if (this.sessions.get(id)?.link !== link) return;
    this.sessions.delete(id);
    this.takeSpare();
    const { manager } = this.world;
    manager.state?.links?.delete(id);
    const executor = manager.state?.executors.get(id);
    if (executor === undefined || executor.state === 'gone') return;
    executor.disconnectedMs = manager.machine.steadyMs();
    manager.loop?.poke();
  }

  private receive(id: string, link: ExecutorLink, message: UpMessage): void {
    const { manager } = this.world;
    if (message.type === 'hello') {
      if (manager.loop === undefined) this.held.set(id, { link, hello: message });
      else this.hello(id, link, message);
      return;
    }
    const { state } = manager;
    const session = this.sessions.get(id);
    if (state === undefined || session?.link !== link) return;
    if (message.type === 'replica-ack') {
      this.copied(session.feed, message.seq, message.again);
      return;
    }
    const executor = state.executors.get(id);
    if (executor !== undefined && session.joined && (executor.state === 'silent' || executor.state === 'gone')) {
      link.end('manager');
      this.lost(id, link);
      return;
    }
    session.heardMs = manager.machine.steadyMs();
    if (executor !== undefined) executor.heardAtMs = session.heardMs;
    if (message.type === 'draining') manager.push({ type: 'executor-draining', id });
    else if (message.type === 'results') {
      this.lastResults = message.event;
      this.results(message.event);
    }
  }

  /** Without it the last message of a stream could be lost and nobody would notice. */
  private pulse(id: string, session: Session): void {
    this.world.manager.machine.after(this.world.leaseMs / 3, () => {
      if (this.sessions.get(id) !== session) return;
      session.link.sendDown({ type: 'pulse' });
      this.pulse(id, session);
    });
  }

  private hello(id: string, link: ExecutorLink, { joined, copy }: Hello): void {
    const { manager, leaseMs } = this.world;
    const nowMs = manager.machine.steadyMs();
    const before = this.sessions.get(id);
    if (before !== undefined && before.instance !== joined.instance && nowMs - before.heardMs < leaseMs) {
      this.refused += 1;
      link.end('manager');
      return;
    }
    if (before !== undefined && before.link !== link) before.link.end('manager');
    const feed = this.feedFor(id, link, copy?.at);
    const session: Session = { link, instance: joined.instance, feed, heardMs: nowMs, joined: false };
    this.sessions.set(id, session);
    this.pulse(id, session);
    const executor = manager.state?.executors.get(id);
    if (executor !== undefined) {
      executor.heardAtMs = nowMs;
      executor.disconnectedMs = nowMs;
    }
    const number = this.nextLink++;
    manager.state?.links?.set(id, number);
    link.sendDown({ type: 'welcome', lineage: manager.disk.lineage, term: manager.state?.term ?? 0 });
    feed?.pump();
    this.count(feed);
    manager.push(
      { ...joined, link: number },
      () => {
        session.joined = true;
      },
      // The journal takes nothing now: it has to say Hello again.
      () => {
        link.end('manager');
        this.lost(id, link);
      },
    );
  }

  /** As the real shell does: a plan's result is judged before it is journaled. */
  results(event: ResultsEvent): void {
    const { manager } = this.world;
    const place = manager.state?.open.get(event.fanOut);
    manager.push(place?.fanOut.step === 'plan' && event.status[0] === 0 ? planFor(place.run, event) : event);
  }
}

/** What an executor says of its copy in Hello. */
export interface HelloCopy {
  readonly at: Position;
  readonly copy: SimCopy;
  readonly writtenMs: number;
}
