/** Tags at a glance: state, size, what the newest runs found; one user's tags; and what needs a person. */
import { z } from 'zod';
import { DOMAINS, INBOX_KINDS, INSTANCE_STATES } from '../words.ts';
import { VERSION_STATES } from './rules.ts';
import { instant, list } from './common.ts';

const count = z.int().nonnegative();
const orNull = <T extends z.ZodType>(schema: T) => schema.nullable();

/** What one run made of a tag. */
const tagRun = z
  .object({
    run_id: z.string(),
    instance_id: z.string(),
    business_date: orNull(z.string()),
    state: z.enum(INSTANCE_STATES),
    held: z.boolean(),
    held_by_check: orNull(z.string()).describe('What was counted beyond its policy; null: its check does not hold it.'),
    reason: orNull(z.string()),
    error_code: orNull(z.string()),
    ended_at: orNull(instant),
    evaluated: orNull(count).describe('Users for whom the rule was evaluated.'),
    matched: orNull(count),
    unknown: orNull(count),
    entered: orNull(count),
    exited: orNull(count),
    rule_version: orNull(z.int()),
  })
  .meta({ id: 'TagRun' });
export type TagRunAnswer = z.infer<typeof tagRun>;

const overviewTag = z
  .object({
    tag_id: z.int(),
    tag_name: z.string(),
    domain: z.enum(DOMAINS),
    description: z.string(),
    is_active: z.boolean(),
    live_version: orNull(z.int()),
    newest: orNull(z.object({ version: z.int(), state: z.enum(VERSION_STATES) })).describe('Null: nobody has looked at its rule yet.'),
    last: orNull(tagRun).describe('In the newest run that has it.'),
    sizes: list(z.object({ run_id: z.string(), business_date: orNull(z.string()), matched: count })).describe(
      'In successful runs over all users that are still known, oldest first; at most 30.',
    ),
  })
  .meta({ id: 'OverviewTag' });
export type OverviewTag = z.infer<typeof overviewTag>;

export const tagOverview = z.object({ tags: list(overviewTag) }).meta({ id: 'TagOverview' });
export type TagOverview = z.infer<typeof tagOverview>;

const heldTag = z.object({
  tag_id: z.int(),
  tag_name: orNull(z.string()).describe('Null: no rule of that tag is there any more.'),
  source: orNull(z.string()).describe('`MANUAL`: by hand.'),
  since: orNull(z.string()),
  reason: orNull(z.string()),
  who: orNull(z.string()),
  rule_version: orNull(z.int()),
});
export const userTagsAnswer = z
  .object({
    user_id: z.string(),
    found: z.boolean().describe('Whether `user_tags` has a row of the user.'),
    readable: z.boolean().describe('False: the row holds something that is neither ours nor the source system’s.'),
    tags: list(heldTag),
    excluded: list(heldTag).describe('Tags that somebody keeps from the user by hand.'),
  })
  .meta({ id: 'UserTags' });
export type UserTagsAnswer = z.infer<typeof userTagsAnswer>;

const inboxItem = z
  .object({
    kind: z
      .enum(INBOX_KINDS)
      .describe('`gate`: waits for a click on run; `held`: by its check; `approval`: a rule that somebody has proposed.'),
    name: z.string(),
    tag_id: orNull(z.int()),
    run_id: orNull(z.string()),
    instance_id: orNull(z.string()),
    business_date: orNull(z.string()),
    version: orNull(z.int()).describe('Of a proposed rule.'),
    who: orNull(z.string()).describe('Who has proposed it.'),
    sentence: z.string(),
    since: orNull(instant),
  })
  .meta({ id: 'InboxItem' });
export type InboxItem = z.infer<typeof inboxItem>;

export const inboxAnswer = z.object({ items: list(inboxItem), checked_at: instant }).meta({ id: 'Inbox' });
export type InboxAnswer = z.infer<typeof inboxAnswer>;
