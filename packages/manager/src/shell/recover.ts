/**
 * A start's way to its state: looks at the own journal, waits for the copies of
 * executors where that is not enough, lets `choose` decide, and replays. Nothing
 * is changed on the disk before a copy has been read to its end.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TagmillError, toTagmillError } from '@tagmill/shared/errors';
import { LIMITS } from '@tagmill/shared/limits';
import type { Logger } from 'pino';
import type { RecoveryOptions } from '../config/options.ts';
import type { Candidate, Choice, Confirmed } from '../core/recovery/candidate.ts';
import { grouped } from '../core/recovery/candidate.ts';
import { choose } from '../core/recovery/choose.ts';
import { decodeState } from '../core/snapshot/decode.ts';
import type { ManagerState, Settings } from '../core/state.ts';
import type { ExecutorServer } from '../grpc/server.ts';
import { CHAIN_START, type Journal, type Survey } from '../store/journal.ts';
import { readSections } from '../store/snapshot-file.ts';
import { copyCandidate, ownCandidate } from './candidates.ts';
import { fetchCopy } from './copy-fetcher.ts';
import type { RecoveryLog } from './recovery-log.ts';
import { Replay } from './replay.ts';
import { S3Candidate, type S3Copies } from './s3-candidate.ts';

export interface Recovered {
  readonly state: ManagerState;
  readonly lineage: string;
  readonly seq: number;
  readonly events: number;
}

export interface RecoverParts {
  readonly journal: Journal;
  readonly survey: Survey;
  readonly settings: Settings;
  readonly dataDir: string;
  readonly confirmed: Confirmed;
  readonly options: RecoveryOptions;
  /** False: no executor can find this manager, so nobody is waited for. */
  readonly mayWait: boolean;
  readonly key: Uint8Array;
  readonly executors: Pick<ExecutorServer, 'held' | 'fetchReplica' | 'onHeld'>;
  readonly report: RecoveryLog;
  readonly log: Logger;
  /** Snapshots on S3, where a place for them is configured. */
  readonly s3?: S3Copies | undefined;
  /** It has to wait for copies: called once, before it does. */
  readonly waits: () => Promise<void>;
  /** The report has changed: whoever looks at it should see that. */
  readonly changed: () => void;
}

/** How long a copy may send nothing before it counts as broken off. */
const SILENCE_MS = 10_000;
/** How long S3 may take to say what lies there. */
const S3_WAIT_MS = 10_000;

/** Errors: RECOVERY_REFUSED; those of the journal; CONFIG_INVALID for a journal of a newer version. */
export function recover(parts: RecoverParts): Promise<Recovered> {
  return new Recovery(parts).run();
}

class Recovery {
  private readonly parts: RecoverParts;
  /** Sentences about what was tried and could not be read, by name. */
  private readonly unreadable = new Map<string, string>();
  private readonly beganMs = performance.now();
  private waited = false;

  private readonly s3: S3Candidate;

  constructor(parts: RecoverParts) {
    this.parts = parts;
    this.s3 = new S3Candidate(parts.s3, (error) => parts.log.warn({ error: String(error) }, 'the snapshots on S3 cannot be asked for'));
  }

  async run(): Promise<Recovered> {
    const { report, log } = this.parts;
    for (;;) {
      const choice = this.choice();
      report.judged(choice);
      if (choice.kind === 'wait') {
        await this.wait(choice);
        continue;
      }
      if (!this.s3.isSettled && !isOwn(choice)) {
        await this.s3.ask(S3_WAIT_MS);
        continue;
      }
      this.endWait(choice);
      if (choice.kind === 'refuse') throw new TagmillError('RECOVERY_REFUSED', choice.sentence, { candidates: report.report().candidates });
      const found = await this.take(choice);
      if (found !== undefined) return found;
      log.warn(Object.fromEntries(this.unreadable), 'what was chosen cannot be read; looking on');
    }
  }

  private choice(): Choice {
    const { survey, confirmed, options, mayWait, key, executors } = this.parts;
    const own = ownCandidate(survey, this.unreadable.get('own'));
    const home = own.at !== null && own.at.seq > 0 ? own.at.lineage : confirmed.lineage;
    const s3 = this.s3.candidate(home, this.unreadable.get('s3'));
    const copies = executors.held().map((one) => copyCandidate(one, home, key, this.unreadable.get(one.name)));
    return choose({
      own,
      others: s3 === undefined ? copies : [...copies, s3],
      confirmed,
      fresh: survey.fresh,
      mayWait,
      waitedMs: performance.now() - this.beganMs,
      windowMs: options.windowMs,
      acceptLoss: options.acceptLoss,
      recoverFrom: options.from,
      mostBytes: LIMITS.copyBytes,
    });
  }

  /** Until another executor has come, or the window is over. */
  private async wait({ sentence }: Choice): Promise<void> {
    const { report, log, options, executors, changed } = this.parts;
    if (!this.waited) {
      this.waited = true;
      report.begin('collect', sentence);
      log.warn({ windowMs: options.windowMs }, `recovering: ${sentence}`);
      changed();
      await this.parts.waits();
      // Who came meanwhile has told nobody.
      return;
    }
    changed();
    const asked = this.s3.isSettled ? undefined : this.s3.ask(S3_WAIT_MS);
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      asked?.then(resolve, resolve);
      timer = setTimeout(resolve, Math.max(1, this.beganMs + options.windowMs - performance.now()));
      executors.onHeld = resolve;
    });
    clearTimeout(timer);
    executors.onHeld = () => undefined;
  }

  private endWait({ judged }: Choice): void {
    if (!this.waited) return;
    const { report, options } = this.parts;
    const early = performance.now() - this.beganMs < options.windowMs;
    report.waited(options.windowMs, early);
    const came = judged.filter(({ candidate }) => candidate.source === 'executor').length;
    const seconds = `window ${options.windowMs / 1000} s`;
    report.end(
      'collect',
      early ? `${seconds}, closed early: all that hold copies have answered` : `${seconds}, ${came} executors answered`,
    );
  }

  private async take(choice: Exclude<Choice, { kind: 'wait' | 'refuse' }>): Promise<Recovered | undefined> {
    this.parts.report.lost(choice.lost);
    if (choice.kind === 'fresh') return await this.beginAnew(choice.sentence);
    const { winner, sentence } = choice;
    try {
      if (winner.source === 'own') return await this.replayOwn(sentence);
      return winner.source === 's3' ? await this.takeSnapshot(winner, sentence) : await this.takeCopy(winner, sentence);
    } catch (error) {
      const found = toTagmillError(error);
      if (winner.source === 'own' && STOPS.has(found.code)) throw error;
      this.unreadable.set(winner.name, found.code === 'RECOVERY_REFUSED' ? found.message : `it cannot be read: ${found.message}`);
      return undefined;
    }
  }

  private async beginAnew(sentence: string): Promise<Recovered> {
    const { journal, survey, settings, report } = this.parts;
    const empty = survey.fresh || (survey.fault === null && survey.head?.seq === 0);
    if (!empty) await journal.install({ snapshot: null, batches: [], at: { lineage: randomUUID(), term: 0, seq: 0, hash: CHAIN_START } });
    const head = await journal.read(NOBODY);
    const lineage = head?.lineage ?? survey.head?.lineage ?? '';
    report.chosen('fresh', sentence, lineage, 0);
    return this.finish(new Replay(settings), lineage);
  }

  private async replayOwn(sentence: string): Promise<Recovered> {
    const { journal, settings, report } = this.parts;
    report.begin('replay');
    const into = new ReplayInto(settings);
    const head = await journal.read(into);
    report.chosen('own', sentence, head?.lineage ?? '', 0);
    return this.finish(into.replay, head?.lineage ?? '', into);
  }

  private async takeCopy(winner: Candidate, sentence: string): Promise<Recovered> {
    const { journal, survey, settings, dataDir, key, executors, report } = this.parts;
    const from = executors.held().find((one) => one.name === winner.name);
    if (from === undefined || winner.at === null) throw new TagmillError('RECOVERY_REFUSED', 'its executor has gone again');
    report.begin('choose', `the copy of ${winner.name} is fetched and verified`);
    const into = new ReplayInto(settings);
    const { at } = winner;
    const own = survey.head !== null && survey.head.lineage === at.lineage ? survey.head : null;
    const fetched = await fetchCopy(executors.fetchReplica(from.id, at.lineage, SILENCE_MS), into, {
      folder: join(dataDir, 'fetched'),
      key,
      at,
      own: own === null ? null : { ...own, hash: Buffer.from(own.hash).toString('hex') },
      mostBytes: LIMITS.copyBytes,
    });
    try {
      await journal.install(fetched.copy);
    } finally {
      fetched.remove();
    }
    report.end('choose', `${grouped(fetched.entries)} entries of the copy of ${winner.name} verified and replayed`);
    report.begin('replay');
    report.chosen('copy', sentence, at.lineage, at.seq - (own?.seq ?? 0));
    return this.finish(into.replay, at.lineage, into);
  }

  private async takeSnapshot({ at }: Candidate, sentence: string): Promise<Recovered> {
    const { journal, survey, settings, dataDir, report } = this.parts;
    if (at === null) throw new TagmillError('RECOVERY_REFUSED', 'there is no snapshot');
    report.begin('choose', 'the snapshot on S3 is fetched and verified');
    const folder = join(dataDir, 'fetched');
    const path = join(folder, 'snapshot.db');
    mkdirSync(folder, { recursive: true });
    try {
      const head = await this.s3.fetch(at, path);
      const into = new ReplayInto(settings);
      into.snapshot(head, readSections(path));
      await journal.install({ snapshot: path, batches: [], at: head });
      report.end('choose', 'the snapshot on S3 verified');
      report.begin('replay');
      const own = survey.head !== null && survey.head.lineage === at.lineage ? survey.head.seq : 0;
      report.chosen('s3', sentence, at.lineage, Math.max(0, at.seq - own));
      return this.finish(into.replay, at.lineage, into);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  private finish(replay: Replay, lineage: string, into?: ReplayInto): Recovered {
    const { report } = this.parts;
    const lastMs = replay.state.atMs;
    report.replayed(replay.state, lastMs);
    const state = replay.finish(Date.now(), performance.now());
    const on = into === undefined || into.snapshotSeq === 0 ? '' : ` on snapshot ${grouped(into.snapshotSeq)}`;
    report.end('replay', `${grouped(replay.events)} events${on}`);
    return { state, lineage, seq: Math.max(replay.seq, into?.snapshotSeq ?? 0), events: replay.events };
  }
}

/** The own journal, or a new one where there was none: nothing else is looked at. */
const isOwn = (choice: Choice): boolean =>
  choice.kind === 'winner'
    ? choice.winner.source === 'own' && choice.winner.chain === 'whole'
    : choice.kind === 'fresh' && choice.lost === 0;

/** Faults of the own journal that no copy makes good: a person must see them. */
const STOPS: ReadonlySet<string> = new Set(['CONFIG_INVALID', 'MANAGER_LIVE', 'DISK_FULL']);
const NOBODY = { snapshot: () => undefined, batch: () => undefined };

class ReplayInto {
  private readonly settings: Settings;
  replay: Replay;
  snapshotSeq = 0;

  constructor(settings: Settings) {
    this.settings = settings;
    this.replay = new Replay(settings);
  }

  snapshot(head: { readonly seq: number }, sections: Parameters<typeof decodeState>[0]): void {
    this.replay = new Replay(this.settings, decodeState(sections, this.settings));
    this.snapshotSeq = head.seq;
  }

  batch(batch: Parameters<Replay['add']>[0]): void {
    this.replay.add(batch);
  }
}
