/** What a tag is at a glance: one word for each, those that need a person first. */
import type { OverviewTag } from '@tagmill/shared/api/tag-overview';

export const TAG_STATES = ['held', 'proposed', 'live', 'draft', 'inactive'] as const;
export type TagState = (typeof TAG_STATES)[number];

export function tagState({ last, newest, live_version, is_active }: OverviewTag): TagState {
  if (last?.held_by_check != null) return 'held';
  if (newest?.state === 'proposed') return 'proposed';
  if (!is_active) return 'inactive';
  return live_version === null && newest?.state === 'draft' ? 'draft' : 'live';
}
