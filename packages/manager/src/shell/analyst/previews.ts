/** Previews: a rule counted by the executors over the pinned tables, without a run and without a merge. */
import { randomUUID } from 'node:crypto';
import type { PreviewAnswer, PreviewBody } from '@tagmill/shared/api/rules';
import { TagmillError, toTagmillError } from '@tagmill/shared/errors';
import { type Move, MOVES, type PreviewCounts, type PreviewJob } from '@tagmill/shared/question';
import type { Hall } from '../running.ts';
import type { Basis, BasisFinder } from './basis.ts';
import { ruleText, soundRule } from './checks.ts';
import { end, noCounts, type Preview, shown, sum } from './preview.ts';
import { type Counted, countedOf, OneRowTables, rowsOfParts, spread } from './preview-count.ts';
import { partsOf, PreviewJobs, readersOf } from './preview-job.ts';

/** Previews that may run at once, and those kept after their end. */
const MOST_RUNNING = 8;
const MOST_KEPT = 50;
/** Users of each kind over all previews that are kept: one that shows many takes the place of others. */
const MOST_KEPT_SAMPLES = 500_000;

const CANCELLED = new TagmillError('ACTION_REFUSED', 'the preview was cancelled');

export class Previews {
  private readonly hall: Hall;
  private readonly finder: BasisFinder;
  private readonly all = new Map<string, Preview>();
  private readonly jobs: PreviewJobs;
  private readonly oneRow = new OneRowTables();

  constructor(hall: Hall, finder: BasisFinder) {
    this.hall = hall;
    this.finder = finder;
    this.jobs = new PreviewJobs(hall);
  }

  async begin({ rule, tag_id, against = 'held', samples = 10, overlap = false }: PreviewBody): Promise<PreviewAnswer> {
    const running = [...this.all.values()].filter((one) => one.state === 'running');
    if (running.length >= MOST_RUNNING)
      throw new TagmillError('RATE_LIMITED', `${running.length} previews run already: cancel one, or wait for it`);
    const text = ruleText(rule);
    const rules = await this.hall.live().database.metadata.versions.pinned(Date.now());
    const stands = rules.find((one) => one.tagId === tag_id);
    const others = overlap ? rules.filter((one) => one.isActive && one.tagId !== tag_id) : [];
    const basis = await this.finder.newest([
      text,
      ...(stands === undefined ? [] : [stands.ruleJson]),
      ...others.map((one) => one.ruleJson),
    ]);
    const sound = soundRule(text, basis, tag_id, 'cannot be previewed');
    const { own, live } = await this.jobs.tagsOf(text, tag_id, basis, stands);
    // The parts are those that were written, not those of the form that is counted.
    const parts = partsOf(sound.rule);
    const compared = [own, ...(live === undefined ? [] : [live]), ...parts.map((part) => ({ ...own, rule: part.rule }))];
    const counted = others.length > 0 ? undefined : countedOf(this.hall.live().state, this.oneRow, basis, compared);
    const preview: Preview = {
      id: randomUUID(),
      text,
      basis,
      tagId: tag_id ?? null,
      liveVersion: live?.ruleVersion ?? null,
      against: tag_id === undefined || (against === 'live' && live === undefined) ? null : against,
      parts,
      others: others.map((one) => this.jobs.liveOf(basis, one)).filter((tag) => tag !== undefined),
      downstream: tag_id === undefined ? [] : readersOf(tag_id, rules),
      counted,
      weights: this.weightsOf(basis, counted),
      shards: counted?.parts ?? basis.plan.cuts.length + 1,
      samples,
      startedMs: performance.now(),
      stop: new AbortController(),
      done: 0,
      weighed: 0,
      counts: noCounts(parts.length, 0),
      state: 'running',
      error: undefined,
      durationMs: 0,
    };
    this.keep(preview);
    void this.run(preview, () => this.jobs.jobOf(preview, own, live, rules));
    return shown(preview);
  }

  /** Shards are cut into about equal numbers of users. */
  private weightsOf({ plan }: Basis, counted: Counted | undefined): readonly number[] {
    const table = plan.tables.find(({ name }) => name === counted?.table);
    if (counted === undefined || table === undefined) return new Array<number>(plan.cuts.length + 1).fill(1);
    return rowsOfParts(table, counted.parts);
  }

  get(id: string): PreviewAnswer {
    return shown(this.find(id));
  }

  /** One that has ended stays as it ended. */
  cancel(id: string): PreviewAnswer {
    const preview = this.find(id);
    if (preview.state === 'running') {
      end(preview, 'cancelled');
      preview.stop.abort(CANCELLED);
    }
    return shown(preview);
  }

  private find(id: string): Preview {
    const preview = this.all.get(id);
    if (preview === undefined)
      throw new TagmillError('NOT_FOUND', `there is no preview ${id.slice(0, 100)}; the newest ${MOST_KEPT} are kept`);
    return preview;
  }

  private keep(preview: Preview): void {
    this.all.set(preview.id, preview);
    let samples = [...this.all.values()].reduce((total, one) => total + one.samples, 0);
    for (const [id, old] of this.all) {
      if (this.all.size <= MOST_KEPT && samples <= MOST_KEPT_SAMPLES) return;
      if (old.state === 'running') continue;
      this.all.delete(id);
      samples -= old.samples;
    }
  }

  /** Never rejects: what fails is told by the preview. */
  private async run(preview: Preview, jobOf: () => Promise<PreviewJob>): Promise<void> {
    try {
      const job = await jobOf();
      if (preview.state !== 'running') return;
      await this.count(preview, job);
      end(preview, 'done');
    } catch (error) {
      if (preview.state !== 'running') return;
      preview.error = toTagmillError(error);
      end(preview, 'failed');
      preview.stop.abort(CANCELLED);
    }
  }

  private async count(preview: Preview, job: PreviewJob): Promise<void> {
    const { questions, state } = this.hall.live();
    const content = questions.job(job);
    const slots = [...state.executors.values()].reduce((all, one) => all + (one.state === 'connected' ? one.slots : 0), 0);
    // What is done first is an estimate of the rest.
    const order = spread(preview.shards).values();
    const enough = (): Move[] => MOVES.filter((move) => preview.counts.samples[move].length >= preview.samples);
    const lane = async (): Promise<void> => {
      for (const shard of order) {
        if (preview.state !== 'running') return;
        const counts = (await questions.ask({ kind: 'preview', shard, enough: enough() }, content, preview.stop.signal)) as PreviewCounts;
        if (preview.state !== 'running') return;
        preview.counts = sum(preview.counts, counts, preview.samples);
        preview.done += 1;
        preview.weighed += preview.weights[shard] ?? 0;
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(preview.shards, Math.max(1, slots)) }, lane));
      if (preview.state === 'running' && preview.counted === undefined) this.oneRow.learned(job.pass.tables);
    } finally {
      questions.forget(content);
    }
  }
}
