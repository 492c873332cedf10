/**
 * The one registry of error codes. Every refusal and failure that a person, a
 * program or a log can see carries one of these; `docs/errors.md` is generated
 * from here, and a test holds both equal.
 *
 * `exit` is the exit code of a command that ends with it (interfaces.md),
 * `http` the status of a REST answer, `retry` whether another attempt at the
 * same work can help.
 */
export interface ErrorKind {
  readonly exit: 1 | 2 | 3 | 4 | 75 | 78;
  readonly http: number;
  readonly retry: boolean;
  /** When it happens, in one sentence. */
  readonly when: string;
}

const kind = (exit: ErrorKind['exit'], http: number, retry: boolean, when: string): ErrorKind => ({
  exit,
  http,
  retry,
  when,
});

export const ERRORS = {
  // Command line and configuration
  USAGE: kind(2, 400, false, 'a flag is unknown or a value cannot be read'),
  CONFIG_INVALID: kind(78, 400, false, 'a configuration file or environment value is wrong'),
  FILE_UNREADABLE: kind(2, 400, false, 'a file named on the command line cannot be read'),
  NOT_ALLOWED: kind(4, 403, false, 'the action is not allowed here'),
  UNAUTHORIZED: kind(4, 401, false, 'the key or the join token is missing or wrong'),
  MANAGER_LIVE: kind(4, 409, false, 'a live manager works on the same database or data directory'),
  UNREACHABLE: kind(75, 503, true, 'a server did not answer within 30 s of trying'),
  PORT_IN_USE: kind(78, 500, false, 'the address to listen on is taken'),
  PROTOCOL_VERSION: kind(78, 400, false, 'manager and executor speak protocols too far apart'),
  // Looking for things
  NOT_FOUND: kind(3, 404, false, 'no such run, instance, tag or route'),
  TABLES_NOT_FOUND: kind(3, 404, false, 'the folder, bucket or prefix of the tables does not exist or is empty'),
  DATE_WITHOUT_DATA: kind(3, 404, false, 'no table has a partition for the business date'),
  TAG_NOT_FOUND: kind(3, 404, false, 'a tag that was asked for does not exist or has no active rule'),
  // Tables
  TABLE_NO_DATA: kind(1, 409, false, 'a table has no partition for the business date'),
  TABLE_UNREADABLE: kind(1, 409, false, 'an object of a table is truncated or is not Parquet'),
  TABLE_NO_KEY: kind(1, 409, false, 'a table has no usable column user_id'),
  TABLE_DUPLICATE_KEY: kind(1, 409, false, 'a user has more than one row in a table'),
  INPUT_CHANGED: kind(1, 409, false, 'an object changed after it was pinned'),
  S3_UNAVAILABLE: kind(75, 503, true, 'the object store does not answer, throttles or stalls'),
  S3_DENIED: kind(4, 403, false, 'the object store refuses the credentials'),
  // Tags
  RULE_INVALID: kind(1, 422, false, 'a rule fails the check; the code and path of its first error follow'),
  RULE_CONFLICT: kind(4, 412, false, 'somebody else saved the rule in the meantime; the difference comes with the answer'),
  IF_MATCH_MISSING: kind(2, 428, false, 'a rule is written without saying which version was seen: send its ETag as If-Match'),
  APPROVAL_NEEDED: kind(4, 409, false, 'a rule is to go live that nobody else has approved, and this manager asks for that: propose it'),
  EXAMPLE_BROKEN: kind(1, 422, false, 'a rule gives another result on one of its examples; nothing is saved'),
  TASK_FILE_INVALID: kind(78, 500, false, 'a task file cannot be loaded, or two have one tag id'),
  TASK_REFUSED: kind(1, 422, false, 'the validate hook of a task class refuses the tables'),
  FIELD_REQUIRED: kind(1, 422, false, 'a field that a task class requires is in no table'),
  // Targets
  DATABASE_UNAVAILABLE: kind(75, 503, true, 'the database does not answer'),
  DATABASE_DENIED: kind(4, 403, false, 'the database refuses user or password'),
  DATABASE_SCHEMA: kind(1, 409, false, 'a table or column that Tagmill needs is missing; `tagmill db init` creates it'),
  KEY_CONFLICT: kind(1, 409, false, 'users that differ byte for byte are equal under the collation of user_tags'),
  FENCED: kind(1, 409, false, 'a newer attempt holds the shard; this one must not write'),
  PIECE_MISMATCH: kind(1, 409, false, 'a shard that was evaluated again gave another result'),
  // Machines
  DISK_FULL: kind(1, 507, true, 'no space is left where the journal or the spool is'),
  JOURNAL_UNWRITABLE: kind(
    75,
    503,
    true,
    'the journal takes no writes now; nothing that is refused so has happened, and the manager goes on by itself',
  ),
  SNAPSHOT_UNUSABLE: kind(1, 500, false, 'a snapshot of the state is damaged, or is none'),
  OUT_OF_MEMORY: kind(1, 507, true, 'a worker passed its memory limit'),
  WORKER_DIED: kind(1, 500, true, 'a worker process ended in the middle of an attempt'),
  ATTEMPT_TIMEOUT: kind(1, 504, true, 'an attempt took longer than its deadline'),
  EXECUTOR_LOST: kind(1, 503, true, 'an executor went silent while it held the shard'),
  RECOVERY_REFUSED: kind(
    1,
    409,
    false,
    'a start found no journal that it may go on with: something that was confirmed is missing, or there are two histories',
  ),
  // Steering
  ACTION_REFUSED: kind(4, 409, false, 'the state of the task does not take this action'),
  PREVIEW_STALE: kind(4, 409, false, 'the affected tasks changed since the preview'),
  RATE_LIMITED: kind(75, 429, true, 'too many requests'),
  INTERNAL: kind(
    1,
    500,
    false,
    'a defect of Tagmill, or a fault without a name; an attempt that ends so is tried again, and the message and the log say more',
  ),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** An error that a person can act on: what happened, to what, what to do. */
export class TagmillError extends Error {
  readonly code: ErrorCode;
  /** Facts for programs: names, numbers, never secrets or row data. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, facts: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TagmillError';
    this.code = code;
    this.facts = facts;
  }

  get exit(): number {
    return ERRORS[this.code].exit;
  }

  get retry(): boolean {
    return ERRORS[this.code].retry;
  }
}

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(ERRORS, text);

/** Any thrown value as an error of ours; what is unknown becomes INTERNAL. */
export function toTagmillError(thrown: unknown): TagmillError {
  if (thrown instanceof TagmillError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new TagmillError('INTERNAL', message, {}, thrown);
}
