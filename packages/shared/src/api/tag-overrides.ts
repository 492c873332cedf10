/** Who has a tag, or has it not, by hand. */
import { z } from 'zod';
import { OVERRIDE_KINDS } from '../merge/override-row.ts';
import { instant, list } from './common.ts';

/** Body of `PUT /api/v1/users/{user_id}/tags/{tag_id}/override`. */
export const overrideBody = z
  .strictObject({
    kind: z.enum(OVERRIDE_KINDS).describe('`clear`: the rule decides again, from the next run on.'),
    reason: z.string().min(1).max(1_000),
  })
  .meta({ id: 'TagOverrideBody' });
export type OverrideBody = z.infer<typeof overrideBody>;

export const tagOverride = z
  .object({
    user_id: z.string(),
    tag_id: z.int(),
    kind: z.enum(OVERRIDE_KINDS),
    who: z.string(),
    reason: z.string(),
    at: instant,
  })
  .meta({ id: 'TagOverride' });
export type OverrideAnswer = z.infer<typeof tagOverride>;

export const tagOverrides = z.object({ overrides: list(tagOverride) }).meta({ id: 'TagOverrides' });
