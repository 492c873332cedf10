/** Who holds, and has held, the tags that rules read, kept by content when the run is planned: one answer for every shard and attempt. */
import type { RunClock } from '@tagmill/shared/fields';
import type { TagHolders } from '@tagmill/shared/job';
import { nextMark } from '@tagmill/shared/merge/unknown-mark';
import { historyWindow } from '@tagmill/shared/rules/wide/had-tag-within';
import { readsOfRules, type RuleReads } from '@tagmill/shared/rules/wide/rule-reads';
import type { RunHead } from '../core/run-spec.ts';
import type { TagMetadata } from '../tagstore/metadata.ts';
import { UserSetWriter } from './user-sets.ts';

export type TagsRead = Pick<RuleReads, 'tags' | 'histories'>;

/** Tags that the rules of a run read; none for most runs. */
export const tagsRead = (spec: RunHead): TagsRead => readsOfRules(spec.rules.map((rule) => rule.ruleJson));

/** Stands for a tag whose holders are those who are due to lose another; no tag has this id. */
export const DUE_TAG = '0';

/** Who has been UNKNOWN for so many runs that one more, for the day, takes the tag away. */
export interface DueAsked {
  readonly tag: number;
  readonly keepForRuns: number;
  readonly day: string;
}

/** One reading of `user_tags` after the other: each keeps two connections busy. */
const reading = new WeakMap<TagMetadata, Promise<unknown>>();

/** Errors: those of the database. */
export async function pinHolders(
  asked: TagsRead,
  clock: RunClock,
  metadata: TagMetadata,
  atMs: number,
  due?: DueAsked,
): Promise<TagHolders[]> {
  const before = reading.get(metadata) ?? Promise.resolve();
  const mine = before.then(
    () => readHolders(asked, clock, metadata, atMs, due),
    () => readHolders(asked, clock, metadata, atMs, due),
  );
  reading.set(metadata, mine);
  return await mine;
}

/** Sets are kept as they are read; only tags whose history is asked for are held in memory. */
async function readHolders(
  { tags, histories }: TagsRead,
  clock: RunClock,
  metadata: TagMetadata,
  atMs: number,
  due: DueAsked | undefined,
): Promise<TagHolders[]> {
  const { lists, overrides } = metadata;
  const all = [...new Set([...tags, ...histories.map(({ tag }) => tag)])].map(Number).sort((a, b) => a - b);
  if (all.length === 0) return [];
  const writer = (): UserSetWriter => new UserSetWriter(lists, atMs);
  const sets = new Map(all.map((tag) => [tag, { held: writer(), manual: writer() }]));
  const losing = writer();
  const now = new Map(histories.map(({ tag }) => [Number(tag), [] as string[]]));
  await metadata.eachHolder(all, ({ tag, userId, byHand, mark }) => {
    const own = sets.get(tag)!;
    now.get(tag)?.push(userId);
    const isDue = tag === due?.tag && nextMark(mark, due.day).runs > due.keepForRuns;
    const kept = [own.held.add(userId), byHand ? own.manual.add(userId) : undefined, isDue ? losing.add(userId) : undefined];
    const waits = kept.filter((one) => one !== undefined);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  });
  const excluded = await overrides.excluded(all);
  const wanted = histories.map(({ tag, days }) => {
    const { start, end } = historyWindow(days, clock);
    return { tag: Number(tag), days, fromMs: Number(start / 1000n), toMs: Number(end / 1000n) };
  });
  const found = wanted.length === 0 ? [] : await metadata.historyOf(wanted, now);
  const keep = async (users: readonly string[]): Promise<string> => {
    const set = writer();
    for (const user of inByteOrder(users)) await set.add(user);
    return await set.end();
  };
  const pinned: TagHolders[] = [];
  for (const tag of all) {
    const { held, manual } = sets.get(tag)!;
    const out = excluded.get(tag) ?? [];
    const own = [];
    for (const one of found) if (one.tag === tag) own.push({ days: one.days, had: await keep(one.users), whole: one.whole });
    pinned.push({
      tag: String(tag),
      held: await held.end(),
      manual: await manual.end(),
      ...(out.length === 0 ? {} : { excluded: await keep(out) }),
      ...(own.length === 0 ? {} : { histories: own }),
    });
  }
  if (due !== undefined) pinned.push({ tag: DUE_TAG, held: await losing.end(), manual: await keep([]) });
  await lists.forgetOld(atMs);
  return pinned;
}

const inByteOrder = (users: readonly string[]): string[] =>
  [...new Set(users)]
    .map((user) => Buffer.from(user))
    .sort(Buffer.compare)
    .map((bytes) => bytes.toString());
