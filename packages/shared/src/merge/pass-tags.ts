/**
 * The tags of one merge: which bit is which tag, which of them the merge may
 * change, and the texts it writes. Users share few distinct sets of tags, so
 * everything that depends on the set alone is made once and kept.
 */
import type { PassJob, PassTag } from '../job.ts';
import { type MergeBatch, planeWords } from './batch.ts';
import type { RowFindings, UnknownCounting } from './row.ts';
import { formatTagIds, parseTagIds } from './tag-ids.ts';

/** What a merge needs of a pass: small enough to travel with rows. */
export interface MergeJob {
  readonly runId: string;
  readonly pass: number;
  readonly tags: readonly Pick<PassTag, 'tagId' | 'name' | 'reason' | 'ruleVersion' | 'keepForRuns'>[];
  /** Date that a tag which is entered now holds since, `2026-11-22`. */
  readonly today: string;
  /** By which runs count for those who are UNKNOWN. */
  readonly businessDate: string;
  /** Whether the users between the first and the last key of a batch are about those of the batch. */
  readonly dense: boolean;
}

export function mergeJobOf(job: PassJob): MergeJob {
  return {
    runId: job.runId,
    pass: job.pass,
    tags: job.tags.map(({ tagId, name, reason, ruleVersion, keepForRuns }) => ({
      ...{ tagId, name, reason, ruleVersion },
      ...(keepForRuns === undefined ? {} : { keepForRuns }),
    })),
    today: job.clock.today,
    businessDate: job.businessDate,
    // A run for some users only would read all the rows between them, and digits don't sort as their numbers do.
    dense: job.users.kind === 'all' && job.keyType === 'string',
  };
}

/** A set of matched tags and the texts of a new row with just these. */
export interface TagSetTexts {
  readonly ids: readonly number[];
  readonly tagIds: string;
  readonly tagDetails: string;
}

/** Distinct sets and texts kept; then the memory is given back and they are made anew. */
const MEMO_ENTRIES = 100_000;

export class PassTags {
  readonly words: number;
  /** Tag id of each bit. */
  readonly tagIds: readonly number[];
  readonly ruleVersions: readonly number[];
  readonly #scopeMask: Uint32Array;
  readonly #bitOf: ReadonlyMap<number, number>;
  readonly #entries: ReadonlyMap<number, string>;
  readonly #businessDate: string;
  /** Bits, of those in scope, of tags whose unknowns are counted; undefined: none are. */
  readonly #countingMask: Uint32Array | undefined;
  readonly #keepFor: ReadonlyMap<number, number>;
  readonly #sets = new Map<number | string, TagSetTexts>();
  readonly #held = new Map<string, Uint32Array | undefined>();

  constructor(job: MergeJob, scope: readonly number[]) {
    const inScope = new Set(scope);
    this.words = planeWords(job.tags.length);
    this.tagIds = job.tags.map((tag) => tag.tagId);
    this.ruleVersions = job.tags.map((tag) => tag.ruleVersion);
    this.#bitOf = new Map(this.tagIds.map((id, bit) => [id, bit]));
    this.#scopeMask = this.#maskOf(new Map(scope.map((id) => [id, true])));
    this.#businessDate = job.businessDate;
    this.#keepFor = new Map(
      job.tags.flatMap(({ tagId, keepForRuns }) => (keepForRuns === undefined || !inScope.has(tagId) ? [] : [[tagId, keepForRuns]])),
    );
    this.#countingMask = this.#keepFor.size === 0 ? undefined : this.#maskOf(this.#keepFor);
    this.#entries = new Map(job.tags.map((tag) => [tag.tagId, detailEntry(tag, job.today)]));
  }

  /** Whether rows may have marks of those who are UNKNOWN: then `compare` must be told which do. */
  get countsUnknown(): boolean {
    return this.#countingMask !== undefined;
  }

  /** The texts of a new row for the user, or undefined when no tag in scope matched. */
  newRow(batch: MergeBatch, row: number): TagSetTexts | undefined {
    const key = this.#setKey(batch, row);
    const known = this.#sets.get(key);
    if (known !== undefined) return known.ids.length === 0 ? undefined : known;
    const ids = this.#idsIn(batch, row, isMatched);
    const texts: TagSetTexts = {
      ids,
      tagIds: formatTagIds(ids),
      tagDetails: `{${ids.map((id) => this.entryOf(id)).join(',')}}`,
    };
    if (this.#sets.size >= MEMO_ENTRIES) this.#sets.clear();
    this.#sets.set(key, texts);
    return ids.length === 0 ? undefined : texts;
  }

  /**
   * Whether the row must be looked at: a tag would enter, or one would leave
   * unless it was set by hand. `raw` is the stored text of tag_ids, any
   * encoding as long as it is always the same. `marked`: its details may have
   * a mark of one of the tags whose unknowns are counted.
   */
  compare(batch: MergeBatch, row: number, raw: string | null, marked = false): 'right' | 'look' | 'unreadable' {
    const held = this.#heldBits(raw ?? 'null');
    if (held === undefined) return 'unreadable';
    const base = row * this.words;
    for (let word = 0; word < this.words; word += 1) {
      const has = held[word]!;
      const [matched, notMatched] = [batch.matched[base + word]!, batch.notMatched[base + word]!];
      const enters = matched & ~notMatched & ~has;
      const leaves = notMatched & has;
      if (((enters | leaves) & this.#scopeMask[word]!) !== 0) return 'look';
      if (marked && (matched & has & this.#countingMask![word]!) !== 0) return 'look';
    }
    return 'right';
  }

  findings(batch: MergeBatch, row: number): RowFindings {
    const matched = this.#idsIn(batch, row, isMatched);
    return {
      matched,
      notMatched: this.#idsIn(batch, row, isNotMatched),
      entryOf: this.entryOf,
      ...(this.#countingMask === undefined ? {} : { counting: this.#counting(batch, row, matched) }),
    };
  }

  readonly entryOf = (tagId: number): string => this.#entries.get(tagId)!;

  #heldBits(raw: string): Uint32Array | undefined {
    const known = this.#held.get(raw);
    if (known !== undefined || this.#held.has(raw)) return known;
    const ids = parseTagIds(raw);
    let bits: Uint32Array | undefined;
    if (ids !== undefined) {
      bits = new Uint32Array(this.words);
      for (const id of ids) {
        const bit = this.#bitOf.get(id);
        if (bit !== undefined) bits[bit >> 5] = (bits[bit >> 5]! | (1 << (bit & 31))) >>> 0;
      }
    }
    if (this.#held.size >= MEMO_ENTRIES) this.#held.clear();
    this.#held.set(raw, bits);
    return bits;
  }

  #counting(batch: MergeBatch, row: number, matched: readonly number[]): UnknownCounting {
    return {
      day: this.#businessDate,
      unknown: this.#idsIn(batch, row, isCounted),
      known: matched.filter((id) => this.#keepFor.has(id)),
      runsOf: (tagId) => this.#keepFor.get(tagId) ?? 1,
    };
  }

  #maskOf(tags: ReadonlyMap<number, unknown>): Uint32Array {
    const mask = new Uint32Array(this.words);
    for (const [id, bit] of this.#bitOf) if (tags.has(id)) mask[bit >> 5] = (mask[bit >> 5]! | (1 << (bit & 31))) >>> 0;
    return mask;
  }

  #setKey(batch: MergeBatch, row: number): number | string {
    const base = row * this.words;
    const bitsAt = (word: number): number =>
      (isMatched(batch.matched[base + word]!, batch.notMatched[base + word]!) & this.#scopeMask[word]!) >>> 0;
    if (this.words === 1) return bitsAt(0);
    let key = '';
    for (let word = 0; word < this.words; word += 1) {
      const bits = bitsAt(word);
      key += String.fromCharCode(bits & 0xffff, bits >>> 16);
    }
    return key;
  }

  #idsIn(batch: MergeBatch, row: number, of: (matched: number, notMatched: number) => number): number[] {
    const ids: number[] = [];
    const base = row * this.words;
    for (let word = 0; word < this.words; word += 1) {
      let bits = of(batch.matched[base + word]!, batch.notMatched[base + word]!) & this.#scopeMask[word]!;
      while (bits !== 0) {
        const lowest = 31 - Math.clz32(bits & -bits);
        ids.push(this.tagIds[word * 32 + lowest]!);
        bits &= bits - 1;
      }
    }
    return ids;
  }
}

const isMatched = (matched: number, notMatched: number): number => matched & ~notMatched;
const isNotMatched = (matched: number, notMatched: number): number => notMatched & ~matched;
const isCounted = (matched: number, notMatched: number): number => matched & notMatched;

/** As of the run in which the user enters; never refreshed, and compared only where that entering is undone. */
export function detailEntry(tag: MergeJob['tags'][number], since: string): string {
  const detail = { tag_name: tag.name, reason: tag.reason, source: 'AUTO', rule_version: tag.ruleVersion, since };
  return `"${tag.tagId}":${JSON.stringify(detail)}`;
}
