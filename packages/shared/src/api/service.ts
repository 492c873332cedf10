/** Health, version, executors, tickets. */
import { z } from 'zod';
import { instant, list } from './common.ts';
import { executorRecord } from './records.ts';

export const health = z
  .object({ status: z.enum(['healthy', 'unhealthy']), checks: z.record(z.string(), z.string()), version: z.string(), timestamp: instant })
  .meta({ id: 'Health' });

export const readiness = z.object({ ok: z.boolean(), why: z.string() }).meta({ id: 'Readiness' });

export const version = z.object({ name: z.literal('tagmill'), version: z.string() }).meta({ id: 'Version' });

export const executorList = z.object({ executors: list(executorRecord) }).meta({ id: 'ExecutorList' });

export const drainAnswer = z.object({ executor_id: z.string(), state: z.literal('draining') }).meta({ id: 'DrainAnswer' });

/** A ticket opens one socket of the feed (or one event stream), once. */
export const ticketAnswer = z.object({ ticket: z.string(), expires_in_ms: z.int() }).meta({ id: 'Ticket' });
