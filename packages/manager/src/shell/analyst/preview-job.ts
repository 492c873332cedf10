/** What the executors are asked to count for a preview: the rule, the live one, its parts, other tags. */
import type { PreviewAnswer } from '@tagmill/shared/api/rules';
import { TagmillError } from '@tagmill/shared/errors';
import type { RunClock } from '@tagmill/shared/fields';
import type { PassJob, PassTag, TagHolders, UpstreamTag } from '@tagmill/shared/job';
import type { PreviewJob } from '@tagmill/shared/question';
import type { TagLeaf, WholeRule } from '@tagmill/shared/rules/normal';
import { wholeTablesOf } from '@tagmill/shared/rules/reads';
import { readsOfRules } from '@tagmill/shared/rules/wide/rule-reads';
import type { StoredRule } from '../../tagstore/metadata.ts';
import type { Hall } from '../running.ts';
import { DUE_TAG, type DueAsked, pinHolders, type TagsRead } from '../tag-holders.ts';
import { STORED, UNKNOWN, withLiveTags } from '../tag-states.ts';
import { valuesOf } from '../templates.ts';
import type { Basis } from './basis.ts';
import { wordsOf } from './explanation.ts';
import type { Part, Preview } from './preview.ts';
import { noTag } from './version-answers.ts';
import { judged } from './subject.ts';

/** Parts that are counted alone: two words of bits a user. */
const MOST_PARTS = 60;
/** So long the holders of a tag that a rule reads are taken for new. */
const HOLDERS_MS = 60_000;
/** A rule that belongs to no tag: no rule can name it. */
const NO_TAG = Number.MAX_SAFE_INTEGER;

export type Standing = StoredRule & { readonly ruleVersion: number };

interface Compared {
  /** With the policy of its tag. */
  readonly own: PassTag;
  readonly live: PassTag | undefined;
}

export class PreviewJobs {
  private readonly hall: Hall;
  private holders: { readonly key: string; readonly atMs: number; readonly found: Promise<readonly TagHolders[]> } | undefined;

  constructor(hall: Hall) {
    this.hall = hall;
  }

  /** The rule as its tag would have it, and the live one. Errors: TAG_NOT_FOUND, RULE_INVALID. */
  async tagsOf(text: string, tagId: number | undefined, basis: Basis, stands: Standing | undefined): Promise<Compared> {
    const { database, tasks } = this.hall.live();
    if (tagId === undefined)
      return { own: judged(this.hall, [], basis, { tagId: NO_TAG, tagName: 'preview', ruleJson: text }), live: undefined };
    const known = stands ?? (await database.metadata.versions.read(tagId));
    if (known === undefined) throw noTag(tagId);
    const policy = (await database.metadata.policies.all()).find((one) => one.tagId === tagId)?.policy;
    const own = judged(this.hall, tasks, basis, {
      tagId,
      tagName: known.tagName,
      ruleJson: text,
      ...(policy === undefined ? {} : { policy }),
    });
    return { own, live: stands === undefined ? undefined : this.liveOf(basis, stands) };
  }

  /** Other tags, where a rule reads their state, are what the next run of all would make of them. */
  async jobOf(preview: Preview, own: PassTag, live: PassTag | undefined, rules: readonly Standing[]): Promise<PreviewJob> {
    const { basis, parts } = preview;
    const parted = parts.map((part) => ({ ...own, rule: part.rule, onlyMatches: [] }));
    const asked = [own, ...(live === undefined ? [] : [live]), ...parted, ...preview.others];
    const ownTag = preview.against === 'held' ? String(own.tagId) : undefined;
    const known = new Map<number, PassTag | null | undefined>();
    const liveTag = (tagId: number): PassTag | null | undefined => {
      if (known.has(tagId)) return known.get(tagId);
      const rule = rules.find((one) => one.tagId === tagId && one.isActive);
      const tag = rule === undefined ? undefined : (this.liveOf(basis, rule) ?? null);
      known.set(tagId, tag);
      return tag;
    };
    const read = tagsBehind([preview.text, ...textsOf(rules, [preview.tagId ?? NO_TAG, ...preview.others.map((tag) => tag.tagId)])], rules);
    const due =
      ownTag === undefined || own.keepForRuns === undefined
        ? undefined
        : { tag: own.tagId, keepForRuns: own.keepForRuns, day: basis.plan.businessDate };
    const holders = await this.holdersOf(ownTag === undefined ? read : { ...read, tags: [...read.tags, ownTag] }, basis.clock, due);
    const found = withLiveTags(asked, liveTag, holders);
    const firstPart = live === undefined ? 1 : 2;
    const tags = found.tags.toSpliced(firstPart, 0, ...(ownTag === undefined ? [] : heldTags(found.tags[0]!, ownTag, due !== undefined)));
    const wanted = new Set([...found.holders.map(({ tag }) => tag), ownTag, DUE_TAG]);
    const pass = passOf(
      preview,
      tags,
      found.upstream,
      holders.filter(({ tag }) => wanted.has(tag)),
    );
    return {
      pass,
      hasLive: live !== undefined,
      hasHeld: ownTag !== undefined,
      unknown: due === undefined ? (own.unknown ?? 'keep') : 'due',
      ...(preview.counted === undefined ? {} : { counted: { ...preview.counted, ...(ownTag === undefined ? {} : { tag: ownTag }) } }),
      others: preview.others.length,
      samples: preview.samples,
    };
  }

  /** Whoever types asks again every second: who holds a tag is read anew after a while, and once a run or a person has written. */
  private async holdersOf(read: TagsRead, clock: RunClock, due: DueAsked | undefined): Promise<readonly TagHolders[]> {
    const { state, database } = this.hall.live();
    if (read.tags.length + read.histories.length === 0) return [];
    const runs = [...state.runs.values()].map(({ id, state: stands, endedMs }) => [id, stands, endedMs]);
    const words = await database.metadata.overrides.newestMs();
    const key = JSON.stringify([read, clock, due, runs, words]);
    if (this.holders?.key !== key || performance.now() - this.holders.atMs > HOLDERS_MS) {
      const found = pinHolders(read, clock, database.metadata, Date.now(), due);
      this.holders = { key, atMs: performance.now(), found };
      found.catch(() => {
        if (this.holders?.found === found) this.holders = undefined;
      });
    }
    return this.holders.found;
  }

  /** A live rule that these tables refuse gives the tag to nobody. */
  liveOf(basis: Basis, rule: Parameters<typeof judged>[3]): PassTag | undefined {
    try {
      return judged(this.hall, this.hall.live().tasks, basis, rule);
    } catch (error) {
      if (error instanceof TagmillError && error.code === 'RULE_INVALID') return undefined;
      throw error;
    }
  }
}

/**
 * Tags for the users that `own` is asked for: who holds the tag, who has it (T) or is kept out
 * of it (F) by hand, and who is due to lose it. A condition or-ed with itself and another is the condition.
 */
function heldTags(own: PassTag, tag: string, due: boolean): PassTag[] {
  const states = [[tag, STORED] as const, [tag, UNKNOWN] as const, ...(due ? [[DUE_TAG, STORED] as const] : [])];
  return states.map(([of, basis]) => {
    const leaf: TagLeaf = { kind: 'tag', operator: 'has_tag', tag: of, basis, missing: 'unknown' };
    const rule: WholeRule = { logic: 'OR', conditions: [leaf, { logic: 'AND', conditions: [leaf, own.rule] }] };
    return { ...own, rule, onlyMatches: [] };
  });
}

/** Tags whose rules read the state or the history of this one. */
export function readersOf(tagId: number, rules: readonly Standing[]): PreviewAnswer['downstream'] {
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

/** Every node below the root, in document order. */
export function partsOf(rule: WholeRule): readonly Part[] {
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
