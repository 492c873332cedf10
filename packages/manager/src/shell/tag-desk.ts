/** Policies and overrides of tags for REST and for the command line, over the database. */
import type { OverrideAnswer, OverrideBody } from '@tagmill/shared/api/tag-overrides';
import type { PolicyAnswer, PolicyBody } from '@tagmill/shared/api/tag-policy';
import { TagmillError } from '@tagmill/shared/errors';
import type { TagsPort } from '../port-tags.ts';
import type { OverrideRow, PolicyRow, TagMetadata } from '../tagstore/metadata.ts';

const policyAnswer = ({ tagId, policy, who, reason, updatedMs }: PolicyRow): PolicyAnswer => ({
  tag_id: tagId,
  unknown: policy.unknown,
  keep_for_runs: policy.keepForRuns ?? null,
  max_unknown_share: policy.maxUnknownShare ?? null,
  max_move: policy.maxMove ?? null,
  who,
  reason,
  updated_at: new Date(updatedMs).toISOString(),
});

const overrideAnswer = ({ userId, tagId, kind, who, reason, atMs }: OverrideRow): OverrideAnswer => ({
  user_id: userId,
  tag_id: tagId,
  kind,
  who,
  reason,
  at: new Date(atMs).toISOString(),
});

export class TagDesk implements TagsPort {
  readonly #metadata: () => TagMetadata;

  constructor(metadata: () => TagMetadata) {
    this.#metadata = metadata;
  }

  async policies(): Promise<readonly PolicyAnswer[]> {
    return (await this.#metadata().policies.all()).map(policyAnswer);
  }

  async setPolicy(tagId: number, body: PolicyBody, who: string): Promise<PolicyAnswer> {
    const { unknown = 'keep', keep_for_runs: runs, max_unknown_share: share, max_move: move, reason } = body;
    if ((unknown === 'keep_for') !== (runs !== undefined && runs !== null))
      throw new TagmillError('USAGE', '`keep_for` and a number of runs (`keep_for_runs`) go together, and neither without the other');
    const policy = {
      unknown,
      ...(runs === undefined || runs === null ? {} : { keepForRuns: runs }),
      ...(share === undefined || share === null ? {} : { maxUnknownShare: share }),
      ...(move === undefined || move === null ? {} : { maxMove: move }),
    } as const;
    const row: PolicyRow = { tagId, policy, who, reason, updatedMs: Date.now() };
    if (!(await this.#metadata().policies.set(row))) throw noTag(tagId);
    return policyAnswer(row);
  }

  async overrides(tagId: number): Promise<readonly OverrideAnswer[]> {
    return (await this.#metadata().overrides.of(tagId)).map(overrideAnswer);
  }

  async setOverride(userId: string, tagId: number, { kind, reason }: OverrideBody, who: string): Promise<OverrideAnswer> {
    const row: OverrideRow = { userId, tagId, kind, who, reason, atMs: Date.now() };
    if (!(await this.#metadata().overrides.set(row))) throw noTag(tagId);
    return overrideAnswer(row);
  }
}

const noTag = (tagId: number): TagmillError =>
  new TagmillError('TAG_NOT_FOUND', `there is no tag ${tagId}; \`tagmill list-tasks\` shows those there are`);
