/** The tags of one rollback: which changes it undoes, what the pass wrote for them, and what it writes where an entry was not kept. */
import type { ChangeSet } from './changes.ts';
import type { JsonEntry } from './json-object.ts';
import { withMark } from './unknown-mark.ts';
import { detailEntry, type MergeJob } from './pass-tags.ts';

/** Why the user holds a tag whose own entry nobody kept. */
const NOT_KEPT_REASON = 'given back by a rollback; the entry that the tag had was not kept';
/** Texts compared that are remembered; then the memory is given back. */
const MEMO_ENTRIES = 10_000;

/** Stands in a rollback's batches where a merge's have the hash of their piece. */
export const undoMark = (pass: number): string => `rollback of pass ${pass}`;

export class UndoTags {
  readonly #tags: ReadonlyMap<number, MergeJob['tags'][number]>;
  readonly #since: string;
  readonly #written = new Map<number, string>();
  readonly #compared = new Map<string, boolean>();

  /** `tags`: those whose changes are undone; tags that the pass did not have are passed over. */
  constructor(job: MergeJob, tags: readonly number[]) {
    const wanted = new Set(tags);
    this.#tags = new Map(job.tags.filter((tag) => wanted.has(tag.tagId)).map((tag) => [tag.tagId, tag]));
    this.#since = job.today;
    for (const [id, tag] of this.#tags) this.#written.set(id, valueText(detailEntry(tag, job.today)));
  }

  /** [id, rule version] of each. */
  get versions(): (readonly [number, number])[] {
    return [...this.#tags.values()].map(({ tagId, ruleVersion }) => [tagId, ruleVersion] as const);
  }

  /** What there is to undo of a change; undefined: nothing. */
  within({ entered, exited, exitedEntries, marked = [] }: ChangeSet): ChangeSet | undefined {
    const back = exited.flatMap((id, at) => (this.#tags.has(id) ? [{ id, entry: exitedEntries[at] }] : []));
    const gone = entered.filter((id) => this.#tags.has(id));
    const marks = marked.filter(({ tagId }) => this.#tags.has(tagId));
    if (back.length + gone.length + marks.length === 0) return undefined;
    return { entered: gone, exited: back.map(({ id }) => id), exitedEntries: back.map(({ entry }) => entry), marked: marks };
  }

  /** Whether the entry still says what the pass wrote. MySQL keeps JSON by value, so the value counts where the text differs. */
  wrote(tagId: number, entry: JsonEntry): boolean {
    const written = this.#written.get(tagId);
    if (written === undefined) return false;
    if (entry.value === written) return true;
    const memo = `${tagId} ${entry.value}`;
    let same = this.#compared.get(memo);
    if (same === undefined) {
      // What later runs have counted there is theirs, and no word of a person.
      const own = withMark(entry.value, null) ?? entry.value;
      same = sameFields(JSON.parse(own), JSON.parse(written) as Record<string, unknown>);
      if (this.#compared.size >= MEMO_ENTRIES) this.#compared.clear();
      this.#compared.set(memo, same);
    }
    return same;
  }

  /** An entry for a tag whose own was not kept. */
  anew(tagId: number): string {
    return detailEntry({ ...this.#tags.get(tagId)!, reason: NOT_KEPT_REASON }, this.#since);
  }
}

/** The value in `"7":{...}`. */
const valueText = (entry: string): string => entry.slice(entry.indexOf(':') + 1);

/** What the pass writes has fields of text and numbers alone. */
function sameFields(found: unknown, written: Readonly<Record<string, unknown>>): boolean {
  if (typeof found !== 'object' || found === null) return false;
  const fields = Object.entries(found);
  return (
    fields.length === Object.keys(written).length &&
    fields.every(([name, value]) => Object.hasOwn(written, name) && written[name] === value)
  );
}
