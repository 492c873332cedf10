/** What the mouths may ask of rules: the analyst's door. Bodies and answers are those of the API. */
import type {
  CatalogAnswer,
  CheckAnswer,
  CheckBody,
  DiffAnswer,
  ExplainAnswer,
  PreviewAnswer,
  PreviewBody,
  PublishBody,
  RestoreBody,
  RuleAnswer,
  SaveAnswer,
  SaveBody,
  TestAnswer,
  TestBody,
  VersionList,
} from '@tagmill/shared/api/rules';

/** Who writes, and the ETag that they saw; undefined: none was sent. */
export interface RuleWriter {
  readonly who: string;
  readonly ifMatch: string | undefined;
}

/** Errors of all: UNREACHABLE when no executor can look at the tables, DATABASE_UNAVAILABLE; TAG_NOT_FOUND where a tag is named. */
export interface RulesPort {
  check(body: CheckBody): Promise<CheckAnswer>;
  catalog(): Promise<CatalogAnswer>;
  /** Examples of a rule that need not be saved. Errors: RULE_INVALID. */
  test(body: TestBody): Promise<TestAnswer>;
  /** Examples of the live rule. */
  testTag(tagId: number): Promise<TestAnswer>;
  get(tagId: number): Promise<RuleAnswer>;
  versions(tagId: number): Promise<VersionList>;
  /** Errors: NOT_FOUND for a version that is not there. */
  diff(tagId: number, from: number | undefined, to: number | undefined): Promise<DiffAnswer>;
  /** Errors: IF_MATCH_MISSING, RULE_CONFLICT with the other's version and a diff, RULE_INVALID with all faults, EXAMPLE_BROKEN. */
  save(tagId: number, body: SaveBody, writer: RuleWriter): Promise<SaveAnswer>;
  /** An old version as a new live one. */
  restore(tagId: number, body: RestoreBody, writer: RuleWriter): Promise<SaveAnswer>;
  /** Makes a draft live. */
  publish(tagId: number, body: PublishBody, writer: RuleWriter): Promise<SaveAnswer>;
  /** Errors: NOT_FOUND for a run that is not kept, RULE_INVALID for a tag that the run refused. */
  explain(userId: string, tagId: number, runId: string | undefined): Promise<ExplainAnswer>;
  /** Begins; what it has found so far is asked by `preview`. Errors: RULE_INVALID, RATE_LIMITED. */
  beginPreview(body: PreviewBody): Promise<PreviewAnswer>;
  /** Errors: NOT_FOUND. */
  preview(id: string): PreviewAnswer | Promise<PreviewAnswer>;
  cancelPreview(id: string): PreviewAnswer | Promise<PreviewAnswer>;
}
