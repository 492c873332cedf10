/** A plan comes from a peer: its form is checked before it is journaled, since every replay reads it again. */
import { TagmillError } from '@tagmill/shared/errors';
import type { PlanResult } from '@tagmill/shared/job';
import { LIMITS } from '@tagmill/shared/limits';

/** The plan in `json`. Errors: INTERNAL when it has another form, USAGE when it has more shards than a pass may have. */
export function readPlan(json: string): PlanResult {
  let plan: unknown;
  try {
    plan = JSON.parse(json);
  } catch {
    throw broken('it is no JSON');
  }
  const wrong = wrongIn(plan);
  if (wrong !== undefined) throw broken(`${wrong} is missing or of another form`);
  const { cuts } = plan as PlanResult;
  if (cuts.length + 1 > LIMITS.shardsPerPass) {
    throw new TagmillError(
      'USAGE',
      `the plan has ${cuts.length + 1} shards, and a pass has ${LIMITS.shardsPerPass} at most: ask for more rows a shard with --shard-rows`,
    );
  }
  return plan as PlanResult;
}

const broken = (what: string): TagmillError =>
  new TagmillError(
    'INTERNAL',
    `the plan of the executor cannot be read: ${what}. Check that the executor runs the version of the manager.`,
  );

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isCount: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const listOf =
  (each: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(each);
const has =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === 'object' && value !== null && Object.entries(checks).every(([name, check]) => check(Reflect.get(value, name)));

const PLAN: Readonly<Record<string, Check>> = {
  businessDate: isText,
  tables: listOf(has({ name: isText, objects: listOf(has({ key: isText })) })),
  faults: listOf(has({ table: isText, code: isText, message: isText })),
  catalog: has({ fields: listOf(has({ name: isText })) }),
  keyType: isText,
  cuts: listOf(isText),
  usersEstimate: isCount,
  bytesRead: isCount,
  notes: listOf(isText),
};

const wrongIn = (plan: unknown): string | undefined => {
  if (typeof plan !== 'object' || plan === null) return 'the plan itself';
  return Object.keys(PLAN).find((name) => PLAN[name]?.(Reflect.get(plan, name)) !== true);
};
