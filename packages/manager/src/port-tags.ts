/** What the mouths may ask of tags beside their rules. Bodies and answers are those of the API. */
import type { PolicyAnswer, PolicyBody } from '@tagmill/shared/api/tag-policy';

/** Errors of all: DATABASE_UNAVAILABLE. */
export interface TagsPort {
  /** Of tags that have one. */
  policies(): Promise<readonly PolicyAnswer[]>;
  /** From the next run on; what is left out allows anything. Errors: TAG_NOT_FOUND. */
  setPolicy(tagId: number, body: PolicyBody, who: string): Promise<PolicyAnswer>;
}
