/** What the mouths may ask at a glance: tags, one user's tags, what needs a person. Answers are those of the API. */
import type { InboxAnswer, TagOverview, UserTagsAnswer } from '@tagmill/shared/api/tag-overview';

/** Errors of all: DATABASE_UNAVAILABLE. */
export interface BoardPort {
  /** Every tag with its versions and what the runs that are kept found. */
  overview(): Promise<TagOverview>;
  /** The tags that `user_tags` has of a user. */
  ofUser(userId: string): Promise<UserTagsAnswer>;
  inbox(): Promise<InboxAnswer>;
}
