/** Tags at a glance, over the database and the runs that are kept. */
import type { InboxAnswer, InboxItem, TagOverview, UserTagsAnswer } from '@tagmill/shared/api/tag-overview';
import { DOMAINS } from '@tagmill/shared/words';
import { runItems } from '../core/inbox.ts';
import { tagRuns } from '../core/tag-runs.ts';
import type { AvailableTag } from '../port.ts';
import type { BoardPort } from '../port-board.ts';
import type { RuleVersionRow } from '../tagstore/metadata.ts';
import type { Hall } from './running.ts';
import { userTags } from './user-tags.ts';

export class BoardDesk implements BoardPort {
  private readonly hall: Hall;
  private readonly available: () => Promise<readonly AvailableTag[]>;

  constructor(hall: Hall, available: () => Promise<readonly AvailableTag[]>) {
    this.hall = hall;
    this.available = available;
  }

  async overview(): Promise<TagOverview> {
    const { state, database } = this.hall.live();
    const [tags, heads] = await Promise.all([this.available(), database.metadata.versions.heads()]);
    const runs = tagRuns(state);
    return {
      tags: tags.map(({ tagId, name, domain, description, isActive }) => ({
        ...{ tag_id: tagId, tag_name: name, description, is_active: isActive },
        domain: DOMAINS.find((one) => one === domain) ?? 'other',
        live_version: heads.get(tagId)?.live ?? null,
        newest: heads.get(tagId)?.newest ?? null,
        last: runs.get(tagId)?.last ?? null,
        sizes: runs.get(tagId)?.sizes ?? [],
      })),
    };
  }

  async ofUser(userId: string): Promise<UserTagsAnswer> {
    const [tags, row] = await Promise.all([this.available(), this.hall.live().database.metadata.userTagsOf(userId)]);
    return userTags(userId, row, new Map(tags.map((one) => [one.tagId, one.name])));
  }

  async inbox(): Promise<InboxAnswer> {
    const { state, database } = this.hall.live();
    const proposed = await database.metadata.versions.proposed();
    return { items: [...proposed.map(proposalItem), ...runItems(state)], checked_at: new Date().toISOString() };
  }
}

function proposalItem({ tagId, tagName, version, reviews, ...row }: RuleVersionRow & { readonly tagName: string }): InboxItem {
  const { who, reason, atMs } = reviews.findLast((one) => one.kind === 'propose') ?? row;
  return {
    ...{ kind: 'approval', name: tagName, tag_id: tagId, run_id: null, instance_id: null, business_date: null, version, who },
    sentence: reason,
    since: new Date(atMs).toISOString(),
  };
}
