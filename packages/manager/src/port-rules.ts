/** What the mouths may ask of rules: the analyst's door. Bodies and answers are those of the API. */
import type * as Api from '@tagmill/shared/api/rules';

/** Who writes, and the ETag that they saw; undefined: none was sent. */
export interface RuleWriter {
  readonly who: string;
  readonly ifMatch: string | undefined;
}

/** Errors of all: UNREACHABLE when no executor can look at the tables, DATABASE_UNAVAILABLE; TAG_NOT_FOUND where a tag is named. */
export interface RulesPort {
  check(body: Api.CheckBody): Promise<Api.CheckAnswer>;
  /** `values`: an executor looks at values of the fields, too. */
  catalog(values?: boolean): Promise<Api.CatalogAnswer>;
  /** Examples of a rule that need not be saved. Errors: RULE_INVALID. */
  test(body: Api.TestBody): Promise<Api.TestAnswer>;
  /** Examples of the live rule. */
  testTag(tagId: number): Promise<Api.TestAnswer>;
  get(tagId: number): Promise<Api.RuleAnswer>;
  versions(tagId: number): Promise<Api.VersionList>;
  /** Errors: NOT_FOUND for a version that is not there. */
  diff(tagId: number, from: number | undefined, to: number | undefined): Promise<Api.DiffAnswer>;
  /** Errors: IF_MATCH_MISSING, RULE_CONFLICT with the other's version and a diff, RULE_INVALID with all faults, EXAMPLE_BROKEN. */
  save(tagId: number, body: Api.SaveBody, writer: RuleWriter): Promise<Api.SaveAnswer>;
  /** An old version as a new live one. */
  restore(tagId: number, body: Api.RestoreBody, writer: RuleWriter): Promise<Api.SaveAnswer>;
  /** Makes a draft live. Errors: APPROVAL_NEEDED where the manager asks for one. */
  publish(tagId: number, body: Api.PublishBody, writer: RuleWriter): Promise<Api.SaveAnswer>;
  /** Asks for a draft to go live. Errors of these three: as save, ACTION_REFUSED for a version in another state, NOT_ALLOWED for a writer without a name. */
  propose(tagId: number, body: Api.ReviewBody, writer: RuleWriter): Promise<Api.SaveAnswer>;
  /** Makes a proposed version live. Errors: NOT_ALLOWED for its own writer, too. */
  approve(tagId: number, body: Api.ReviewBody, writer: RuleWriter): Promise<Api.SaveAnswer>;
  reject(tagId: number, body: Api.ReviewBody, writer: RuleWriter): Promise<Api.SaveAnswer>;
  /** What waits for an approval, of all tags. */
  proposals(): Promise<Api.ProposalList>;
  /** Errors: NOT_FOUND for a run that is not kept, RULE_INVALID for a tag that the run refused. */
  explain(userId: string, tagId: number, runId: string | undefined): Promise<Api.ExplainAnswer>;
  /** Begins; what it has found so far is asked by `preview`. Errors: RULE_INVALID, RATE_LIMITED. */
  beginPreview(body: Api.PreviewBody): Promise<Api.PreviewAnswer>;
  /** Errors: NOT_FOUND. */
  preview(id: string): Api.PreviewAnswer | Promise<Api.PreviewAnswer>;
  cancelPreview(id: string): Api.PreviewAnswer | Promise<Api.PreviewAnswer>;
}
