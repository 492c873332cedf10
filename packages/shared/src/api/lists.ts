/** Uploaded lists: what `in_list` and `not_in_list` look in. */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { instant, list } from './common.ts';

export const LIST_TYPES = ['string', 'int64'] as const;
const PREVIEW_VALUES = 1_000;

export const listName = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,100}$/, 'must be 1 to 100 letters, digits, `_`, `.` or `-`')
  .describe('Name as rules use it.');

/** Body of `PUT /api/v1/lists/{name}`: replaces all values. */
export const listBody = z
  .strictObject({
    type: z.enum(LIST_TYPES),
    values: list(z.union([z.string(), z.int()]))
      .refine((values) => values.length <= LIMITS.listValues, `at most ${LIMITS.listValues} values`)
      .describe('Exact texts, or whole numbers; numbers beyond 2^53 as strings. Repeats are harmless.'),
  })
  .meta({ id: 'ListBody' });
export type ListBody = z.infer<typeof listBody>;

export const listRecord = z
  .object({
    name: z.string(),
    type: z.enum(LIST_TYPES),
    count: z.int(),
    hash: z.string().describe('SHA-256 of the content; a run pins it.'),
    who: z.string(),
    updated_at: instant,
  })
  .meta({ id: 'List' });
export type ListRecord = z.infer<typeof listRecord>;

export const listRecords = z.object({ lists: list(listRecord) }).meta({ id: 'Lists' });

export const listAnswer = listRecord
  .extend({ values: list(z.string()).describe(`The first ${PREVIEW_VALUES}, or as many as \`limit\` says.`) })
  .meta({ id: 'ListWithValues' });
export type ListAnswer = z.infer<typeof listAnswer>;

export const listQuery = z.strictObject({ limit: z.coerce.number().int().min(0).max(LIMITS.listValues).default(PREVIEW_VALUES) });
