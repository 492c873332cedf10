/** Lets things go wrong at drawn times, and puts all right again when faults stop. */
import type { KeptCopy } from './copies.ts';
import type { Crowd } from './crowd.ts';
import type { ExecutorNode } from './executor-node.ts';
import { FAULTS, type FaultDice, type FaultKind } from './faults.ts';
import type { SimClock } from './clock.ts';
import type { SimDoor } from './door.ts';
import type { ManagerNode } from './manager-node.ts';
import type { SimTarget } from './target.ts';

const DAY_MS = 86_400_000;

export interface TroubleWorld {
  readonly clock: SimClock;
  readonly dice: FaultDice;
  readonly target: SimTarget;
  readonly crowd: Crowd;
  readonly managers: readonly ManagerNode[];
  readonly executors: readonly ExecutorNode[];
  readonly doors: ReadonlyMap<string, SimDoor>;
  readonly leader: () => ManagerNode | undefined;
  readonly newTwin: (id: string, key: string) => ExecutorNode;
  /** Ways that nothing gets through: executor/manager/direction. */
  readonly blocked: Set<string>;
  readonly tell: (line: string) => void;
}

export class Trouble {
  private readonly world: TroubleWorld;
  private calm = false;
  private twins = 0;
  /** Managers whose disk lost something since they led last. */
  readonly lossy = new Set<ManagerNode>();

  /** Executors that never come back. */
  private readonly gone = new Set<ExecutorNode>();
  /** An executor has lost its copy. */
  copiesLost = false;
  /** Copies of second processes, which go for good and may be out of reach before: what they alone have may be lost with a disk. */
  readonly twinCopies: KeptCopy[] = [];

  constructor(world: TroubleWorld) {
    this.world = world;
  }

  begin(): void {
    for (const [kind, task] of Object.entries(this.tasks())) this.every(kind as FaultKind, task);
  }

  /** No more faults. */
  end(): void {
    const { world } = this;
    this.calm = true;
    world.tell('faults stop');
    world.dice.stop();
    world.blocked.clear();
    for (const node of world.managers) if (!node.alive && node.restarts > 0) node.start();
    this.startExecutors();
  }

  /** From here on somebody looks after them: one that still leaves, since it was drained, is started again. */
  private startExecutors(): void {
    for (const node of this.world.executors) if (!node.alive && !this.gone.has(node)) node.start();
    this.world.clock.after(2_000, () => this.startExecutors());
  }

  private every(kind: FaultKind, task: () => void): void {
    const meanMs = this.world.dice.strength(kind);
    if (meanMs === 0 || FAULTS[kind].unit !== 'every') return;
    const prng = this.world.dice.of(kind);
    this.world.clock.after(prng.fraction() * 2 * meanMs, () => {
      if (this.calm) return;
      this.world.dice.count(kind);
      task();
      this.every(kind, task);
    });
  }

  private between(kind: FaultKind, low: number, high: number): number {
    return this.world.dice.of(kind).between(low, high);
  }

  private executor(kind: FaultKind): ExecutorNode {
    return this.world.dice.of(kind).pick(this.world.executors);
  }

  private tasks(): Readonly<Partial<Record<FaultKind, () => void>>> {
    return {
      partition: () => this.partition(),
      'one-way': () => this.oneWay(),
      'half-open': () => this.halfOpen(),
      ...this.managerTasks(),
      ...this.executorTasks(),
      'target-away': () => {
        const forMs = this.between('target-away', 200, 6_000);
        this.world.tell(`the target is away for ${forMs} ms`);
        this.world.target.goAway(forMs);
      },
      click: () => this.world.crowd.click(this.world.dice.of('click')),
      storm: () => this.world.crowd.storm(this.world.dice.of('storm')),
      create: () => this.world.crowd.createRun(),
    };
  }

  private managerTasks(): Readonly<Partial<Record<FaultKind, () => void>>> {
    const disk = (kind: 'disk-full' | 'disk-read-only', state: 'full' | 'read-only') => () =>
      this.onLeader((node) => {
        const forMs = this.between(kind, 300, 4_000);
        this.world.tell(`the disk of ${node.name} is ${state} for ${forMs} ms`);
        node.disk.fail(state, forMs);
      });
    return {
      'manager-kill': () => this.onLeader((node) => this.kill(node, 'manager-kill', 'kill -9')),
      'manager-stop': () =>
        this.onLeader((node) => {
          const forMs = this.between('manager-stop', 100, 9_000);
          this.world.tell(`${node.name} is stopped for ${forMs} ms`);
          node.stop(forMs);
        }),
      'clock-jump': () => this.jump(),
      'disk-full': disk('disk-full', 'full'),
      'disk-read-only': disk('disk-read-only', 'read-only'),
      'disk-lost': () =>
        this.onLeader((node) => {
          this.kill(node, 'disk-lost', 'its data directory is lost');
          node.disk.wipe();
          this.lossy.add(node);
        }),
      'disk-rot': () =>
        this.onLeader((node) => {
          this.kill(node, 'disk-rot', 'kill -9, and its disk rots');
          this.world.tell(`entry ${node.disk.rot()} of ${node.name} cannot be read any more`);
          this.lossy.add(node);
        }),
      takeover: () => {
        const node = this.world.leader();
        if (node !== undefined) this.takeover(node);
      },
    };
  }

  private executorTasks(): Readonly<Partial<Record<FaultKind, () => void>>> {
    const stop = (kind: 'executor-stop' | 'executor-freeze', what: string) => () => {
      const node = this.executor(kind);
      const forMs = this.between(kind, 100, 9_000);
      this.world.tell(`${node.id} is stopped for ${forMs} ms${what}`);
      node.stop(forMs, kind === 'executor-freeze');
    };
    return {
      'executor-kill': () => this.killExecutor('executor-kill', (node) => node.crash(this.world.dice.of('executor-kill').chance(0.2))),
      'executor-disk-lost': () =>
        this.killExecutor('executor-disk-lost', (node) => {
          node.loseDisk();
          this.copiesLost = true;
        }),
      'executor-stop': stop('executor-stop', ''),
      'executor-freeze': stop('executor-freeze', ' with its attempts'),
      drain: () => this.drain(),
      twin: () => this.twin(),
      stranger: () => this.stranger(),
    };
  }

  private onLeader(task: (node: ManagerNode) => void): void {
    const node = this.world.leader() ?? this.world.managers.find((one) => one.alive);
    if (node !== undefined) task(node);
  }

  private kill(node: ManagerNode, kind: FaultKind, how: string): void {
    this.world.tell(`${node.name}: ${how}`);
    node.crash();
    // A supervisor starts it at once, or somebody does after a while.
    this.world.clock.after(this.between(kind, 10, this.world.dice.of(kind).chance(0.5) ? 150 : 3_000), () => {
      if (node.alive) return;
      this.world.tell(`${node.name} starts again`);
      node.start();
      const click = this.world.dice.of('click');
      if (this.world.dice.strength('click') > 0 && click.chance(0.5)) this.world.crowd.impatient(click);
    });
  }

  /** Another manager, with a data directory of its own, waits for the leader's row and gets it. */
  private takeover(node: ManagerNode): void {
    const other = this.world.managers.find((one) => one !== node);
    if (other === undefined) return;
    const forMs = this.between('takeover', 5_000, 12_000);
    this.world.tell(`${node.name} is stopped for ${forMs} ms, and ${other.name} wants to lead`);
    node.stop(forMs);
    if (!other.alive) other.start();
  }

  private jump(): void {
    const prng = this.world.dice.of('clock-jump');
    const mostMs = prng.chance(0.2) ? DAY_MS : 3_600_000;
    for (const { name, machine } of this.world.managers) {
      if (!prng.chance(0.7)) continue;
      machine.skewMs = prng.between(-mostMs, mostMs);
      this.world.tell(`the wall clock of ${name} is set to ${machine.skewMs} ms off`);
    }
    for (const node of this.world.executors) if (prng.chance(0.3)) node.setClock(prng.between(-mostMs, mostMs));
  }

  private block(kind: FaultKind, node: ExecutorNode, directions: readonly string[]): void {
    const forMs = this.between(kind, 200, 10_000);
    this.world.tell(`${node.id} is cut off for ${forMs} ms (${directions.join(' and ')})`);
    const ways = this.world.managers.flatMap(({ name }) => directions.map((direction) => `${node.id}/${name}/${direction}`));
    for (const way of ways) this.world.blocked.add(way);
    this.world.clock.after(forMs, () => {
      for (const way of ways) this.world.blocked.delete(way);
    });
  }

  private partition(): void {
    this.block('partition', this.executor('partition'), ['up', 'down']);
  }

  private oneWay(): void {
    const node = this.executor('one-way');
    this.block('one-way', node, [this.world.dice.of('one-way').pick(['up', 'down'])]);
  }

  private halfOpen(): void {
    const node = this.executor('half-open');
    this.world.tell(`the stream of ${node.id} is half-open`);
    for (const door of this.world.doors.values()) door.linkOf(node.key)?.halfOpen();
  }

  private killExecutor(kind: FaultKind, how: (node: ExecutorNode) => void): void {
    const node = this.executor(kind);
    if (!node.alive) return;
    this.world.tell(kind === 'executor-kill' ? `kill -9 of ${node.id}` : `${node.id} loses its folder`);
    how(node);
    // Some are gone for good; the first one always comes back.
    if (node !== this.world.executors[0] && this.world.dice.of(kind).chance(0.2)) {
      this.gone.add(node);
      return;
    }
    this.world.clock.after(this.between(kind, 100, 8_000), () => {
      if (node.alive) return;
      this.world.tell(`${node.id} starts again`);
      node.start();
    });
  }

  private drain(): void {
    const node = this.executor('drain');
    if (!node.alive) return;
    if (this.world.dice.of('drain').chance(0.5)) {
      this.world.tell(`SIGTERM for ${node.id}`);
      node.drain();
    } else {
      this.world.tell(`somebody drains ${node.id}`);
      this.world.leader()?.push({ type: 'executor-draining', id: node.id });
    }
    const back = () => {
      if (this.gone.has(node)) return;
      if (!node.alive) node.start();
      else this.world.clock.after(500, back);
    };
    this.world.clock.after(this.between('drain', 500, 8_000), back);
  }

  /** A second process under the id of another, which goes away again after a while. */
  private twin(): void {
    const { id } = this.executor('twin');
    this.twins += 1;
    const twin = this.world.newTwin(id, `${id}-twin-${this.twins}`);
    this.world.tell(`a second process starts as ${id}`);
    twin.start();
    this.twinCopies.push(twin.kept);
    this.world.clock.after(this.between('twin', 500, 6_000), () => twin.crash());
  }

  /** What one executor said comes from another, or under a token that is over, or cannot be read. */
  private stranger(): void {
    const leader = this.world.leader();
    const door = leader === undefined ? undefined : this.world.doors.get(leader.name);
    const heard = door?.lastResults;
    if (door === undefined || heard === undefined) return;
    const prng = this.world.dice.of('stranger');
    const executor = prng.pick(this.world.executors).id;
    const shift = prng.pick([0, -1, -0.5, Number.NaN, Number.POSITIVE_INFINITY]);
    if (executor === heard.executor && shift === 0) return;
    const garble = (detail: string) => (prng.chance(0.3) ? '{"pieceHash":null' : detail);
    const details = heard.details === null ? null : heard.details.map(garble);
    door.results({ ...heard, executor, tokens: heard.tokens.map((token) => token + shift), details });
  }
}
