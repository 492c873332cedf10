/** Versions of rules: read, compared, saved, restored; what is broken, or breaks an example, is not saved. */
import type { DiffAnswer, RestoreBody, RuleAnswer, SaveAnswer, SaveBody, TestAnswer, VersionList } from '@tagmill/shared/api/rules';
import { TagmillError } from '@tagmill/shared/errors';
import { diffRules } from '@tagmill/shared/rules/line-diff';
import type { RuleWriter } from '../../port-rules.ts';
import type { NewRuleVersion, TagVersions } from '../../tagstore/metadata.ts';
import { ruleText, soundRule } from './checks.ts';
import { passingExamples, testAnswer } from './example-reports.ts';
import { formHash, nameForms } from './forms.ts';
import { requirePerson, type VersionDoor } from './reviewing.ts';
import { etagOf, examplesOf, expectedOf, noTag, refuseConflict, saved, shownVersion, versionIn } from './version-answers.ts';

export class Saving {
  private readonly door: VersionDoor;

  constructor(door: VersionDoor) {
    this.door = door;
  }

  async get(tagId: number): Promise<RuleAnswer> {
    const { tagName, versions } = await this.read(tagId);
    const [newest] = versions;
    const shown = (row: TagVersions['versions'][number] | undefined) => (row === undefined ? null : shownVersion(row));
    return {
      tag_id: tagId,
      tag_name: tagName,
      etag: etagOf(versions),
      live: shown(versions.find((row) => row.state === 'live')),
      draft: shown(newest?.state === 'draft' || newest?.state === 'proposed' ? newest : undefined),
      proposed: shown(versions.find((row) => row.state === 'proposed')),
      approval: this.door.approval,
    };
  }

  async list(tagId: number): Promise<VersionList> {
    const { versions } = await this.read(tagId);
    return { tag_id: tagId, etag: etagOf(versions), versions: versions.map(shownVersion) };
  }

  /** Without numbers: the newest version against the one before it; with `from` alone: that one against the newest. */
  async diff(tagId: number, from: number | undefined, to: number | undefined): Promise<DiffAnswer> {
    const now = await this.read(tagId);
    const newest = now.versions[0]?.version ?? 0;
    const toVersion = to ?? newest;
    const [before, after] = [versionIn(now, from ?? Math.max(1, toVersion - 1)), versionIn(now, toVersion)];
    const lines = [...diffRules(before.ruleJson, after.ruleJson)];
    const equal = before.hash === after.hash || (before.canonicalHash !== null && before.canonicalHash === after.canonicalHash);
    return { tag_id: tagId, from: before.version, to: after.version, equal, lines };
  }

  async save(tagId: number, body: SaveBody, writer: RuleWriter): Promise<SaveAnswer> {
    const text = ruleText(body.rule);
    const now = await this.read(tagId);
    const expected = expectedOf(writer, now);
    const { approval } = this.door;
    const { reason, state = approval ? 'proposed' : 'live' } = body;
    if (approval && state === 'live') throw this.needsApproval(tagId);
    if (state === 'proposed') requirePerson(writer, 'proposed');
    refuseConflict(now, expected, text);
    const basis = await this.door.basis.newest();
    const sound = soundRule(text, basis, tagId);
    const examples = body.examples ?? examplesOf(now.versions[0]);
    const report = await passingExamples(sound.rule, basis, examples);
    const examplesJson = body.examples === undefined ? undefined : JSON.stringify(body.examples);
    const version: NewRuleVersion = {
      ...{ tagId, ruleJson: text, examplesJson, canonicalHash: formHash(sound.rule), state, reason },
      who: writer.who,
      atMs: this.door.nowMs(),
    };
    const versionsOf = this.door.versions();
    await nameForms(versionsOf, now, basis);
    return saved(await versionsOf.add(version, expected), text, sound, report);
  }

  async restore(tagId: number, { version, reason }: RestoreBody, writer: RuleWriter): Promise<SaveAnswer> {
    const old = versionIn(await this.read(tagId), version);
    const body = {
      rule: old.ruleJson,
      examples: [...examplesOf(old)] as SaveBody['examples'] & object,
      reason: `version ${version} again: ${reason}`,
    };
    return await this.save(tagId, body, writer);
  }

  /** The examples of the live rule, or of the newest draft where none is live. */
  async test(tagId: number): Promise<TestAnswer> {
    const { versions } = await this.read(tagId);
    const row = versions.find((one) => one.state === 'live') ?? versions[0];
    if (row === undefined) throw new TagmillError('TAG_NOT_FOUND', `tag ${tagId} has no rule yet`);
    const basis = await this.door.basis.newest();
    return await testAnswer(soundRule(row.ruleJson, basis, tagId, 'cannot be tested').rule, basis, examplesOf(row));
  }

  private needsApproval(tagId: number): TagmillError {
    return new TagmillError(
      'APPROVAL_NEEDED',
      `rules of this manager go live once somebody else has approved them: save the rule of tag ${tagId} as \`proposed\`, or as a draft`,
    );
  }

  private async read(tagId: number): Promise<TagVersions> {
    const now = await this.door.versions().read(tagId);
    if (now === undefined) throw noTag(tagId);
    return now;
  }
}
