/** Versions of rules: read, saved, restored, made live; what is broken, or breaks an example, is not saved. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  DiffAnswer,
  PublishBody,
  RestoreBody,
  RuleAnswer,
  RuleVersion,
  SaveAnswer,
  SaveBody,
  TestAnswer,
  VersionList,
} from '@tagmill/shared/api/rules';
import { TagmillError } from '@tagmill/shared/errors';
import { describeRule } from '@tagmill/shared/rules/describe';
import { type ExamplesReport, examplesInSteps, type RuleExample } from '@tagmill/shared/rules/examples';
import { diffRules } from '@tagmill/shared/rules/line-diff';
import type { WholeRule } from '@tagmill/shared/rules/normal';
import type { RuleWriter } from '../../port-rules.ts';
import type { NewRuleVersion, RuleVersionRow, RuleVersions, TagVersions, VersionWrite } from '../../tagstore/metadata.ts';
import { versionTag } from '../../tagstore/rule-versions.ts';
import { type Basis, type BasisFinder, catalogOf, shownBasis } from './basis.ts';
import { ruleText, soundRule, type SoundRule } from './checks.ts';

export class Saving {
  private readonly versionsOf: () => RuleVersions;
  private readonly basis: BasisFinder;
  private readonly nowMs: () => number;

  constructor(versionsOf: () => RuleVersions, basis: BasisFinder, nowMs: () => number) {
    this.versionsOf = versionsOf;
    this.basis = basis;
    this.nowMs = nowMs;
  }

  async get(tagId: number): Promise<RuleAnswer> {
    const { tagName, versions } = await this.read(tagId);
    const live = versions.find((row) => row.state === 'live');
    const [newest] = versions;
    const draft = newest?.state === 'draft' ? newest : undefined;
    return {
      tag_id: tagId,
      tag_name: tagName,
      etag: etagOf(versions),
      live: live === undefined ? null : shownVersion(live),
      draft: draft === undefined ? null : shownVersion(draft),
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
    return { tag_id: tagId, from: before.version, to: after.version, equal: before.hash === after.hash, lines };
  }

  async save(tagId: number, body: SaveBody, writer: RuleWriter): Promise<SaveAnswer> {
    const text = ruleText(body.rule);
    const now = await this.read(tagId);
    const expected = expectedOf(writer, now);
    refuseConflict(now, expected, text);
    const basis = await this.basis.newest();
    const sound = soundRule(text, basis, tagId);
    const examples = body.examples ?? examplesOf(now.versions[0]);
    const report = await passingExamples(sound.rule, basis, examples);
    const { reason, state = 'live' } = body;
    const examplesJson = body.examples === undefined ? undefined : JSON.stringify(body.examples);
    const version: NewRuleVersion = { tagId, ruleJson: text, examplesJson, state, reason, who: writer.who, atMs: this.nowMs() };
    return saved(await this.versionsOf().add(version, expected), text, sound, report);
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

  async publish(tagId: number, { version, reason }: PublishBody, writer: RuleWriter): Promise<SaveAnswer> {
    const now = await this.read(tagId);
    const expected = expectedOf(writer, now);
    const draft = versionIn(now, version);
    refuseConflict(now, expected, draft.ruleJson);
    if (draft.state !== 'draft')
      throw new TagmillError(
        'ACTION_REFUSED',
        `version ${version} of tag ${tagId} is ${draft.state}, no draft; \`restore\` brings an old one back`,
      );
    const basis = await this.basis.newest();
    const sound = soundRule(draft.ruleJson, basis, tagId, 'the draft does not become live');
    const report = await passingExamples(sound.rule, basis, examplesOf(draft));
    const by = { who: writer.who, reason, atMs: this.nowMs() };
    return saved(await this.versionsOf().publish(tagId, version, expected, by), draft.ruleJson, sound, report);
  }

  /** The examples of the live rule, or of the newest draft where none is live. */
  async test(tagId: number): Promise<TestAnswer> {
    const { versions } = await this.read(tagId);
    const row = versions.find((one) => one.state === 'live') ?? versions[0];
    if (row === undefined) throw new TagmillError('TAG_NOT_FOUND', `tag ${tagId} has no rule yet`);
    const basis = await this.basis.newest();
    return await testAnswer(soundRule(row.ruleJson, basis, tagId, 'cannot be tested').rule, basis, examplesOf(row));
  }

  private async read(tagId: number): Promise<TagVersions> {
    const now = await this.versionsOf().read(tagId);
    if (now === undefined) throw noTag(tagId);
    return now;
  }
}

export const noTag = (tagId: number): TagmillError =>
  new TagmillError('TAG_NOT_FOUND', `there is no tag ${tagId}; \`tagmill list-tasks\` and GET /api/v1/tags/available list those there are`);

export const etagOf = (versions: readonly RuleVersionRow[]): string => `"${versionTag(versions)}"`;

export function shownVersion(row: RuleVersionRow): RuleVersion {
  return {
    tag_id: row.tagId,
    version: row.version,
    state: row.state,
    rule: parsed(row.ruleJson),
    rule_text: row.ruleJson,
    examples: examplesOf(row) as RuleVersion['examples'],
    who: row.published?.who ?? row.who,
    reason: row.published === null ? row.reason : `${row.reason} (made live: ${row.published.reason})`,
    at: new Date(row.published?.atMs ?? row.atMs).toISOString(),
    hash: row.hash,
  };
}

/** Null for what somebody wrote into the database and is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function examplesOf(row: RuleVersionRow | undefined): readonly RuleExample[] {
  const examples = row === undefined || row.examplesJson === null ? [] : parsed(row.examplesJson);
  return Array.isArray(examples) ? (examples as readonly RuleExample[]) : [];
}

function versionIn({ tagId, versions }: TagVersions, version: number): RuleVersionRow {
  const found = versions.find((row) => row.version === version);
  if (found !== undefined) return found;
  throw new TagmillError('NOT_FOUND', `tag ${tagId} has no version ${version}; its newest is ${versions[0]?.version ?? 'none'}`);
}

/** What the writer saw, as `versionTag` gives it. Errors: IF_MATCH_MISSING. */
function expectedOf({ ifMatch }: RuleWriter, { tagId, versions }: TagVersions): string {
  if (ifMatch !== undefined)
    return ifMatch
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1');
  const etag = etagOf(versions);
  throw new TagmillError(
    'IF_MATCH_MISSING',
    `send the ETag of the version that you changed as the header If-Match, so that nobody's work is overwritten; that of tag ${tagId} is ${etag} now`,
    { etag },
  );
}

function refuseConflict(now: TagVersions, expected: string, text: string): void {
  if (versionTag(now.versions) !== expected) throw conflict(now, text);
}

function conflict({ tagId, versions }: TagVersions, text: string): TagmillError {
  const [newest] = versions;
  const etag = etagOf(versions);
  if (newest === undefined) return new TagmillError('RULE_CONFLICT', `tag ${tagId} has no rule yet: send ${etag} as If-Match`, { etag });
  const { who, reason, at, version } = shownVersion(newest);
  const message = `tag ${tagId} is at version ${version} by ${who} of ${at} (“${reason}”), which is not what you changed: nothing is saved. Look at the difference, and send ${etag} as If-Match when yours is to stand.`;
  return new TagmillError('RULE_CONFLICT', message, { etag, current: shownVersion(newest), diff: diffRules(newest.ruleJson, text) });
}

function saved(write: VersionWrite | undefined, text: string, sound: SoundRule, report: ExamplesReport): SaveAnswer {
  if (write === undefined) throw new TagmillError('TAG_NOT_FOUND', 'the tag, or its version, was removed in the meantime');
  if (write.kind === 'conflict') throw conflict(write.now, text);
  return {
    etag: etagOf(write.now.versions),
    version: shownVersion(write.row),
    warnings: [...sound.warnings],
    undecided: [...report.undecided],
  };
}

/** Errors: EXAMPLE_BROKEN with all results. */
async function passingExamples(rule: WholeRule, basis: Basis, examples: readonly RuleExample[]): Promise<ExamplesReport> {
  const report = await examplesReport(rule, basis, examples);
  const broken = report.results.filter((result) => !result.ok);
  const [first] = broken;
  if (first === undefined) return report;
  const why = first.problem ?? `it gives ${first.got} instead of ${first.expect}`;
  throw new TagmillError(
    'EXAMPLE_BROKEN',
    `${broken.length} of ${report.results.length} examples do not hold, nothing is saved: “${first.name}”: ${why}`,
    { results: report.results },
  );
}

/** A few hundred examples of a large rule take their time, and the manager has other work. */
async function examplesReport(rule: WholeRule, basis: Basis, examples: readonly RuleExample[]): Promise<ExamplesReport> {
  const steps = examplesInSteps(rule, catalogOf(basis), examples, basis.clock);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await nextTurn();
  }
}

export async function testAnswer(rule: WholeRule, basis: Basis, examples: readonly RuleExample[]): Promise<TestAnswer> {
  const { results, undecided } = await examplesReport(rule, basis, examples);
  return {
    ok: results.every((result) => result.ok),
    results: [...results],
    undecided: undecided.map((path) => ({ path, words: wordsAt(rule, path) })),
    basis: shownBasis(basis),
  };
}

/** The condition at a path, in words. */
export function wordsAt(rule: WholeRule, path: string): string {
  let node: WholeRule | undefined = rule;
  for (const [, index] of path.matchAll(/\/conditions\/(\d+)/g))
    node = node !== undefined && 'logic' in node ? node.conditions[Number(index)] : undefined;
  return node === undefined ? path : describeRule(node);
}
