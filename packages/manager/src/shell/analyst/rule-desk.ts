/** What the mouths may ask of rules, over the state, the database and the executors. */
import type * as Api from '@tagmill/shared/api/rules';
import type { RulesPort, RuleWriter } from '../../port-rules.ts';
import type { Hall } from '../running.ts';
import { BasisFinder } from './basis.ts';
import { catalogAnswer, FieldValues } from './catalog.ts';
import { checkAnswer, ruleText, soundRule } from './checks.ts';
import { testAnswer } from './example-reports.ts';
import { Explainer } from './explainer.ts';
import { Previews } from './previews.ts';
import { Reviewing, type VersionDoor } from './reviewing.ts';
import { Saving } from './saving.ts';

export class RuleDesk implements RulesPort {
  private readonly hall: Hall;
  private readonly basis: BasisFinder;
  private readonly saving: Saving;
  private readonly reviewing: Reviewing;
  private readonly explainer: Explainer;
  private readonly previews: Previews;
  private readonly values: FieldValues;

  constructor(hall: Hall) {
    this.hall = hall;
    this.basis = new BasisFinder(hall);
    const door: VersionDoor = {
      versions: () => hall.live().database.metadata.versions,
      basis: this.basis,
      nowMs: Date.now,
      approval: hall.config.ruleApproval === true,
    };
    this.saving = new Saving(door);
    this.reviewing = new Reviewing(door);
    this.explainer = new Explainer(hall, this.basis);
    this.previews = new Previews(hall, this.basis);
    this.values = new FieldValues(hall);
  }

  async check({ rule, tag_id }: Api.CheckBody): Promise<Api.CheckAnswer> {
    return checkAnswer(ruleText(rule), await this.basis.newest(), tag_id);
  }

  async catalog(values = false): Promise<Api.CatalogAnswer> {
    const rules = await this.hall.live().database.metadata.loadRules();
    const basis = await this.basis.newest();
    return catalogAnswer(basis, rules, values ? await this.values.of(basis) : []);
  }

  async test({ rule, examples }: Api.TestBody): Promise<Api.TestAnswer> {
    const basis = await this.basis.newest();
    return await testAnswer(soundRule(ruleText(rule), basis, undefined, 'cannot be tested').rule, basis, examples);
  }

  testTag(tagId: number): Promise<Api.TestAnswer> {
    return this.saving.test(tagId);
  }

  get(tagId: number): Promise<Api.RuleAnswer> {
    return this.saving.get(tagId);
  }

  versions(tagId: number): Promise<Api.VersionList> {
    return this.saving.list(tagId);
  }

  diff(tagId: number, from: number | undefined, to: number | undefined): Promise<Api.DiffAnswer> {
    return this.saving.diff(tagId, from, to);
  }

  save(tagId: number, body: Api.SaveBody, writer: RuleWriter): Promise<Api.SaveAnswer> {
    return this.saving.save(tagId, body, writer);
  }

  restore(tagId: number, body: Api.RestoreBody, writer: RuleWriter): Promise<Api.SaveAnswer> {
    return this.saving.restore(tagId, body, writer);
  }

  publish(tagId: number, body: Api.PublishBody, writer: RuleWriter): Promise<Api.SaveAnswer> {
    return this.reviewing.publish(tagId, body, writer);
  }

  propose(tagId: number, body: Api.ReviewBody, writer: RuleWriter): Promise<Api.SaveAnswer> {
    return this.reviewing.propose(tagId, body, writer);
  }

  approve(tagId: number, body: Api.ReviewBody, writer: RuleWriter): Promise<Api.SaveAnswer> {
    return this.reviewing.approve(tagId, body, writer);
  }

  reject(tagId: number, body: Api.ReviewBody, writer: RuleWriter): Promise<Api.SaveAnswer> {
    return this.reviewing.reject(tagId, body, writer);
  }

  proposals(): Promise<Api.ProposalList> {
    return this.reviewing.proposals();
  }

  explain(userId: string, tagId: number, runId: string | undefined): Promise<Api.ExplainAnswer> {
    return this.explainer.explain(userId, tagId, runId);
  }

  beginPreview(body: Api.PreviewBody): Promise<Api.PreviewAnswer> {
    return this.previews.begin(body);
  }

  preview(id: string): Api.PreviewAnswer {
    return this.previews.get(id);
  }

  cancelPreview(id: string): Api.PreviewAnswer {
    return this.previews.cancel(id);
  }
}
