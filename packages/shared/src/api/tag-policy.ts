/** What a tag allows of a run before its check holds it. */
import { z } from 'zod';
import { MOST_KEEP_FOR_RUNS, MOST_MOVE, UNKNOWN_POLICIES } from '../tag-policy.ts';
import { instant, list } from './common.ts';

/** Body of `PUT /api/v1/tags/{tag_id}/policy`: replaces the policy. */
export const policyBody = z
  .strictObject({
    unknown: z.enum(UNKNOWN_POLICIES).optional().describe('What becomes of holders whose result is UNKNOWN; left out: they keep the tag.'),
    keep_for_runs: z
      .int()
      .min(1)
      .max(MOST_KEEP_FOR_RUNS)
      .nullish()
      .describe(
        'Of `keep_for`, which needs it: runs of business dates one after the other in which a holder may be UNKNOWN and keep the tag.',
      ),
    max_unknown_share: z
      .number()
      .min(0)
      .max(1)
      .nullish()
      .describe('Share of the evaluated users whose result may be UNKNOWN; left out: any.'),
    max_move: z
      .number()
      .min(0)
      .max(MOST_MOVE)
      .nullish()
      .describe('Share of its last size by which the tag may grow or shrink while its rule is the same; left out: any.'),
    reason: z.string().min(1).max(1_000),
  })
  .meta({ id: 'TagPolicyBody' });
export type PolicyBody = z.infer<typeof policyBody>;

export const tagPolicy = z
  .object({
    tag_id: z.int(),
    unknown: z.enum(UNKNOWN_POLICIES),
    keep_for_runs: z.int().nullable(),
    max_unknown_share: z.number().nullable(),
    max_move: z.number().nullable(),
    who: z.string(),
    reason: z.string(),
    updated_at: instant,
  })
  .meta({ id: 'TagPolicy' });
export type PolicyAnswer = z.infer<typeof tagPolicy>;

export const tagPolicies = z.object({ policies: list(tagPolicy) }).meta({ id: 'TagPolicies' });
