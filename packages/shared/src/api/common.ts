/** Pieces that several bodies share: checked values and the error body. */
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { isZone } from '../rules/zones.ts';

/** A list in an answer; answers are never changed by their reader. */
export const list = <T extends z.ZodType>(item: T) => z.array(item).readonly();

export const tagIds = z.array(z.int().positive()).min(1).max(10_000).describe('Tags, by id; at least one.');

/** `user_tags.user_id` holds at most 100 characters. */
export const userIds = z
  .array(z.string().min(1).max(100))
  .min(1, 'must not be empty; leave it out to take all users')
  .max(LIMITS.usersPerRequest)
  .describe('Users, by id; at least one. Left out: all users.');

export const businessDate = z.iso.date('must be a date as YYYY-MM-DD').describe('Left out: the newest date that every table has.');

export const asOf = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], 'must be a date as YYYY-MM-DD or an instant as RFC 3339')
  .describe('A day (its last instant in the time zone) or an instant; left out: the business date.');

export const days = z.int().min(1).max(36_500).describe('Users registered in the last N days, the day of `as_of` included.');

export const timeZone = z.string().max(64).refine(isZone, 'must be the name of a time zone, such as Asia/Shanghai').describe('IANA name.');

export const instant = z.iso.datetime().describe('RFC 3339, UTC.');

const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** Body of every error, `application/problem+json` (RFC 9457). */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(codes).describe('Stable; programs decide by this one.'),
    detail: z.string().describe('What happened, to what, and what to do.'),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .describe('Each field that was not accepted.'),
    facts: z.record(z.string(), z.unknown()).optional().describe('Names and numbers for programs.'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problem>;
