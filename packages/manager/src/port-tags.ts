/** What the mouths may ask of tags beside their rules. Bodies and answers are those of the API. */
import type { OverrideAnswer, OverrideBody } from '@tagmill/shared/api/tag-overrides';
import type { PolicyAnswer, PolicyBody } from '@tagmill/shared/api/tag-policy';

/** Errors of all: DATABASE_UNAVAILABLE. */
export interface TagsPort {
  /** Of tags that have one. */
  policies(): Promise<readonly PolicyAnswer[]>;
  /** From the next run on; what is left out allows anything. Errors: TAG_NOT_FOUND. */
  setPolicy(tagId: number, body: PolicyBody, who: string): Promise<PolicyAnswer>;
  /** Who has a tag, or has it not, by hand. */
  overrides(tagId: number): Promise<readonly OverrideAnswer[]>;
  /** At once, in user_tags; no run changes it. Errors: TAG_NOT_FOUND, KEY_CONFLICT, ACTION_REFUSED for a row that cannot be read. */
  setOverride(userId: string, tagId: number, body: OverrideBody, who: string): Promise<OverrideAnswer>;
}
