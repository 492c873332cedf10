/** Rules as analysts work with them: check, catalogue, versions, examples, explain, preview. */
import { z } from 'zod';
import { DRIFT_KINDS } from '../field-facts.ts';
import { instant, list } from './common.ts';

const count = z.int().nonnegative();
const orNull = <T extends z.ZodType>(schema: T) => schema.nullable();
const truth = z.enum(['T', 'F', 'U']).describe('TRUE, FALSE, UNKNOWN.');
const tagId = z.int().positive();
const path = z.string().describe('JSON Pointer into the rule; empty: the whole rule.');

/** A rule in a body: an object, or its JSON text where its numbers are larger than JSON readers keep. */
const anyRule = z.unknown().describe('The rule: a JSON object, or its text where numbers beyond 2^53 must keep their digits.');

const example = z
  .strictObject({
    name: z.string().min(1).max(200),
    row: z
      .record(
        z.string().max(200),
        z.union([
          z.string().max(10_000),
          z.number(),
          z.boolean(),
          z.null(),
          z.array(z.union([z.string(), z.number(), z.null()])).max(1_000),
        ]),
      )
      .describe('Values by field, named as rules name them; what is not there is missing.'),
    expect: truth,
    as_of: z.iso.date().exactOptional().describe('The day that the rule takes as today; that of the newest data when left out.'),
  })
  .meta({ id: 'RuleExample' });
const examples = z.array(example).max(200);

export const ruleFault = z
  .object({
    code: z.string(),
    path,
    message: z.string(),
    hint: z.string().exactOptional(),
    suggestion: z.string().exactOptional().describe('What to write at `path` instead, where a near name is known.'),
  })
  .meta({ id: 'RuleFault' });
export type RuleFault = z.infer<typeof ruleFault>;

const warning = z.object({ code: z.string(), path, message: z.string() });

/** Whose tables and whose day an answer is about. */
const basis = z
  .object({
    run_id: orNull(z.string()).describe('The run whose plan was taken; null: the tables were looked at for this answer.'),
    business_date: z.string(),
    as_of_instant: z.string(),
    time_zone: z.string(),
  })
  .meta({ id: 'RuleBasis' });
export type RuleBasis = z.infer<typeof basis>;

export const checkBody = z.strictObject({ rule: anyRule, tag_id: tagId.exactOptional() }).meta({ id: 'CheckRule' });
export type CheckBody = z.infer<typeof checkBody>;

export const checkAnswer = z
  .object({
    ok: z.boolean(),
    errors: list(ruleFault).describe('All of them, in document order.'),
    warnings: list(warning).describe('Saved all the same, but worth a second look.'),
    words: orNull(z.string()).describe('The rule in words.'),
    reads: list(z.object({ table: z.string(), fields: list(z.string()) })),
    basis,
  })
  .meta({ id: 'RuleCheck' });
export type CheckAnswer = z.infer<typeof checkAnswer>;

const bilingual = orNull(z.object({ en: orNull(z.string()), zh: orNull(z.string()) }));

export const catalogAnswer = z
  .object({
    basis,
    tables: list(z.object({ name: z.string(), rows: count, objects: count })),
    fields: list(
      z.object({
        name: z.string().describe('As rules write it.'),
        table: z.string(),
        type: z.string(),
        nullable: z.boolean(),
        used_by: list(z.int()).describe('Tags whose live rules read it.'),
        stored: orNull(z.string()).describe('How it lies in the files, where that is not its type.'),
        unusable: orNull(z.string()).describe('Why no rule can use it.'),
        title: bilingual.describe('Name for people, from `_catalog.json` beside the tables; null: nobody has given one.'),
        description: bilingual,
        domain: orNull(z.string()).describe('Area that it belongs to, from the same file.'),
        rows: orNull(count).describe('Of its table.'),
        nulls: orNull(count).describe('Rows in which it is missing; null: the files do not say.'),
        min: orNull(z.string()).describe('Smallest value, by the files or, where they do not say, of the rows that were looked at.'),
        max: orNull(z.string()),
        looked: orNull(
          z.object({
            rows: count,
            nulls: count,
            values: orNull(list(z.object({ value: z.string(), rows: count }))).describe(
              'Of a small enumeration, the most frequent first; null: there are too many.',
            ),
          }),
        ).describe('Rows of its table whose values an executor has looked at; null: it was not asked.'),
      }),
    ),
    drift: orNull(
      z.object({
        run_id: z.string(),
        business_date: z.string(),
        changes: list(
          z.object({
            table: z.string(),
            field: z.string(),
            kind: z.enum(DRIFT_KINDS),
            before: orNull(z.string()),
            after: orNull(z.string()),
            sentence: z.string(),
          }),
        ),
      }),
    ).describe('How the fields differ from those of the run planned before; null: they do not, or there was none.'),
    faults: list(z.object({ table: z.string(), code: z.string(), message: z.string() })).describe('Tables that cannot be read.'),
    operators: list(
      z.object({ name: z.string(), types: list(z.string()), operand: z.string(), meaning: z.string(), en: z.string(), zh: z.string() }),
    ),
  })
  .meta({ id: 'Catalog' });
export type CatalogAnswer = z.infer<typeof catalogAnswer>;

export const VERSION_STATES = ['draft', 'proposed', 'live', 'past', 'rejected'] as const;
export const REVIEW_KINDS = ['propose', 'approve', 'reject'] as const;

const review = z.object({ kind: z.enum(REVIEW_KINDS), who: z.string(), reason: z.string(), at: instant }).meta({ id: 'RuleReview' });
export type RuleReviewAnswer = z.infer<typeof review>;

export const ruleVersion = z
  .object({
    tag_id: tagId,
    version: z.int().positive(),
    state: z
      .enum(VERSION_STATES)
      .describe('`live` is what runs take; `proposed` waits for an approval; `past` was live once, or never became it.'),
    rule: z.unknown(),
    rule_text: z.string().describe('Byte for byte as it is kept.'),
    examples: list(example),
    who: z.string(),
    reason: z.string(),
    at: instant,
    hash: orNull(z.string()).describe(
      'Of the rule’s canonical form: rules that mean the same by their shape have the same. Null: nobody has checked it since it was kept.',
    ),
    text_hash: z.string().describe('Of the rule’s text, whatever its spacing and order of keys.'),
    reviews: list(review).describe('Who has asked for it to go live, and who has said yes or no.'),
  })
  .meta({ id: 'RuleVersion' });
export type RuleVersion = z.infer<typeof ruleVersion>;

export const ruleAnswer = z
  .object({
    tag_id: tagId,
    tag_name: z.string(),
    etag: z.string().describe('The same as the header ETag: send it back as If-Match.'),
    live: orNull(ruleVersion),
    draft: orNull(ruleVersion).describe('The newest version, where it is a draft or proposed.'),
    proposed: orNull(ruleVersion).describe('The version that waits for an approval.'),
    approval: z.boolean().describe('Rules of this manager go live once somebody else has approved them.'),
  })
  .meta({ id: 'Rule' });
export type RuleAnswer = z.infer<typeof ruleAnswer>;

const reason = z.string().min(1).max(1_000).describe('Why; kept with the version.');

export const saveBody = z
  .strictObject({
    rule: anyRule,
    examples: examples.exactOptional().describe('Left out: those of the newest version are kept.'),
    reason,
    state: z
      .enum(['live', 'draft', 'proposed'])
      .exactOptional()
      .describe('`live` when left out, or `proposed` where the manager asks for approval.'),
  })
  .meta({ id: 'SaveRule' });
export type SaveBody = z.infer<typeof saveBody>;

const diffLine = z.object({ op: z.enum(['same', 'added', 'removed']), text: z.string() });

export const saveAnswer = z
  .object({
    etag: z.string(),
    version: ruleVersion,
    warnings: list(warning),
    undecided: list(path).describe('Conditions on which no example depends.'),
  })
  .meta({ id: 'RuleSaved' });
export type SaveAnswer = z.infer<typeof saveAnswer>;

export const restoreBody = z.strictObject({ version: z.int().positive(), reason }).meta({ id: 'RestoreRule' });
export type RestoreBody = z.infer<typeof restoreBody>;
export const publishBody = z.strictObject({ version: z.int().positive(), reason }).meta({ id: 'PublishRule' });
export type PublishBody = z.infer<typeof publishBody>;
export const reviewBody = z.strictObject({ version: z.int().positive(), reason }).meta({ id: 'ReviewRule' });
export type ReviewBody = z.infer<typeof reviewBody>;

export const proposalList = z
  .object({
    approval: z.boolean().describe('Rules of this manager go live once somebody else has approved them.'),
    proposals: list(z.object({ tag_id: tagId, tag_name: z.string(), etag: z.string(), version: ruleVersion })),
  })
  .meta({ id: 'RuleProposals' });
export type ProposalList = z.infer<typeof proposalList>;

export const versionList = z.object({ tag_id: tagId, etag: z.string(), versions: list(ruleVersion) }).meta({ id: 'RuleVersions' });
export type VersionList = z.infer<typeof versionList>;

export const diffAnswer = z
  .object({
    tag_id: tagId,
    from: z.int(),
    to: z.int(),
    equal: z.boolean().describe('They mean the same by their shape, or are the same text.'),
    lines: list(diffLine),
  })
  .meta({ id: 'RuleDiff' });
export type DiffAnswer = z.infer<typeof diffAnswer>;

export const testBody = z.strictObject({ rule: anyRule, examples }).meta({ id: 'TestRule' });
export type TestBody = z.infer<typeof testBody>;

const exampleResult = z.object({
  name: z.string(),
  expect: truth,
  got: orNull(truth),
  ok: z.boolean(),
  problem: orNull(z.string()).describe('Why the example cannot be read.'),
});
export const testAnswer = z
  .object({ ok: z.boolean(), results: list(exampleResult), undecided: list(z.object({ path, words: z.string() })), basis })
  .meta({ id: 'RuleTest' });
export type TestAnswer = z.infer<typeof testAnswer>;

const shownScalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const shownValue = z.union([shownScalar, z.array(shownScalar).readonly()]).describe('Null: missing.');

const fieldValue = z.object({
  table: z.string(),
  field: z.string(),
  type: z.string(),
  value: shownValue,
  missing_because: orNull(z.enum(['no row', 'null', 'unreadable'])),
  stored: orNull(z.string()).describe('What is stored, where it cannot be read as the field’s type.'),
});

export interface ExplainNode {
  readonly path: string;
  readonly truth: 'T' | 'F' | 'U';
  readonly logic: string | null;
  readonly k: number | null;
  readonly words: string;
  readonly operator: string | null;
  readonly threshold: z.infer<typeof shownValue>;
  readonly values: readonly z.infer<typeof fieldValue>[];
  readonly decides: boolean;
  readonly children: readonly ExplainNode[];
}

const explainNode: z.ZodType<ExplainNode> = z
  .object({
    path,
    truth,
    logic: orNull(z.string()).describe('Of a group.'),
    k: orNull(z.int()),
    words: z.string(),
    operator: orNull(z.string()).describe('Of a condition.'),
    threshold: shownValue,
    values: list(fieldValue),
    decides: z.boolean().describe('The outcome would be another if this condition gave another letter.'),
    get children() {
      return list(explainNode);
    },
  })
  .meta({ id: 'ExplainNode' }) as z.ZodType<ExplainNode>;

export const AGREEMENTS = ['agrees', 'disagrees', 'unknown-keeps', 'by-hand', 'other-run', 'not-merged', 'not-evaluated'] as const;

export const explainAnswer = z
  .object({
    user_id: z.string(),
    tag_id: tagId,
    tag_name: z.string(),
    basis,
    rule_version: orNull(z.int()),
    evaluated: z.boolean().describe('False: no table that the tag reads has the user, or its task class or the run leaves the user out.'),
    result: truth,
    words: z.string(),
    tree: explainNode,
    flip: orNull(
      z.object({
        table: z.string(),
        field: z.string(),
        type: z.string(),
        from: shownValue,
        to: shownValue,
        result: truth,
        paths: list(path).describe('Conditions that give another letter then.'),
        sentence: z.string(),
      }),
    ).describe('The smallest change of one value that gives the tag, or takes it; found by evaluating it.'),
    flip_sentence: z.string().describe('The change, or why there is none.'),
    sources: list(
      z.object({
        table: z.string(),
        object: orNull(z.string()),
        etag: orNull(z.string()),
        row_group: orNull(z.int()),
        partition: orNull(z.string()),
      }),
    ),
    stored: z.object({
      tag_ids: orNull(list(z.int())).describe('Null: the user has no row in `user_tags`.'),
      has_tag: z.boolean(),
      agreement: z.enum(AGREEMENTS),
      sentence: z.string(),
    }),
  })
  .meta({ id: 'Explanation' });
export type ExplainAnswer = z.infer<typeof explainAnswer>;

/** Users of each kind that a preview shows, at most. */
export const MOST_SAMPLES = 100_000;

export const previewBody = z
  .strictObject({
    rule: anyRule,
    tag_id: tagId.exactOptional().describe('Compare with this tag, as it is for its users now.'),
    against: z
      .enum(['held', 'live'])
      .exactOptional()
      .describe(
        '`held` (when left out): with who holds the tag in `user_tags`: what the next run does. `live`: with what the live rule gives on the same data.',
      ),
    samples: z
      .int()
      .min(0)
      .max(MOST_SAMPLES)
      .exactOptional()
      .describe('Users shown of each kind, at most 100 until all is counted; 10 when left out.'),
    overlap: z.boolean().exactOptional().describe('Count every other live tag too, and the users whom it shares with the rule.'),
  })
  .meta({ id: 'PreviewRule' });
export type PreviewBody = z.infer<typeof previewBody>;

export const RELATIONS = ['equal', 'contains', 'contained', 'disjoint', 'overlaps'] as const;

const figures = z.object({
  users: count.describe('Users that the rule or the live one looks at.'),
  matched: count,
  unknown: count,
  live_matched: orNull(count).describe('For whom the live rule is TRUE on the same data.'),
  held: orNull(count).describe(
    'Who has the tag by what it is compared with, of the users whom the rule is asked for: exit, stay and unknown_held.',
  ),
  enter: orNull(count),
  exit: orNull(count).describe("Holders for whom the rule is FALSE, or UNKNOWN where the tag's policy takes it away then."),
  stay: orNull(count).describe('Holders for whom the rule is TRUE, or who have the tag by hand.'),
  unknown_held: orNull(count).describe('Holders for whom the rule is UNKNOWN and who keep the tag.'),
});

export const previewAnswer = z
  .object({
    preview_id: z.string(),
    state: z.enum(['running', 'done', 'failed', 'cancelled']),
    exact: z.boolean().describe('False: an estimate from the shards that are done, marked as such.'),
    shards_done: count,
    shards_total: count,
    tag_id: orNull(tagId),
    live_version: orNull(z.int()),
    against: orNull(z.enum(['held', 'live'])).describe('With what it is compared; null: with nothing.'),
    figures: orNull(figures),
    parts: list(z.object({ path, words: z.string(), matched: count })).describe('Each group and condition alone.'),
    downstream: list(z.object({ tag_id: tagId, tag_name: z.string() })).describe(
      'Tags whose live rules read this one: they may change with it.',
    ),
    verdict: orNull(z.enum(['empty', 'full'])).describe('The rule is TRUE for nobody, or for all whom it is asked for; once exact.'),
    overlap: list(
      z.object({
        tag_id: tagId,
        tag_name: z.string(),
        matched: count,
        both: count.describe('Users for whom the rule is TRUE as well.'),
        relation: orNull(z.enum(RELATIONS)).describe(
          '`contains`: the rule holds for all of that tag’s users; `contained`: for some of them only, and nobody else. Once exact.',
        ),
      }),
    ).describe('Other live tags, those that share most first; empty unless asked for.'),
    samples: z.object({ enter: list(z.string()), exit: list(z.string()), stay: list(z.string()), unknown: list(z.string()) }),
    bytes_read: z.number(),
    duration_ms: z.number(),
    basis,
    error: orNull(z.object({ code: z.string(), message: z.string() })),
  })
  .meta({ id: 'RulePreview' });
export type PreviewAnswer = z.infer<typeof previewAnswer>;
