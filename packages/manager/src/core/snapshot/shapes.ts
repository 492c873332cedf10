/** What the JSON records of a snapshot must look like. */
import { BREACH_LIMITS } from '@tagmill/shared/tag-policy';
import { RUN_STATES, STEPS } from '@tagmill/shared/words';
import { has, isCount, isFlag, isNumber, isText, listOf, mapOf, oneOf, orAbsent, orNull, row, type Shape } from './shape.ts';

type Shapes = Readonly<Record<string, Shape>>;

export const HEAD: Shapes = {
  term: isCount,
  atMs: isNumber,
  tokenNext: isCount,
  tokensReserved: isCount,
  nextFanOut: isCount,
  ignoredResults: isCount,
  settled: has({ accepted: isCount, redone: isCount }),
  runs: isCount,
  executorNumbers: isCount,
  queue: listOf(isText),
  open: listOf(isCount),
  merging: orNull(has({ run: isText, pass: isCount })),
};

export const EXECUTOR: Shapes = {
  number: isCount,
  id: isText,
  name: isText,
  instance: isText,
  slots: isNumber,
  version: isText,
  labels: mapOf(isText),
  state: oneOf('connected', 'silent', 'draining', 'gone'),
  drainAsked: isFlag,
  joinedAtMs: isNumber,
  shardsDone: isCount,
  shardsFailed: isCount,
};

const ERROR = has({ code: isText, message: isText });
const TAG = has({ tagId: isNumber, name: isText, reads: listOf(isText), onlyUsers: Array.isArray, onlyMatches: Array.isArray });
const PLAN = has({ businessDate: isText, tables: Array.isArray, faults: Array.isArray, cuts: listOf(isText), notes: listOf(isText) });

const BREACH = has({
  evaluated: isCount,
  matched: isCount,
  unknown: isCount,
  before: orNull(isCount),
  beforeRun: orNull(isText),
  exceeded: listOf(has({ limit: oneOf(...BREACH_LIMITS), allowed: isNumber, actual: isNumber })),
  releasedBy: orNull(isText),
});

const SPEC = has({
  id: isText,
  mode: isText,
  who: isText,
  createdAtMs: isNumber,
  timeZone: isText,
  asOf: orNull(isText),
  businessDate: orNull(isText),
  shardRows: isNumber,
  tables: orNull(has({ kind: isText })),
  users: orNull(listOf(isText)),
  days: orNull(isNumber),
  rules: listOf(
    has({
      tagId: isNumber,
      name: isText,
      ruleJson: isText,
      policy: orAbsent(
        has({ unknown: isText, keepForRuns: orAbsent(isNumber), maxUnknownShare: orAbsent(isNumber), maxMove: orAbsent(isNumber) }),
      ),
    }),
  ),
});

export const RUN: Shapes = {
  spec: SPEC,
  state: oneOf(...RUN_STATES),
  startedMs: orNull(isNumber),
  endedMs: orNull(isNumber),
  error: orNull(ERROR),
  plan: orNull(PLAN),
  clock: orNull(has({ asOf: isText, today: isText, zone: isText })),
  users: orNull(has({ kind: oneOf('all', 'list', 'registered') })),
  passTags: listOf(row(isNumber, TAG)),
  refusedTags: listOf(row(isNumber, ERROR)),
  breaches: orAbsent(listOf(row(isCount, BREACH))),
  changes: isCount,
  passes: isCount,
  titles: isFlag,
  tagIds: isFlag,
  shards: isFlag,
};

export const ROW_ERROR: Shape = row(isCount, ERROR);
export const ROW_REASON: Shape = row(isCount, isText);
export const WORDS: Shape = row(isText, orNull(isText));

const ATTEMPT = has({
  step: oneOf(...STEPS),
  shard: isCount,
  attempt: isCount,
  executor: isText,
  token: isNumber,
  startedAtMs: isNumber,
  endedAtMs: orNull(isNumber),
  outcome: oneOf('done', 'failed', 'lost', 'stopped'),
  message: orNull(isText),
});
const PROGRESS = has({ shardsTotal: isCount, shardsDone: isCount, shardsRunning: isCount, shardsFailed: isCount });
const TIMES: Shape = (value) => mapOf(isNumber)(value) && Object.keys(value as object).every(oneOf(...STEPS));

export const PASS: Shapes = {
  kind: oneOf('plan', 'tags', 'noop', 'rollback'),
  step: oneOf(...STEPS),
  phase: oneOf('working', 'waiting-target', 'draining', 'over'),
  abandoned: orNull(isText),
  leaving: listOf(row(isCount, has({ target: oneOf('stopped', 'skipped', 'succeeded'), remaining: isCount }))),
  left: listOf(row(isCount, PROGRESS)),
  scopes: listOf(listOf(isNumber)),
  sureSinceTerm: isCount,
  outerNumber: orAbsent(isCount),
  undoes: isCount,
  basis: orAbsent(listOf(row(isCount, isNumber))),
  stepStartedMs: TIMES,
  stepEndedMs: TIMES,
  history: listOf(ATTEMPT),
  recent: listOf(ATTEMPT),
  fanOut: orNull(has({ id: isCount, step: oneOf(...STEPS), count: isCount, tiny: isFlag, fresh: isCount, retired: isFlag })),
};
