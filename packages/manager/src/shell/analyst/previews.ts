/** Previews: a rule counted by the executors over the pinned tables, without a run and without a merge. */
import { randomUUID } from 'node:crypto';
import type { PreviewAnswer, PreviewBody } from '@tagmill/shared/api/rules';
import { TagmillError, toTagmillError } from '@tagmill/shared/errors';
import type { RunClock } from '@tagmill/shared/fields';
import type { PassJob, PassTag, TagHolders, UpstreamTag } from '@tagmill/shared/job';
import { MOVES, type PreviewCounts, type PreviewJob } from '@tagmill/shared/question';
import type { WholeRule } from '@tagmill/shared/rules/normal';
import { wholeTablesOf } from '@tagmill/shared/rules/reads';
import { readsOfRules } from '@tagmill/shared/rules/wide/rule-reads';
import type { Hall } from '../running.ts';
import { pinHolders, type TagsRead } from '../tag-holders.ts';
import { withLiveTags } from '../tag-states.ts';
import { valuesOf } from '../templates.ts';
import type { StoredRule } from '../../tagstore/metadata.ts';
import { type Basis, type BasisFinder, shownBasis } from './basis.ts';
import { ruleText, soundRule } from './checks.ts';
import { wordsOf } from './explanation.ts';
import { noTag } from './saving.ts';
import { judged } from './subject.ts';

interface Part {
  readonly path: string;
  readonly words: string;
  readonly rule: WholeRule;
}

interface Preview {
  readonly id: string;
  readonly text: string;
  readonly basis: Basis;
  readonly tagId: number | null;
  readonly liveVersion: number | null;
  readonly parts: readonly Part[];
  /** Other tags that are counted with it. */
  readonly others: readonly PassTag[];
  readonly downstream: PreviewAnswer['downstream'];
  readonly shards: number;
  readonly samples: number;
  readonly startedMs: number;
  readonly stop: AbortController;
  done: number;
  counts: PreviewCounts;
  state: PreviewAnswer['state'];
  error: TagmillError | undefined;
  durationMs: number;
}

/** Previews that may run at once, and those kept after their end. */
const MOST_RUNNING = 8;
const MOST_KEPT = 50;
/** Parts that are counted alone: two words of bits a user. */
const MOST_PARTS = 60;
/** So long the holders of a tag that a rule reads are taken for new. */
const HOLDERS_MS = 60_000;
/** Questions under way at once, for each slot of the executors. */
const AHEAD = 1;

/** A rule that belongs to no tag: no rule can name it. */
const NO_TAG = Number.MAX_SAFE_INTEGER;

type Standing = StoredRule & { readonly ruleVersion: number };

interface Compared {
  readonly own: PassTag;
  readonly live: PassTag | undefined;
}

const CANCELLED = new TagmillError('ACTION_REFUSED', 'the preview was cancelled');

export class Previews {
  private readonly hall: Hall;
  private readonly finder: BasisFinder;
  private readonly all = new Map<string, Preview>();
  private holders: { readonly key: string; readonly atMs: number; readonly found: Promise<readonly TagHolders[]> } | undefined;

  constructor(hall: Hall, finder: BasisFinder) {
    this.hall = hall;
    this.finder = finder;
  }

  async begin({ rule, tag_id, samples = 10, overlap = false }: PreviewBody): Promise<PreviewAnswer> {
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
    const { own, live } = await this.tagsOf(text, tag_id, basis, stands);
    // The parts are those that were written, not those of the form that is counted.
    const parts = partsOf(sound.rule);
    const preview: Preview = {
      id: randomUUID(),
      text,
      basis,
      tagId: tag_id ?? null,
      liveVersion: live?.ruleVersion ?? null,
      parts,
      others: others.map((one) => this.liveOf(basis, one)).filter((tag) => tag !== undefined),
      downstream: tag_id === undefined ? [] : readersOf(tag_id, rules),
      shards: basis.plan.cuts.length + 1,
      samples,
      startedMs: performance.now(),
      stop: new AbortController(),
      done: 0,
      counts: noCounts(parts.length, 0),
      state: 'running',
      error: undefined,
      durationMs: 0,
    };
    const job = await this.jobOf(preview, own, live, rules);
    this.keep(preview);
    void this.run(preview, job);
    return shown(preview);
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
    for (const [id, old] of this.all) {
      if (this.all.size <= MOST_KEPT) return;
      if (old.state !== 'running') this.all.delete(id);
    }
  }

  private async tagsOf(text: string, tagId: number | undefined, basis: Basis, stands: Standing | undefined): Promise<Compared> {
    const { database, tasks } = this.hall.live();
    if (tagId === undefined)
      return { own: judged(this.hall, [], basis, { tagId: NO_TAG, tagName: 'preview', ruleJson: text }), live: undefined };
    const known = stands ?? (await database.metadata.versions.read(tagId));
    if (known === undefined) throw noTag(tagId);
    const own = judged(this.hall, tasks, basis, { tagId, tagName: known.tagName, ruleJson: text });
    return { own, live: stands === undefined ? undefined : this.liveOf(basis, stands) };
  }

  /** Other tags, where a rule reads their state, are what the next run of all would make of them. */
  private async jobOf(preview: Preview, own: PassTag, live: PassTag | undefined, rules: readonly Standing[]): Promise<PreviewJob> {
    const { basis, parts } = preview;
    const parted = parts.map((part) => ({ ...own, rule: part.rule, onlyMatches: [] }));
    const asked = [own, ...(live === undefined ? [] : [live]), ...parted, ...preview.others];
    const known = new Map<number, PassTag | null | undefined>();
    const liveTag = (tagId: number): PassTag | null | undefined => {
      if (known.has(tagId)) return known.get(tagId);
      const rule = rules.find((one) => one.tagId === tagId && one.isActive);
      const tag = rule === undefined ? undefined : (this.liveOf(basis, rule) ?? null);
      known.set(tagId, tag);
      return tag;
    };
    const read = tagsBehind([preview.text, ...textsOf(rules, [preview.tagId ?? NO_TAG, ...preview.others.map((tag) => tag.tagId)])], rules);
    const holders = await this.holdersOf(read, basis.clock);
    const { tags, upstream, holders: held } = withLiveTags(asked, liveTag, holders);
    const pass = passOf(preview, tags, upstream, held);
    return { pass, hasLive: live !== undefined, others: preview.others.length, samples: preview.samples };
  }

  /** Whoever types asks again every second: who holds a tag is read anew after a while. */
  private holdersOf(read: TagsRead, clock: RunClock): Promise<readonly TagHolders[]> {
    const key = JSON.stringify([read, clock]);
    if (this.holders?.key !== key || performance.now() - this.holders.atMs > HOLDERS_MS) {
      const found = pinHolders(read, clock, this.hall.live().database.metadata, Date.now());
      this.holders = { key, atMs: performance.now(), found };
      found.catch(() => {
        if (this.holders?.found === found) this.holders = undefined;
      });
    }
    return this.holders.found;
  }

  /** A live rule that these tables refuse gives the tag to nobody. */
  private liveOf(basis: Basis, rule: Parameters<typeof judged>[3]): PassTag | undefined {
    try {
      return judged(this.hall, this.hall.live().tasks, basis, rule);
    } catch (error) {
      if (error instanceof TagmillError && error.code === 'RULE_INVALID') return undefined;
      throw error;
    }
  }

  private async run(preview: Preview, job: PreviewJob): Promise<void> {
    const { questions, state } = this.hall.live();
    const content = questions.job(job);
    const slots = [...state.executors.values()].reduce((sum, one) => sum + (one.state === 'connected' ? one.slots : 0), 0);
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < preview.shards && preview.state === 'running') {
        const shard = next++;
        const counts = (await questions.ask({ kind: 'preview', shard }, content, preview.stop.signal)) as PreviewCounts;
        if (preview.state !== 'running') return;
        preview.counts = sum(preview.counts, counts, preview.samples);
        preview.done += 1;
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(preview.shards, Math.max(1, slots * AHEAD)) }, lane));
      end(preview, 'done');
    } catch (error) {
      if (preview.state === 'running') {
        preview.error = toTagmillError(error);
        end(preview, 'failed');
        preview.stop.abort(CANCELLED);
      }
    } finally {
      questions.forget(content);
    }
  }
}

/** Tags whose rules read the state or the history of this one. */
function readersOf(tagId: number, rules: readonly Standing[]): PreviewAnswer['downstream'] {
  const own = String(tagId);
  const reads = ({ ruleJson }: Standing): boolean => {
    const { tags, histories } = readsOfRules([ruleJson]);
    return tags.includes(own) || histories.some(({ tag }) => tag === own);
  };
  return rules.filter((rule) => rule.isActive && reads(rule)).map(({ tagId: id, tagName }) => ({ tag_id: id, tag_name: tagName }));
}

const textsOf = (rules: readonly Standing[], tagIds: readonly number[]): string[] =>
  rules.filter((rule) => rule.isActive && tagIds.includes(rule.tagId)).map((rule) => rule.ruleJson);

/** Tags whose state, or whose history, these rules read, and those behind them. */
function tagsBehind(texts: readonly string[], rules: readonly Standing[]): TagsRead {
  const found = new Set<string>();
  const histories: TagsRead['histories'][number][] = [];
  let next = texts;
  while (next.length > 0) {
    const reads = readsOfRules(next);
    const fresh = reads.tags.filter((tag) => !found.has(tag));
    for (const tag of fresh) found.add(tag);
    histories.push(...reads.histories);
    next = textsOf(rules, fresh.map(Number));
  }
  return { tags: [...found].sort(), histories };
}

function end(preview: Preview, state: PreviewAnswer['state']): void {
  if (preview.state !== 'running') return;
  preview.state = state;
  preview.durationMs = performance.now() - preview.startedMs;
}

/** Every node below the root, in document order. */
function partsOf(rule: WholeRule): readonly Part[] {
  const found: Part[] = [];
  const visit = (node: WholeRule, path: string): void => {
    if (path !== '') found.push({ path, words: wordsOf(node), rule: node });
    if ('logic' in node) for (const [index, child] of node.conditions.entries()) visit(child, `${path}/conditions/${index}`);
  };
  visit(rule, '');
  return found.slice(0, MOST_PARTS);
}

function passOf(preview: Preview, asked: readonly PassTag[], upstream: readonly UpstreamTag[], holders: readonly TagHolders[]): PassJob {
  const tags = asked.map((tag, index) => ({ ...tag, tagId: index + 1 }));
  const all = [...tags, ...upstream];
  const rules = all.flatMap((tag) => [tag.rule, ...tag.onlyUsers, ...tag.onlyMatches]);
  const names = new Set([...all.flatMap((tag) => tag.reads), ...rules.flatMap(wholeTablesOf)]);
  const { plan, clock, head } = preview.basis;
  if (head.tables === null) throw new TagmillError('TABLES_NOT_FOUND', 'the manager has no tables to count over');
  const { events, earlier } = plan;
  return {
    runId: `preview-${preview.id}`,
    pass: 1,
    location: head.tables,
    businessDate: plan.businessDate,
    clock,
    tables: plan.tables.filter((table) => names.has(table.name)),
    ...(events === undefined ? {} : { events: events.filter((table) => names.has(table.name)) }),
    ...(earlier === undefined ? {} : { earlier }),
    ...(upstream.length === 0 ? {} : { upstream }),
    ...(holders.length === 0 ? {} : { holders }),
    catalog: plan.catalog,
    keyType: plan.keyType,
    cuts: plan.cuts,
    users: { kind: 'all' },
    ...valuesOf(all, holders),
    tags,
  };
}

const noCounts = (parts: number, others: number): PreviewCounts => ({
  others: new Array<readonly [number, number]>(others).fill([0, 0]),
  users: 0,
  matrix: new Array<number>(16).fill(0),
  parts: new Array<number>(parts).fill(0),
  samples: { enter: [], exit: [], unknown: [] },
  bytesRead: 0,
});

function sum(a: PreviewCounts, b: PreviewCounts, samples: number): PreviewCounts {
  const add = (x: readonly number[], y: readonly number[]): number[] => x.map((value, index) => value + (y[index] ?? 0));
  const joined = Object.fromEntries(MOVES.map((move) => [move, [...a.samples[move], ...b.samples[move]].slice(0, samples)]));
  return {
    users: a.users + b.users,
    matrix: add(a.matrix, b.matrix),
    parts: add(a.parts, b.parts),
    others: b.others.map(([matched, both], index) => [matched + (a.others[index]?.[0] ?? 0), both + (a.others[index]?.[1] ?? 0)] as const),
    samples: joined as unknown as PreviewCounts['samples'],
    bytesRead: a.bytesRead + b.bytesRead,
  };
}

function shown(preview: Preview): PreviewAnswer {
  const { counts, done, shards, state, error } = preview;
  const scale = (value: number): number => (done === 0 || done === shards ? value : Math.round((value * shards) / done));
  const { enter, exit, unknown } = counts.samples;
  return {
    preview_id: preview.id,
    state,
    exact: state === 'done',
    shards_done: done,
    shards_total: shards,
    tag_id: preview.tagId,
    live_version: preview.liveVersion,
    figures: done === 0 ? null : figuresOf(counts, preview.liveVersion !== null, scale),
    parts: done === 0 ? [] : preview.parts.map(({ path, words }, index) => ({ path, words, matched: scale(counts.parts[index] ?? 0) })),
    downstream: preview.downstream,
    verdict: state === 'done' ? verdictOf(counts) : null,
    overlap: overlapOf(preview, scale),
    samples: { enter: [...enter], exit: [...exit], unknown: [...unknown] },
    bytes_read: counts.bytesRead,
    duration_ms: Math.round(state === 'running' ? performance.now() - preview.startedMs : preview.durationMs),
    basis: shownBasis(preview.basis),
    error: error === undefined ? null : { code: error.code, message: error.message },
  };
}

const matchedIn = ({ matrix }: PreviewCounts): number => [0, 1, 2, 3].reduce((total, live) => total + (matrix[live] ?? 0), 0);

/** Of a rule that is asked for somebody. */
function verdictOf(counts: PreviewCounts): PreviewAnswer['verdict'] {
  const asked = counts.matrix.slice(0, 12).reduce((total, users) => total + users, 0);
  if (asked === 0) return null;
  const matched = matchedIn(counts);
  return matched === 0 ? 'empty' : matched === asked ? 'full' : null;
}

function overlapOf({ others, counts, state }: Preview, scale: (value: number) => number): PreviewAnswer['overlap'] {
  const own = matchedIn(counts);
  return others
    .map(({ tagId, name }, index) => {
      const [matched, both] = counts.others[index] ?? [0, 0];
      const relation = state === 'done' ? relationOf(own, matched, both) : null;
      return { tag_id: tagId, tag_name: name, matched: scale(matched), both: scale(both), relation };
    })
    .sort((a, b) => b.both - a.both);
}

function relationOf(own: number, other: number, both: number): PreviewAnswer['overlap'][number]['relation'] {
  if (both === 0) return 'disjoint';
  if (both === own) return both === other ? 'equal' : 'contained';
  return both === other ? 'contains' : 'overlaps';
}

/** Rows: the rule gives T, F, U, is not asked; columns: the live one does. */
function figuresOf({ users, matrix }: PreviewCounts, hasLive: boolean, scale: (value: number) => number): PreviewAnswer['figures'] {
  const at = (own: number, live: number): number => matrix[4 * own + live] ?? 0;
  const row = (own: number): number => [0, 1, 2, 3].reduce((total, live) => total + at(own, live), 0);
  const compared = (value: number): number | null => (hasLive ? scale(value) : null);
  return {
    users: scale(users),
    matched: scale(row(0)),
    unknown: scale(row(2)),
    live_matched: compared([0, 1, 2, 3].reduce((total, own) => total + at(own, 0), 0)),
    enter: compared(row(0) - at(0, 0)),
    exit: compared(at(1, 0)),
    stay: compared(at(0, 0)),
    unknown_held: compared(at(2, 0)),
  };
}
