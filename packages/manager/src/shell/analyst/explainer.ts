/** Explains one user and one tag: the user's rows as an executor reads them, the rule as the reference evaluates it. */
import type { ExplainAnswer } from '@tagmill/shared/api/rules';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CatalogField, RunClock } from '@tagmill/shared/fields';
import type { PassJob } from '@tagmill/shared/job';
import type { Letters, UserJob, UserRows } from '@tagmill/shared/question';
import { type FlipSearch, searchFlip } from '@tagmill/shared/rules/explain/flips';
import { isWide } from '@tagmill/shared/rules/explain/tree';
import type { NormalLeaf } from '@tagmill/shared/rules/normal';
import { leavesOf, wholeLeavesOf } from '@tagmill/shared/rules/reads';
import type { Run } from '../../core/run.ts';
import type { NamedLists } from '../../tagstore/metadata.ts';
import type { Hall } from '../running.ts';
import { passJob } from '../templates.ts';
import type { BasisFinder } from './basis.ts';
import { longLists } from './long-lists.ts';
import { explanationOf, type Scene, sceneOf } from './explanation.ts';
import { registeredRule } from './scope.ts';
import { storedState } from './stored-state.ts';
import { type Subject, subjectOf } from './subject.ts';
import { askWide, hasWide, type WideAnswer, wideAnswer } from './wide-letters.ts';

const READ_MS = 60_000;

export class Explainer {
  private readonly hall: Hall;
  private readonly basis: BasisFinder;

  constructor(hall: Hall, basis: BasisFinder) {
    this.hall = hall;
    this.basis = basis;
  }

  async explain(userId: string, tagId: number, runId: string | undefined): Promise<ExplainAnswer> {
    const { state, database } = this.hall.live();
    const subject = await withLists(await subjectOf(this.hall, this.basis, tagId, runId), database.metadata.lists);
    const rows = await this.read(subject, userId);
    const row = await database.metadata.userTagsOf(userId);
    const wide = await this.wide(subject, userId);
    const scene = sceneOf(subject, userId, rows, wide);
    const search = scene.evaluated ? await searchInTurns(scene, subject.basis.clock) : { flip: null, cut: false };
    const explained = explanationOf(subject, userId, rows, scene, search);
    return { ...explained, stored: storedState(state, subject, explained, row) };
  }

  /** Undefined: the rule has no such condition, or there is no pass of a run to ask it of. */
  private async wide({ tag, basis, rule }: Subject, userId: string): Promise<WideAnswer | undefined> {
    if (!hasWide(rule)) return undefined;
    const job = basis.run === null ? undefined : jobOfTag(basis.run, tag.tagId);
    const own = job?.tags.find((one) => one.tagId === tag.tagId);
    if (job === undefined || own === undefined) return undefined;
    const asked = askWide(job, own, userId);
    const { letters } = (await this.hall.live().questions.once({ kind: 'letters', user: userId }, asked.job, READ_MS)) as Letters;
    return wideAnswer(asked, letters);
  }

  private async read(subject: Subject, userId: string): Promise<UserRows> {
    const { tag, basis } = subject;
    const fields = fieldsToRead(subject);
    const names = new Set([...tag.reads, ...fields.map((field) => field.table)]);
    const { tables: location } = basis.head;
    if (location === null) return { rows: [] };
    const job: UserJob = {
      location,
      keyType: basis.plan.keyType,
      tables: basis.plan.tables.filter((table) => names.has(table.name)),
      fields,
      clock: basis.clock,
    };
    return (await this.hall.live().questions.once({ kind: 'user', user: userId }, job, READ_MS)) as UserRows;
  }
}

/** The rules with the values of the lists that they look in, as they were pinned. */
async function withLists(subject: Subject, lists: NamedLists): Promise<Subject> {
  const { tag, rule } = subject;
  const filled = await longLists([rule, ...tag.onlyUsers, ...tag.onlyMatches], lists);
  return {
    ...subject,
    rule: filled(rule),
    tag: { ...tag, onlyUsers: tag.onlyUsers.map(filled), onlyMatches: tag.onlyMatches.map(filled) },
  };
}

/** The search of a large rule takes its time, and the manager has other work. */
async function searchInTurns({ asked, askedTree, valueIn, wide }: Scene, clock: RunClock): Promise<FlipSearch> {
  const search = searchFlip(asked, askedTree, valueIn, clock, wide);
  for (;;) {
    const step = search.next();
    if (step.done === true) return step.value;
    await nextTurn();
  }
}

/** The pass that a tag is in, or was in last. */
function jobOfTag(run: Run, tagId: number): PassJob | undefined {
  const row = run.index.find(`tag-${tagId}`);
  const pass = row < 0 ? undefined : run.pass(row);
  return pass === undefined ? undefined : passJob(run, pass);
}

/** Every field that decides whether the user is evaluated, and how. */
function fieldsToRead({ tag, basis, rule }: Subject): readonly CatalogField[] {
  const scope = registeredRule(basis);
  const leaves = [
    ...wholeLeavesOf(rule).filter((leaf): leaf is NormalLeaf => !isWide(leaf)),
    ...[...tag.onlyUsers, ...tag.onlyMatches, ...(scope === undefined ? [] : [scope])].flatMap(leavesOf),
  ];
  const found = new Map<string, CatalogField>();
  for (const leaf of leaves) {
    for (const field of leaf.other === undefined ? [leaf.field] : [leaf.field, leaf.other])
      found.set(JSON.stringify([field.table, field.name]), field);
  }
  return [...found.values()];
}
