/** What the mouths may ask of rules, over the state, the database and the executors. */
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
import type { RulesPort, RuleWriter } from '../../port-rules.ts';
import type { Hall } from '../running.ts';
import { BasisFinder } from './basis.ts';
import { catalogAnswer } from './catalog.ts';
import { checkAnswer, ruleText, soundRule } from './checks.ts';
import { Explainer } from './explainer.ts';
import { Previews } from './previews.ts';
import { Saving, testAnswer } from './saving.ts';

export class RuleDesk implements RulesPort {
  private readonly hall: Hall;
  private readonly basis: BasisFinder;
  private readonly saving: Saving;
  private readonly explainer: Explainer;
  private readonly previews: Previews;

  constructor(hall: Hall) {
    this.hall = hall;
    this.basis = new BasisFinder(hall);
    this.saving = new Saving(() => hall.live().database.metadata.versions, this.basis, Date.now);
    this.explainer = new Explainer(hall, this.basis);
    this.previews = new Previews(hall, this.basis);
  }

  async check({ rule, tag_id }: CheckBody): Promise<CheckAnswer> {
    return checkAnswer(ruleText(rule), await this.basis.newest(), tag_id);
  }

  async catalog(): Promise<CatalogAnswer> {
    const rules = await this.hall.live().database.metadata.loadRules();
    return catalogAnswer(await this.basis.newest(), rules);
  }

  async test({ rule, examples }: TestBody): Promise<TestAnswer> {
    const basis = await this.basis.newest();
    return await testAnswer(soundRule(ruleText(rule), basis, undefined, 'cannot be tested').rule, basis, examples);
  }

  testTag(tagId: number): Promise<TestAnswer> {
    return this.saving.test(tagId);
  }

  get(tagId: number): Promise<RuleAnswer> {
    return this.saving.get(tagId);
  }

  versions(tagId: number): Promise<VersionList> {
    return this.saving.list(tagId);
  }

  diff(tagId: number, from: number | undefined, to: number | undefined): Promise<DiffAnswer> {
    return this.saving.diff(tagId, from, to);
  }

  save(tagId: number, body: SaveBody, writer: RuleWriter): Promise<SaveAnswer> {
    return this.saving.save(tagId, body, writer);
  }

  restore(tagId: number, body: RestoreBody, writer: RuleWriter): Promise<SaveAnswer> {
    return this.saving.restore(tagId, body, writer);
  }

  publish(tagId: number, body: PublishBody, writer: RuleWriter): Promise<SaveAnswer> {
    return this.saving.publish(tagId, body, writer);
  }

  explain(userId: string, tagId: number, runId: string | undefined): Promise<ExplainAnswer> {
    return this.explainer.explain(userId, tagId, runId);
  }

  beginPreview(body: PreviewBody): Promise<PreviewAnswer> {
    return this.previews.begin(body);
  }

  preview(id: string): PreviewAnswer {
    return this.previews.get(id);
  }

  cancelPreview(id: string): PreviewAnswer {
    return this.previews.cancel(id);
  }
}
