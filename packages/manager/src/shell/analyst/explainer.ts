/** Explains one user and one tag: the user's rows as an executor reads them, the rule as the reference evaluates it. */
import type { ExplainAnswer } from '@tagmill/shared/api/rules';
import type { CatalogField } from '@tagmill/shared/fields';
import type { UserJob, UserRows } from '@tagmill/shared/question';
import { isWide } from '@tagmill/shared/rules/explain/tree';
import type { NormalLeaf } from '@tagmill/shared/rules/normal';
import { leavesOf, wholeLeavesOf } from '@tagmill/shared/rules/reads';
import type { Hall } from '../running.ts';
import type { BasisFinder } from './basis.ts';
import { explanationOf } from './explanation.ts';
import { registeredRule } from './scope.ts';
import { storedState } from './stored-state.ts';
import { type Subject, subjectOf } from './subject.ts';

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
    const subject = await subjectOf(this.hall, this.basis, tagId, runId);
    const rows = await this.read(subject, userId);
    const row = await database.metadata.userTagsOf(userId);
    const explained = explanationOf(subject, userId, rows);
    return { ...explained, stored: storedState(state, subject, explained, row) };
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
