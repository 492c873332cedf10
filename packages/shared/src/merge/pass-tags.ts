/**
 * The tags of one merge: which bit is which tag, which of them the merge may
 * change, and the texts it writes. Users share few distinct sets of tags, so
 * everything that depends on the set alone is made once and kept.
 */
import type { PassJob, PassTag } from '../job.ts';
import { type MergeBatch, planeWords } from './batch.ts';
import type { RowFindings } from './row.ts';
import { formatTagIds, parseTagIds } from './tag-ids.ts';

/** What a merge needs of a pass: small enough to travel with rows. */
export interface MergeJob {
  readonly runId: string;
  readonly pass: number;
  readonly tags: readonly Pick<PassTag, 'tagId' | 'name' | 'reason' | 'ruleVersion'>[];
  /** Date that a tag which is entered now holds since, `2026-11-22`. */
  readonly today: string;
  /** Whether the users between the first and the last key of a batch are about those of the batch. */
  readonly dense: boolean;
}

export function mergeJobOf(job: PassJob): MergeJob {
  return {
    runId: job.runId,
    pass: job.pass,
    tags: job.tags.map(({ tagId, name, reason, ruleVersion }) => ({ tagId, name, reason, ruleVersion })),
    today: job.clock.today,
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
  readonly #sets = new Map<number | string, TagSetTexts>();
  readonly #held = new Map<string, Uint32Array | undefined>();

  constructor(job: MergeJob, scope: readonly number[]) {
    const inScope = new Set(scope);
    this.words = planeWords(job.tags.length);
    this.tagIds = job.tags.map((tag) => tag.tagId);
    this.ruleVersions = job.tags.map((tag) => tag.ruleVersion);
    this.#bitOf = new Map(this.tagIds.map((id, bit) => [id, bit]));
    this.#scopeMask = new Uint32Array(this.words);
    for (const [id, bit] of this.#bitOf) {
      if (inScope.has(id)) this.#scopeMask[bit >> 5] = (this.#scopeMask[bit >> 5]! | (1 << (bit & 31))) >>> 0;
    }
    this.#entries = new Map(job.tags.map((tag) => [tag.tagId, detailEntry(tag, job.today)]));
  }

  /** The texts of a new row for the user, or undefined when no tag in scope matched. */
  newRow(batch: MergeBatch, row: number): TagSetTexts | undefined {
    const key = this.#setKey(batch.matched, row);
    const known = this.#sets.get(key);
    if (known !== undefined) return known.ids.length === 0 ? undefined : known;
    const ids = this.#idsIn(batch.matched, row);
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
   * encoding as long as it is always the same.
   */
  compare(batch: MergeBatch, row: number, raw: string | null): 'right' | 'look' | 'unreadable' {
    const held = this.#heldBits(raw ?? 'null');
    if (held === undefined) return 'unreadable';
    const base = row * this.words;
    for (let word = 0; word < this.words; word += 1) {
      const has = held[word]!;
      const enters = batch.matched[base + word]! & ~has;
      const leaves = batch.notMatched[base + word]! & has;
      if (((enters | leaves) & this.#scopeMask[word]!) !== 0) return 'look';
    }
    return 'right';
  }

  findings(batch: MergeBatch, row: number): RowFindings {
    return {
      matched: this.#idsIn(batch.matched, row),
      notMatched: this.#idsIn(batch.notMatched, row),
      entryOf: this.entryOf,
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

  #setKey(plane: Uint32Array, row: number): number | string {
    const base = row * this.words;
    if (this.words === 1) return plane[base]! & this.#scopeMask[0]!;
    let key = '';
    for (let word = 0; word < this.words; word += 1) {
      const bits = plane[base + word]! & this.#scopeMask[word]!;
      key += String.fromCharCode(bits & 0xffff, bits >>> 16);
    }
    return key;
  }

  #idsIn(plane: Uint32Array, row: number): number[] {
    const ids: number[] = [];
    const base = row * this.words;
    for (let word = 0; word < this.words; word += 1) {
      let bits = plane[base + word]! & this.#scopeMask[word]!;
      while (bits !== 0) {
        const lowest = 31 - Math.clz32(bits & -bits);
        ids.push(this.tagIds[word * 32 + lowest]!);
        bits &= bits - 1;
      }
    }
    return ids;
  }
}

/** As of the run in which the user enters; never refreshed, and compared only where that entering is undone. */
export function detailEntry(tag: MergeJob['tags'][number], since: string): string {
  const detail = { tag_name: tag.name, reason: tag.reason, source: 'AUTO', rule_version: tag.ruleVersion, since };
  return `"${tag.tagId}":${JSON.stringify(detail)}`;
}
