/** From a draft to the live rule: published by its writer, or proposed by one and approved or rejected by another. */
import type { ProposalList, PublishBody, ReviewBody, SaveAnswer } from '@tagmill/shared/api/rules';
import { TagmillError } from '@tagmill/shared/errors';
import { personOf } from '@tagmill/shared/people';
import type { RuleWriter } from '../../port-rules.ts';
import type { RuleMove, RuleVersionRow, RuleVersions, TagVersions } from '../../tagstore/metadata.ts';
import type { BasisFinder } from './basis.ts';
import { soundRule } from './checks.ts';
import { passingExamples } from './example-reports.ts';
import { nameForms } from './forms.ts';
import { etagOf, examplesOf, expectedOf, noTag, refuseConflict, saved, shownVersion, versionIn } from './version-answers.ts';

/** What saving and reviewing work with. */
export interface VersionDoor {
  readonly versions: () => RuleVersions;
  readonly basis: BasisFinder;
  readonly nowMs: () => number;
  /** Rules go live once somebody else has approved them. */
  readonly approval: boolean;
}

const FROM = {
  publish: ['draft', 'proposed'],
  propose: ['draft', 'rejected'],
  approve: ['proposed'],
  reject: ['proposed'],
} as const satisfies Readonly<Record<RuleMove['kind'], RuleMove['from']>>;

const DONE = { publish: 'published', propose: 'proposed', approve: 'approved', reject: 'rejected' } as const;

export class Reviewing {
  private readonly door: VersionDoor;

  constructor(door: VersionDoor) {
    this.door = door;
  }

  /** Of all tags: what waits for somebody's yes or no. */
  async proposals(): Promise<ProposalList> {
    const { versions, approval } = this.door;
    const found = await Promise.all(
      (await versions().proposed()).map(async ({ tagName, ...row }) => {
        const now = await versions().read(row.tagId);
        return { tag_id: row.tagId, tag_name: tagName, etag: etagOf(now?.versions ?? []), version: shownVersion(row) };
      }),
    );
    return { approval, proposals: found };
  }

  async publish(tagId: number, body: PublishBody, writer: RuleWriter): Promise<SaveAnswer> {
    if (this.door.approval)
      throw new TagmillError(
        'APPROVAL_NEEDED',
        `rules of this manager go live once somebody else has approved them: propose version ${body.version} of tag ${tagId}`,
      );
    return await this.move('publish', tagId, body, writer, () => undefined);
  }

  async propose(tagId: number, body: ReviewBody, writer: RuleWriter): Promise<SaveAnswer> {
    return await this.move('propose', tagId, body, writer, () => requirePerson(writer, DONE.propose));
  }

  async approve(tagId: number, body: ReviewBody, writer: RuleWriter): Promise<SaveAnswer> {
    return await this.move('approve', tagId, body, writer, (row) => {
      const person = requirePerson(writer, DONE.approve);
      const own = [row.who, ...row.reviews.filter((one) => one.kind === 'propose').map((one) => one.who)];
      if (!own.some((who) => personOf(who) === person)) return;
      throw new TagmillError(
        'NOT_ALLOWED',
        `version ${row.version} of tag ${tagId} was written or proposed by ${person}, so somebody else has to approve it`,
      );
    });
  }

  async reject(tagId: number, body: ReviewBody, writer: RuleWriter): Promise<SaveAnswer> {
    return await this.move('reject', tagId, body, writer, () => undefined);
  }

  /** The same way for all: what was seen, whether its state takes it, whether its rule is sound. */
  private async move(
    kind: RuleMove['kind'],
    tagId: number,
    { version, reason }: ReviewBody,
    writer: RuleWriter,
    allow: (row: RuleVersionRow) => void,
  ): Promise<SaveAnswer> {
    const versionsOf = this.door.versions();
    const now = await versionsOf.read(tagId);
    if (now === undefined) throw noTag(tagId);
    const expected = expectedOf(writer, now);
    const row = versionIn(now, version);
    refuseConflict(now, expected, row.ruleJson);
    const from: RuleMove['from'] = FROM[kind];
    if (!from.includes(row.state)) throw refusal(kind, row);
    allow(row);
    const by: RuleMove = { kind, from, who: writer.who, reason, atMs: this.door.nowMs() };
    if (kind === 'reject')
      return saved(await versionsOf.move(tagId, version, expected, by), row.ruleJson, NOTHING_TOLD.sound, NOTHING_TOLD.report);
    return await this.soundMove(now, row, expected, by);
  }

  private async soundMove({ tagId, ...now }: TagVersions, row: RuleVersionRow, expected: string, by: RuleMove): Promise<SaveAnswer> {
    const versionsOf = this.door.versions();
    const basis = await this.door.basis.newest();
    const sound = soundRule(row.ruleJson, basis, tagId, `the version is not ${DONE[by.kind]}`);
    const report = await passingExamples(sound.rule, basis, examplesOf(row));
    await nameForms(versionsOf, { tagId, ...now }, basis);
    return saved(await versionsOf.move(tagId, row.version, expected, by), row.ruleJson, sound, report);
  }
}

/** A no needs no look at the rule. */
const NOTHING_TOLD = { sound: { warnings: [] }, report: { undecided: [] } } as const;

function refusal(kind: RuleMove['kind'], { tagId, version, state }: RuleVersionRow): TagmillError {
  const what = kind === 'approve' || kind === 'reject' ? 'not proposed' : 'no draft';
  const next = state === 'past' ? '; `restore` brings an old one back' : '';
  return new TagmillError(
    'ACTION_REFUSED',
    `version ${version} of tag ${tagId} is ${state}, ${what}, so it cannot be ${DONE[kind]}${next}`,
  );
}

/** The writer's name. Errors: NOT_ALLOWED where none came with the request. */
export function requirePerson({ who }: RuleWriter, done: string): string {
  const person = personOf(who);
  if (person !== null) return person;
  throw new TagmillError(
    'NOT_ALLOWED',
    `a rule is ${done} by a person: say who you are by the header X-Tagmill-Who, or in the settings of the page`,
  );
}
