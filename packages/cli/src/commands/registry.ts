/** Every verb: its words, one line about it, and the file that holds it. A file beside this one that is not listed fails a test. */
import type { VerbModule } from '../program.ts';

export interface Verb {
  /** One word, or two for a verb of a group. */
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<VerbModule>;
}

export const VERBS: readonly Verb[] = [
  { name: 'demo', summary: 'sample tables, eight tags, manager, executors and dashboard on this machine', load: () => import('./demo.ts') },
  { name: 'db init', summary: 'create the tables that are missing in a database', load: () => import('./db-init.ts') },
  { name: 'rules import', summary: 'check rules of a JSON file and store them', load: () => import('./rules-import.ts') },
  { name: 'rules export', summary: 'print the rules of a database as JSON', load: () => import('./rules-export.ts') },
  {
    name: 'rules conformance',
    summary: 'answer cases of rules from stdin, on an engine of your choice',
    load: () => import('./rules-conformance.ts'),
  },
  { name: 'rules check', summary: 'check one rule: every error with its path, and warnings', load: () => import('./rules-check.ts') },
  { name: 'rules show', summary: 'print the rule of a tag', load: () => import('./rules-show.ts') },
  { name: 'rules put', summary: 'save a new version of a rule', load: () => import('./rules-put.ts') },
  { name: 'rules versions', summary: 'list the versions of a rule', load: () => import('./rules-versions.ts') },
  { name: 'rules diff', summary: 'print what changed between two versions of a rule', load: () => import('./rules-diff.ts') },
  { name: 'rules restore', summary: 'make an old version of a rule live again', load: () => import('./rules-restore.ts') },
  { name: 'rules publish', summary: 'make a draft of a rule live', load: () => import('./rules-publish.ts') },
  { name: 'rules propose', summary: 'ask for a draft of a rule to go live', load: () => import('./rules-propose.ts') },
  { name: 'rules approve', summary: 'make a proposed version of a rule live', load: () => import('./rules-approve.ts') },
  { name: 'rules reject', summary: 'say no to a proposed version of a rule', load: () => import('./rules-reject.ts') },
  { name: 'rules proposals', summary: 'list the versions that wait for an approval', load: () => import('./rules-proposals.ts') },
  { name: 'rules test', summary: 'evaluate rules on their examples', load: () => import('./rules-test.ts') },
  { name: 'rules preview', summary: 'count a rule over the newest data, beside the live one', load: () => import('./rules-preview.ts') },
  { name: 'tags policy', summary: 'what a tag allows of a run before its check holds it', load: () => import('./tags-policy.ts') },
  { name: 'tags release', summary: 'let tags go on that the check of a run holds', load: () => import('./tags-release.ts') },
  { name: 'tags discard', summary: 'end tags that the check of a run holds; nothing is written', load: () => import('./tags-discard.ts') },
  { name: 'tags include', summary: 'give a user a tag by hand, whatever its rule says', load: () => import('./tags-include.ts') },
  { name: 'tags exclude', summary: 'keep a tag from a user by hand, whatever its rule says', load: () => import('./tags-exclude.ts') },
  { name: 'tags clear', summary: 'let the rule of a tag decide of a user again', load: () => import('./tags-clear.ts') },
  { name: 'tags overrides', summary: 'list who has a tag, or has it not, by hand', load: () => import('./tags-overrides.ts') },
  { name: 'lists put', summary: 'upload a list that rules may name', load: () => import('./lists-put.ts') },
  { name: 'lists show', summary: 'print the uploaded lists, or the values of one', load: () => import('./lists-show.ts') },
  { name: 'lists drop', summary: 'remove an uploaded list', load: () => import('./lists-drop.ts') },
  { name: 'catalog', summary: 'list the fields that rules may use', load: () => import('./catalog.ts') },
  { name: 'explain', summary: 'say why a user has a tag, or has it not', load: () => import('./explain.ts') },
  { name: 'user-tags export', summary: 'print every user and its tags as CSV or JSON Lines', load: () => import('./user-tags-export.ts') },
  { name: 'health', summary: 'say whether manager, database and tables are well', load: () => import('./health.ts') },
  { name: 'list-tasks', summary: 'list the tags that can be computed', load: () => import('./list-tasks.ts') },
  { name: 'task-all', summary: 'compute all tags for all users', load: () => import('./task-all.ts') },
  { name: 'task-tags', summary: 'compute some tags for all users', load: () => import('./task-tags.ts') },
  { name: 'task-users', summary: 'compute tags for some users', load: () => import('./task-users.ts') },
  { name: 'incremental', summary: 'compute all tags for users registered in the last days', load: () => import('./incremental.ts') },
  { name: 'manager', summary: 'run a manager: graph, REST, live feed and dashboard', load: () => import('./manager.ts') },
  { name: 'executor', summary: 'run an executor that joins a manager', load: () => import('./executor.ts') },
  { name: 'why', summary: 'say why a task of a run waits', load: () => import('./why.ts') },
  { name: 'recovery', summary: 'what a manager’s newest start did, and why', load: () => import('./recovery.ts') },
  {
    name: 'journal verify',
    summary: 'say whether journal and snapshots of a data directory hold',
    load: () => import('./journal-verify.ts'),
  },
  { name: 'journal dump', summary: 'print entries of a journal as JSON Lines', load: () => import('./journal-dump.ts') },
  { name: 'journal explain', summary: 'say what happened in one entry of a journal', load: () => import('./journal-explain.ts') },
  { name: 'backup', summary: 'copy a manager’s journal, also while it runs', load: () => import('./backup.ts') },
  { name: 'restore', summary: 'make a backup the journal of a stopped manager', load: () => import('./restore.ts') },
  { name: 'simulate', summary: 'say what happens to a graph of your own when executors are lost', load: () => import('./simulate.ts') },
  { name: 'doctor', summary: 'check database, tables, S3, disk, time, ports and versions', load: () => import('./doctor.ts') },
];
