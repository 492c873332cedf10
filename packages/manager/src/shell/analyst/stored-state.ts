/** What `user_tags` says of a user and a tag, beside what the rule gives. */
import type { ExplainAnswer } from '@tagmill/shared/api/rules';
import type { PassTag } from '@tagmill/shared/job';
import { entryIn, isManual, parseDetails } from '@tagmill/shared/merge/row';
import { markIn } from '@tagmill/shared/merge/unknown-mark';
import { parseTagIds } from '@tagmill/shared/merge/tag-ids';
import type { Run } from '../../core/run.ts';
import type { ManagerState } from '../../core/state.ts';
import type { StoredUserTags } from '../../tagstore/metadata.ts';
import type { Subject } from './subject.ts';

type Stored = ExplainAnswer['stored'];
type Agreement = Stored['agreement'];

export function storedState(
  state: ManagerState,
  { tag, basis }: Subject,
  explained: Pick<ExplainAnswer, 'evaluated' | 'result' | 'user_id'>,
  row: StoredUserTags | undefined,
): Stored {
  const ids = row === undefined ? undefined : parseTagIds(row.tagIds);
  const has = ids?.includes(tag.tagId) === true;
  const agreement = agreementOf(state, basis.run, tag, explained, has, isByHand(row, tag.tagId));
  const kept = agreement === 'unknown-keeps' ? keptFor(tag, row, has) : null;
  return {
    tag_ids: row === undefined ? null : (ids ?? []),
    has_tag: has,
    agreement,
    sentence: `${where(tag.tagId, row, ids, has)}: ${kept ?? SENTENCES[agreement]}`,
  };
}

function agreementOf(
  state: ManagerState,
  run: Run | null,
  { tagId, unknown }: Pick<PassTag, 'tagId' | 'unknown'>,
  { evaluated, result }: Pick<ExplainAnswer, 'evaluated' | 'result'>,
  has: boolean,
  byHand: boolean,
): Agreement {
  if (run === null || !merged(run, tagId)) return 'not-merged';
  if (!evaluated) return 'not-evaluated';
  if (result === 'U' && unknown !== 'remove') return 'unknown-keeps';
  if (has === (result === 'T')) return 'agrees';
  if (byHand) return 'by-hand';
  return mergedSince(state, run, tagId) ? 'other-run' : 'disagrees';
}

const SENTENCES: Readonly<Record<Agreement, string>> = {
  agrees: 'that is what the rule gives',
  disagrees: 'THE RULE GIVES SOMETHING ELSE; somebody else wrote the row, or this is a defect to be told',
  'unknown-keeps': 'the rule gives UNKNOWN, so the row stays as it was',
  'by-hand': 'the tag was set by hand, which stands over the rule',
  'other-run': 'a later run has merged the tag since',
  'not-merged': 'this result has not been merged',
  'not-evaluated': 'the rule was not asked for this user, so the row stays as it was',
};

function where(tagId: number, row: StoredUserTags | undefined, ids: readonly number[] | undefined, has: boolean): string {
  if (row === undefined) return 'the user has no row in user_tags';
  if (ids === undefined) return 'the stored tag_ids cannot be read';
  return `${tagId} is ${has ? '' : 'not '}in [${ids.slice(0, 50).join(',')}${ids.length > 50 ? ',...' : ''}]`;
}

function merged(run: Run, tagId: number): boolean {
  const row = run.index.find(`tag-${tagId}`);
  return row >= 0 && run.stateAt(row) === 'succeeded';
}

function mergedSince(state: ManagerState, run: Run, tagId: number): boolean {
  const runs = [...state.runs.values()];
  return runs.slice(runs.indexOf(run) + 1).some((later) => merged(later, tagId));
}

/** How far a holder who is UNKNOWN is from losing the tag, where its policy counts that. */
function keptFor(
  { tagId, keepForRuns }: Pick<PassTag, 'tagId' | 'keepForRuns'>,
  row: StoredUserTags | undefined,
  has: boolean,
): string | null {
  if (keepForRuns === undefined || isByHand(row, tagId)) return null;
  const mark = markIn(entryIn(parseDetails(row?.tagDetails ?? null) ?? [], tagId)?.value);
  const runs = `${keepForRuns} run${keepForRuns === 1 ? '' : 's'}`;
  if (!has) return `the rule gives UNKNOWN, which gives nobody the tag; a holder keeps it for ${runs}`;
  if (mark === null) return `the rule gives UNKNOWN, and the tag is kept for ${runs}`;
  const next = mark.runs >= keepForRuns ? 'the next one takes it' : `${keepForRuns - mark.runs} more may follow`;
  return `the rule gives UNKNOWN, and the tag is kept for ${runs}: ${mark.runs} of them so far, the last for ${mark.on}; ${next}`;
}

function isByHand(row: StoredUserTags | undefined, tagId: number): boolean {
  const entry = entryIn(parseDetails(row?.tagDetails ?? null) ?? [], tagId);
  return entry !== undefined && isManual(entry.value);
}
