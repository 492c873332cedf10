/** Why an instance waits. */
import { z } from 'zod';
import { WAIT_CODES } from '../wait-causes.ts';
import { INSTANCE_STATES } from '../words.ts';
import { instant, list } from './common.ts';

export interface WaitNode {
  readonly instance_id: string;
  readonly name: string;
  readonly state: (typeof INSTANCE_STATES)[number];
  readonly sentence: string;
  readonly causes: readonly WaitCause[];
}

export interface WaitCause {
  readonly code: (typeof WAIT_CODES)[number];
  readonly sentence: string;
  readonly since: string | null;
  readonly until: string | null;
  readonly waits_for: readonly WaitNode[];
  readonly more: number;
}

const waitCause: z.ZodType<WaitCause> = z
  .object({
    code: z.enum(WAIT_CODES),
    sentence: z.string(),
    since: instant.nullable(),
    until: instant.nullable().describe('When it is over by itself; null: that depends.'),
    get waits_for() {
      return list(waitNode);
    },
    more: z.int().nonnegative().describe('Tasks that have to end first, beyond those that are told of.'),
  })
  .meta({ id: 'WaitCause' });

const waitNode: z.ZodType<WaitNode> = z
  .object({
    instance_id: z.string(),
    name: z.string(),
    state: z.enum(INSTANCE_STATES),
    sentence: z.string().describe('Why it waits, or what it does.'),
    get causes() {
      return list(waitCause).describe('In the order in which they have to go; none: it does not wait.');
    },
  })
  .meta({ id: 'WaitNode' });

const waitPast = z.object({
  state: z.enum(INSTANCE_STATES),
  held: z.boolean(),
  from: instant,
  to: instant.nullable().describe('Null: until now.'),
  seconds: z.number().nonnegative(),
  sentence: z.string(),
});

export const whyAnswer = z
  .object({ now: waitNode, history: list(waitPast).describe('Stretches in which it waited, oldest first.') })
  .meta({ id: 'WhyAnswer' });
export type WhyAnswer = z.infer<typeof whyAnswer>;
