/**
 * Tag task classes: one file under `tasks/<domain>/` per tag. The rule stays in
 * the database; a class says what the tag reads and may narrow its users.
 *
 * Hooks work on relations and are declared as rule nodes, so they run
 * vectorised in every engine, are pinned with the run, and can be tried on a
 * small table without a running system.
 */
import type { Domain } from './words.ts';

/** A rule node in the form of the source documents. */
export type RuleNode = { readonly [key: string]: unknown };

/** A table of users that a hook may narrow. Nothing is computed until the run. */
export interface UserRelation {
  /** Keeps the users for whom the node is TRUE. */
  filter(node: RuleNode): UserRelation;
}

export interface TagTask {
  readonly tagId: number;
  /** Columns without which the tag cannot be evaluated. */
  readonly requiredFields: readonly string[];
  readonly dataSources: { readonly primary: string; readonly secondary: string | null };
  /** Columns that the tables have -> null when the tag may run, else why not. */
  readonly validate?: (columns: ReadonlySet<string>) => string | null;
  /** Users that it removes are not evaluated for this tag. */
  readonly preprocess?: (users: UserRelation) => UserRelation;
  /** Matched users that it removes count as not matched. */
  readonly postprocess?: (matched: UserRelation) => UserRelation;
}

/** Declares the tag task of a file; it is the file's default export. */
export const defineTagTask = (task: TagTask): TagTask => Object.freeze(task);

class FilterList implements UserRelation {
  readonly nodes: readonly RuleNode[];

  constructor(nodes: readonly RuleNode[] = []) {
    this.nodes = nodes;
  }

  filter(node: RuleNode): UserRelation {
    return new FilterList([...this.nodes, node]);
  }
}

/** The filters that a hook asks for, in order. */
export function filtersOf(hook: ((users: UserRelation) => UserRelation) | undefined): readonly RuleNode[] {
  if (hook === undefined) return [];
  const relation = hook(new FilterList());
  if (!(relation instanceof FilterList)) throw new TypeError('a hook must give back the relation that it was given, filtered');
  return relation.nodes;
}

/** A task with where it was found. */
export interface FoundTagTask {
  readonly task: TagTask;
  readonly domain: Domain;
  /** Path of the file under the task folder. */
  readonly file: string;
}
