/** Policies of tags for REST and for the command line, over the database. */
import type { PolicyAnswer, PolicyBody } from '@tagmill/shared/api/tag-policy';
import { TagmillError } from '@tagmill/shared/errors';
import type { TagsPort } from '../port-tags.ts';
import type { PolicyRow, TagMetadata } from '../tagstore/metadata.ts';

const policyAnswer = ({ tagId, policy, who, reason, updatedMs }: PolicyRow): PolicyAnswer => ({
  tag_id: tagId,
  unknown: policy.unknown,
  max_unknown_share: policy.maxUnknownShare ?? null,
  max_move: policy.maxMove ?? null,
  who,
  reason,
  updated_at: new Date(updatedMs).toISOString(),
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
    const { unknown, max_unknown_share: share, max_move: move, reason } = body;
    const policy = {
      unknown: unknown ?? 'keep',
      ...(share === undefined || share === null ? {} : { maxUnknownShare: share }),
      ...(move === undefined || move === null ? {} : { maxMove: move }),
    } as const;
    const row: PolicyRow = { tagId, policy, who, reason, updatedMs: Date.now() };
    if (!(await this.#metadata().policies.set(row)))
      throw new TagmillError('TAG_NOT_FOUND', `there is no tag ${tagId}; \`tagmill list-tasks\` shows those there are`);
    return policyAnswer(row);
  }
}
