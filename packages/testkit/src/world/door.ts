/** What the manager's real shell does with streams (executor-door.ts, grpc/server.ts), over simulated ones. */
import type { Effect } from '@tagmill/manager/core/effects';
import type { ResultsEvent } from '@tagmill/manager/core/events';
import type { Prng } from '@tagmill/shared/prng';
import type { SimClock } from './clock.ts';
import type { DownMessage, ExecutorNode, UpMessage } from './executor-node.ts';
import type { FaultMix } from './faults.ts';
import { SimLink } from './link.ts';
import type { ManagerNode } from './manager-node.ts';
import { planFor } from './sim-run.ts';

type Link = SimLink<UpMessage, DownMessage>;

interface Session {
  readonly link: Link;
  readonly instance: string;
  heardMs: number;
  /** Its Hello is in the journal and applied. */
  joined: boolean;
}

export interface DoorWorld {
  readonly clock: SimClock;
  readonly prng: Prng;
  readonly manager: ManagerNode;
  readonly leaseMs: number;
  readonly mix: () => FaultMix;
}

export class SimDoor {
  /** The newest stream that each process dialled. */
  private readonly links = new Map<string, Link>();
  /** The stream that the manager has for each executor since its Hello. */
  private readonly sessions = new Map<string, Session>();
  readonly partitions = new Set<string>();
  readonly broken: string[] = [];
  /** Tokens that were dispatched: none is ever used twice. */
  private readonly tokens = new Set<number>();
  lastResults: ResultsEvent | undefined;
  /** Second processes under an id that were turned away. */
  refused = 0;
  private nextLink = 1;
  private readonly world: DoorWorld;

  constructor(world: DoorWorld) {
    this.world = world;
  }

  dial(node: ExecutorNode): Link | undefined {
    const { clock, prng, manager, mix } = this.world;
    if (manager.loop === undefined || this.partitions.has(node.id)) return undefined;
    const link: Link = new SimLink(clock, prng, mix, () => this.partitions.has(node.id));
    this.links.get(node.key)?.close();
    link.onUp = (message) => this.receive(node.id, link, message);
    link.onClosed = (side) => {
      if (side === 'executor') node.lost(link);
      else this.lost(node.id, link);
    };
    this.links.set(node.key, link);
    return link;
  }

  /** Cuts the stream of one process, or of all. */
  cut(key?: string): void {
    for (const [of, link] of this.links) if (key === undefined || of === key) link.close();
  }

  /** The manager is gone, and all that it knew of streams. */
  forget(): void {
    this.cut();
    this.links.clear();
    this.sessions.clear();
  }

  send(id: string, message: DownMessage): void {
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
      } else if (effect.type === 'drain') this.send(effect.executor, { type: 'drain' });
      else if (effect.type === 'pass-over') {
        for (const id of this.sessions.keys()) this.send(id, { type: 'pass-over', runId: effect.runId, pass: effect.pass });
      }
    }
  }

  private dispatch(effect: Extract<Effect, { type: 'dispatch' }>): void {
    const { executor, runId, pass, step, fanOut, firstToken } = effect;
    const shards = [...effect.shards];
    // What is leased before the journal has the Hello is not in it: the manager would take it back, and it would run twice.
    if (this.sessions.get(executor)?.joined !== true)
      this.broken.push(`[1] a lease for ${executor} goes into a stream that is not there or has not joined yet`);
    shards.forEach((shard, i) => {
      if (this.tokens.has(firstToken + i)) this.broken.push(`[5] token ${firstToken + i} is used again, for shard ${shard}`);
      this.tokens.add(firstToken + i);
    });
    const { attempts, scope, pieceHashes } = effect;
    const term = this.world.manager.state?.term ?? 0;
    const lists = { shards, attempts: [...attempts], scope: [...(scope ?? [])], pieceHashes: [...(pieceHashes ?? [])] };
    this.send(executor, { type: 'dispatch', order: { runId, pass, step, fanOut, firstToken, term, ...lists } });
  }

  private lost(id: string, link: Link): void {
    if (this.sessions.get(id)?.link !== link) return;
    this.sessions.delete(id);
    const { manager, clock } = this.world;
    manager.state?.links?.delete(id);
    const executor = manager.state?.executors.get(id);
    if (executor === undefined || executor.state === 'gone') return;
    executor.disconnectedMs = clock.elapsedMs;
    manager.loop?.poke();
  }

  private receive(id: string, link: Link, message: UpMessage): void {
    const { manager, clock } = this.world;
    const { state } = manager;
    if (state === undefined) return;
    if (message.type === 'hello') {
      this.hello(id, link, message.joined);
      return;
    }
    const session = this.sessions.get(id);
    if (session?.link !== link) return;
    const executor = state.executors.get(id);
    if (executor !== undefined && session.joined && (executor.state === 'silent' || executor.state === 'gone')) {
      link.close();
      return;
    }
    session.heardMs = clock.elapsedMs;
    if (executor !== undefined) executor.heardAtMs = clock.elapsedMs;
    if (message.type === 'draining') manager.push({ type: 'executor-draining', id });
    else if (message.type === 'results') {
      this.lastResults = message.event;
      this.results(message.event);
    }
  }

  /** Without it the last message of a stream could be lost and nobody would notice. */
  private pulse(id: string, session: Session): void {
    this.world.clock.after(this.world.leaseMs / 3, () => {
      if (this.sessions.get(id) !== session) return;
      session.link.sendDown({ type: 'pulse' });
      this.pulse(id, session);
    });
  }

  private hello(id: string, link: Link, joined: Extract<UpMessage, { type: 'hello' }>['joined']): void {
    const { manager, clock, leaseMs } = this.world;
    const before = this.sessions.get(id);
    if (before !== undefined && before.instance !== joined.instance && clock.elapsedMs - before.heardMs < leaseMs) {
      this.refused += 1;
      link.close();
      return;
    }
    if (before?.link !== link) before?.link.close();
    const session = { link, instance: joined.instance, heardMs: clock.elapsedMs, joined: false };
    this.sessions.set(id, session);
    this.pulse(id, session);
    const executor = manager.state?.executors.get(id);
    if (executor !== undefined) {
      executor.heardAtMs = clock.elapsedMs;
      executor.disconnectedMs = clock.elapsedMs;
    }
    const number = this.nextLink++;
    manager.state?.links?.set(id, number);
    link.sendDown({ type: 'welcome', term: manager.state?.term ?? 0 });
    manager.push({ ...joined, link: number }, () => {
      session.joined = true;
    });
  }

  /** As the real shell does: a plan's result is judged before it is journaled. */
  results(event: ResultsEvent): void {
    const { manager } = this.world;
    const place = manager.state?.open.get(event.fanOut);
    manager.push(place?.fanOut.step === 'plan' && event.status[0] === 0 ? planFor(place.run, event) : event);
  }
}
