/** Answers about rules as text. Pure. */
import type {
  CatalogAnswer,
  CheckAnswer,
  ExplainAnswer,
  ExplainNode,
  PreviewAnswer,
  ProposalList,
  RuleFault,
  SaveAnswer,
  TestAnswer,
  VersionList,
} from '@tagmill/shared/api/rules';
import type { ExampleResult } from '@tagmill/shared/rules/examples';
import type { DiffLine } from '@tagmill/shared/rules/line-diff';
import { textTable } from './width.ts';

const at = (path: string): string => (path === '' ? 'the whole rule' : path);
const many = (count: number): string => count.toLocaleString('en-US');

export const faultLines = (errors: readonly RuleFault[]): string[] =>
  errors.map(({ code, path, message, hint }) => `${code} at ${at(path)}: ${message}${hint === undefined ? '' : ` (${hint})`}`);

export function checkText(answer: CheckAnswer): string {
  const lines = [
    ...faultLines(answer.errors),
    ...answer.warnings.map(({ code, path, message }) => `note ${code} at ${at(path)}: ${message}`),
    answer.ok ? `ok: ${answer.words}` : `${answer.errors.length === 1 ? '1 error' : `${answer.errors.length} errors`}`,
  ];
  return `${lines.join('\n')}\n`;
}

export function catalogText({ fields, faults, drift }: CatalogAnswer): string {
  const rows = fields.map((field) => [
    field.name,
    field.table,
    field.stored === null ? field.type : `${field.type} (stored as ${field.stored})`,
    missingText(field),
    field.min === null || field.max === null ? '' : `${field.min} … ${field.max}`,
    field.unusable ?? (field.used_by.length === 0 ? '' : `tags ${field.used_by.join(', ')}`),
    [field.title?.en, field.title?.zh].filter((words) => words != null).join(' / '),
  ]);
  const broken = faults.map(({ table, code, message }) => `${table}: ${code}: ${message}\n`);
  const values = fields.flatMap(({ name, looked }) =>
    looked?.values == null ? [] : [`${name}: ${looked.values.map(({ value, rows: own }) => `${value} (${many(own)})`).join(', ')}\n`],
  );
  const changed =
    drift === null
      ? []
      : [`against run ${drift.run_id} of ${drift.business_date}:\n`, ...drift.changes.map((one) => `  ${one.sentence}\n`)];
  const table = textTable(['field', 'table', 'type', 'missing', 'from … to', '', ''], rows, new Set());
  return `${table}\n${broken.join('')}${values.join('')}${changed.join('')}`;
}

function missingText({ nullable, nulls, rows, looked }: CatalogAnswer['fields'][number]): string {
  const [missing, of] = nulls !== null && rows !== null ? [nulls, rows] : looked === null ? [null, 0] : [looked.nulls, looked.rows];
  if (missing === null || of === 0) return nullable ? 'maybe' : '';
  return missing === 0 ? '' : `${Number(((missing / of) * 100).toFixed(1))} %`;
}

export function versionsText({ versions }: VersionList): string {
  const rows = versions.map(({ version, state, at: when, who, reason, examples }) => [
    String(version),
    state,
    when.slice(0, 19).replace('T', ' '),
    who,
    String(examples.length),
    reason,
  ]);
  return `${textTable(['version', 'state', 'when (UTC)', 'who', 'examples', 'why'], rows, new Set([0, 4]))}\n`;
}

export function proposalsText({ proposals }: ProposalList): string {
  const rows = proposals.map(({ tag_id, tag_name, version }) => {
    const asked = version.reviews.findLast((one) => one.kind === 'propose');
    return [
      String(tag_id),
      tag_name,
      String(version.version),
      (asked?.at ?? version.at).slice(0, 19).replace('T', ' '),
      asked?.who ?? version.who,
      asked?.reason ?? version.reason,
    ];
  });
  return `${textTable(['tag', 'name', 'version', 'when (UTC)', 'who', 'why'], rows, new Set([0, 2]))}\n`;
}

export function savedText(tagId: number, { version }: SaveAnswer): string {
  const told = `tag ${tagId} is at version ${version.version} (${version.state})`;
  return version.state === 'proposed' ? `${told}: it goes live once somebody else approves it` : told;
}

const SIGNS = { same: ' ', added: '+', removed: '-' } as const;
export const diffText = (lines: readonly DiffLine[]): string => lines.map(({ op, text }) => `${SIGNS[op]} ${text}\n`).join('');

export const exampleLines = (results: readonly ExampleResult[]): string[] =>
  results.map(({ name, expect, got, ok, problem }) =>
    ok ? `ok    ${name}: ${expect}` : `WRONG ${name}: ${problem ?? `gives ${got} instead of ${expect}`}`,
  );

export function testText(answer: TestAnswer): string {
  const undecided = answer.undecided.map(({ path, words }) => `no example depends on ${words} (${at(path)})`);
  const right = answer.results.filter((result) => result.ok).length;
  return `${[...exampleLines(answer.results), ...undecided, `${right} of ${answer.results.length} examples hold`].join('\n')}\n`;
}

export function explainText(answer: ExplainAnswer): string {
  const { user_id, tag_id, tag_name, result, basis, rule_version, evaluated } = answer;
  const outcome = {
    T: 'TRUE: the tag is given',
    F: 'FALSE: the tag is not given',
    U: 'UNKNOWN: nobody gets the tag by it; what becomes of a holder is told as stored',
  }[result];
  const head = [
    `user ${user_id}, tag ${tag_id} ${tag_name}, rule version ${rule_version ?? '?'}, data of ${basis.business_date}${basis.run_id === null ? '' : `, run ${basis.run_id}`}`,
    evaluated ? outcome : 'not asked: no table that the tag reads has the user, or the run or its task class leaves the user out',
  ];
  const sources = answer.sources.map(({ table, object, row_group }) =>
    object === null ? `  ${table}: no row` : `  ${table}: ${object}, row group ${row_group}`,
  );
  const tail = ['', `smallest change: ${answer.flip_sentence}`, `stored: ${answer.stored.sentence}`, 'read from:', ...sources];
  return `${[...head, '', ...nodeLines(answer.tree, ''), ...tail].join('\n')}\n`;
}

function nodeLines(node: ExplainNode, indent: string): string[] {
  const mark = node.decides ? ' *' : '';
  const values = node.values.map(({ field, value, missing_because, stored }) =>
    value === null
      ? `${field}: ${stored === null ? missing_because : `cannot be read: ${JSON.stringify(stored)}`}`
      : `${field} = ${Array.isArray(value) ? JSON.stringify(value) : value}`,
  );
  const words = node.logic === 'AT_LEAST' ? `at least ${node.k} of` : node.words;
  const line = `${indent}${node.truth}  ${words}${values.length === 0 ? '' : `   [${values.join(', ')}]`}${mark}`;
  return [line, ...node.children.flatMap((child) => nodeLines(child, `${indent}   `))];
}

export function previewText(answer: PreviewAnswer): string {
  const { figures, state, exact, shards_done, shards_total, basis, parts, samples, live_version, against } = answer;
  if (answer.error !== null) return `${answer.error.code}: ${answer.error.message}\n`;
  if (figures === null) return `${state}, ${shards_done} of ${shards_total} shards\n`;
  const lines = [
    `data of ${basis.business_date}; ${exact ? 'exact' : `ESTIMATE from ${shards_done} of ${shards_total} shards (${state})`}`,
    `cost      ${(answer.duration_ms / 1000).toFixed(1)} s, ${(answer.bytes_read / 1_000_000).toFixed(1)} MB read`,
    `matched   ${many(figures.matched)} of ${many(figures.users)} users; unknown ${many(figures.unknown)}`,
  ];
  if (against !== null) {
    lines.push(
      against === 'held'
        ? `against user_tags, as the next run would find it: ${many(figures.held ?? 0)} hold the tag now`
        : `against live version ${live_version}: ${many(figures.live_matched ?? 0)} -> ${many(figures.matched)}`,
      `  enter   ${many(figures.enter ?? 0)}${shownUsers(samples.enter)}`,
      `  exit    ${many(figures.exit ?? 0)}${shownUsers(samples.exit)}`,
      `  stay    ${many(figures.stay ?? 0)}`,
      `  unknown ${many(figures.unknown)}, of whom ${many(figures.unknown_held ?? 0)} hold it and keep it${shownUsers(samples.unknown)}`,
    );
  }
  if (answer.verdict !== null)
    lines.push(answer.verdict === 'empty' ? 'nobody meets the rule' : 'everybody whom it is asked for meets the rule');
  for (const { tag_id, tag_name, matched, both, relation } of answer.overlap.slice(0, MOST_OVERLAPS))
    if (both > 0)
      lines.push(
        `  shares ${many(both)} of ${many(matched)} users of ${tag_id} ${tag_name}${relation === null || relation === 'overlaps' ? '' : `: ${RELATION_WORDS[relation]}`}`,
      );
  if (answer.downstream.length > 0)
    lines.push(`read by ${answer.downstream.map(({ tag_id, tag_name }) => `${tag_id} ${tag_name}`).join(', ')}`);
  lines.push(...parts.map(({ words, matched }) => `  ${many(matched).padStart(12)}  ${words}`));
  return `${lines.join('\n')}\n`;
}

const MOST_OVERLAPS = 20;
const RELATION_WORDS = { equal: 'the same users', contains: 'all of them', contained: 'and has no others', disjoint: 'none' } as const;

const shownUsers = (users: readonly string[]): string =>
  users.length === 0 ? '' : `   (${users.slice(0, 5).join(', ')}${users.length > 5 ? ', ...' : ''})`;
