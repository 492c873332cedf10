/** Versions of rules as answers, and the refusals of writes that did not see the newest one. */
import type { RuleVersion, SaveAnswer } from '@tagmill/shared/api/rules';
import { TagmillError } from '@tagmill/shared/errors';
import type { ExamplesReport, RuleExample } from '@tagmill/shared/rules/examples';
import { diffRules } from '@tagmill/shared/rules/line-diff';
import type { RuleWriter } from '../../port-rules.ts';
import type { RuleVersionRow, TagVersions, VersionWrite } from '../../tagstore/metadata.ts';
import { versionTag } from '../../tagstore/rule-versions.ts';
import type { SoundRule } from './checks.ts';

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
    hash: row.canonicalHash,
    text_hash: row.hash,
    reviews: row.reviews.map(({ kind, who, reason, atMs }) => ({ kind, who, reason, at: new Date(atMs).toISOString() })),
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

export function examplesOf(row: RuleVersionRow | undefined): readonly RuleExample[] {
  const examples = row === undefined || row.examplesJson === null ? [] : parsed(row.examplesJson);
  return Array.isArray(examples) ? (examples as readonly RuleExample[]) : [];
}

export function versionIn({ tagId, versions }: TagVersions, version: number): RuleVersionRow {
  const found = versions.find((row) => row.version === version);
  if (found !== undefined) return found;
  throw new TagmillError('NOT_FOUND', `tag ${tagId} has no version ${version}; its newest is ${versions[0]?.version ?? 'none'}`);
}

/** What the writer saw, as `versionTag` gives it. Errors: IF_MATCH_MISSING. */
export function expectedOf({ ifMatch }: RuleWriter, { tagId, versions }: TagVersions): string {
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

export function refuseConflict(now: TagVersions, expected: string, text: string): void {
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

export function saved(
  write: VersionWrite | undefined,
  text: string,
  sound: Pick<SoundRule, 'warnings'>,
  report: Pick<ExamplesReport, 'undecided'>,
): SaveAnswer {
  if (write === undefined) throw new TagmillError('TAG_NOT_FOUND', 'the tag, or its version, was removed in the meantime');
  if (write.kind === 'conflict') throw conflict(write.now, text);
  return {
    etag: etagOf(write.now.versions),
    version: shownVersion(write.row),
    warnings: [...sound.warnings],
    undecided: [...report.undecided],
  };
}
