import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RECOVERY_STEPS } from '@tagmill/shared/api/recovery';
import { REVIEW_KINDS, VERSION_STATES } from '@tagmill/shared/api/rules';
import { ERRORS } from '@tagmill/shared/errors';
import { UNKNOWN_POLICIES } from '@tagmill/shared/tag-policy';
import { ACTIONS, DOMAINS, DOWNSTREAM_POLICIES, INBOX_KINDS, INSTANCE_STATES, RUN_STATES, STEPS } from '@tagmill/shared/words';
import { describe, expect, it } from 'vitest';
import { VERSION_VERBS } from '../src/api/version-verbs.ts';
import { PAGE_KEYS } from '../src/frame/pages.ts';
import { en } from '../src/i18n/en.ts';
import { zh } from '../src/i18n/zh.ts';
import { TAG_STATES } from '../src/tags/tag-states.ts';

const SRC = join(import.meta.dirname, '../src');

function flat(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  return Object.entries(value as Record<string, unknown>).flatMap(([key, inner]) => flat(inner, path === '' ? key : `${path}.${key}`));
}

const english = new Map(flat(en));
const chinese = new Map(flat(zh));
const bare = (key: string): string => key.replace(/_(one|other)$/, '');
const bareKeys = (texts: ReadonlyMap<string, string>): string[] => [...new Set([...texts.keys()].map(bare))].sort();

const sources = (readdirSync(SRC, { recursive: true }) as string[])
  .filter((name) => /\.tsx?$/.test(name) && !name.startsWith('i18n'))
  .map((name) => ({ name, text: readFileSync(join(SRC, name), 'utf8') }));

/** Keys that the code builds from a word of the contract. */
const BUILT: Readonly<Record<string, readonly string[]>> = {
  state: [...INSTANCE_STATES, 'held'],
  runState: RUN_STATES,
  action: ACTIONS,
  asked: ACTIONS,
  actionByCheck: ['release', 'stop'],
  confirm: ACTIONS,
  policy: [...DOWNSTREAM_POLICIES, ...DOWNSTREAM_POLICIES.map((one) => `${one}-help`)],
  domain: DOMAINS,
  step: STEPS,
  'error.code': Object.keys(ERRORS),
  link: ['connecting', 'live', 'behind', 'stale', 'reconnecting', 'recovering', 'resynced', 'gap', 'denied'],
  'panel.off': ['link', 'recovering', 'journal'],
  journal: ['ok', 'full', 'read-only', 'failed-flush', 'corrupt'],
  'recovery.used': ['own', 'copy', 's3', 'fresh'],
  'recovery.source': ['own', 's3'],
  'recovery.holds': ['own', 'executor', 's3'],
  'recovery.chain': ['whole', 'torn', 'broken', 'unreadable', 'missing'],
  'recovery.verdict': ['wins', 'not-used', 'refused', 'missing'],
  'recovery.step': RECOVERY_STEPS,
  shard: ['waiting', 'running', 'done', 'failed'],
  outcome: ['running', 'done', 'failed', 'lost', 'stopped'],
  executors: ['connected', 'silent', 'draining', 'gone'],
  mode: ['task-all', 'task-tags', 'task-users', 'incremental', 'noop'],
  rail: PAGE_KEYS.map(([, , word]) => word),
  'catalogue.state': TAG_STATES,
  'catalogue.column': ['tag', 'state', 'users', 'coverage', 'trend', 'entered', 'left', 'unknown', 'lastRun', 'rule'],
  'inbox.kind': INBOX_KINDS,
  'inbox.open': ['gate', 'failed', 'approval'],
  'settings.scheme': ['auto', 'light', 'dark'],
  'settings.key': ['j', 'k', 'Enter', 'find', 'Esc', 'n', 'f'],
  'rules.logics': ['AND', 'OR', 'NOT', 'NONE', 'NOT_ALL', 'AT_LEAST'],
  'rules.move': ['enter', 'exit', 'stay', 'unknown'],
  'rules.versionState': VERSION_STATES,
  'rules.relation': ['equal', 'contains', 'contained', 'disjoint'],
  'rules.verdict': ['empty', 'full'],
  'rules.result': ['T', 'F', 'U'],
  'rules.truth': ['T', 'F', 'U'],
  'rules.missing': ['no row', 'null', 'unreadable'],
  'rules.missingIs': ['unknown', 'match', 'no_match'],
  'rules.verb': VERSION_VERBS,
  'rules.verbHelp': VERSION_VERBS,
  'rules.review': REVIEW_KINDS,
  'policies.unknownIs': UNKNOWN_POLICIES,
  'byHand.kind': ['include', 'exclude'],
  'byHand.do': ['include', 'exclude'],
  panel: ['upstream', 'downstream'],
  column: ['plan', 'report'],
};

describe('texts of the page', () => {
  it('has the same keys in both languages', () => {
    expect(bareKeys(chinese)).toEqual(bareKeys(english));
  });

  it('has every plural form that a language needs', () => {
    for (const key of english.keys()) if (key.endsWith('_one')) expect(english.has(key.replace(/_one$/, '_other')), key).toBe(true);
    for (const key of english.keys()) if (key.endsWith('_other')) expect(chinese.has(key), key).toBe(true);
  });

  it('fills the same places in both languages', () => {
    const places = (text: string): string[] => [...text.matchAll(/{{(\w+)[^}]*}}/g)].map((match) => match[1]!).sort();
    for (const [key, text] of chinese) {
      // A Chinese plural may say a range where English has its own text for one.
      expect(places(text), key).toEqual(places(english.get(key) ?? ''));
    }
  });

  it('translates everything into Chinese', () => {
    const same = new Set(['brand', 'executors.cpu', 'executors.slotsOf', 'preview.title', 'spoken.counts']);
    const untranslated = [...chinese]
      .filter(([key, text]) => !same.has(key) && key !== 'header.language' && !/\p{Script=Han}/u.test(text))
      .map(([key]) => key);
    expect(untranslated).toEqual([]);
  });

  it('has a text for every key that the code asks for', () => {
    const known = new Set(bareKeys(english));
    const asked = sources.flatMap(({ name, text }) => [...text.matchAll(/\bt\('([\w.-]+)'/g)].map((match) => ({ name, key: match[1]! })));
    expect(asked.length).toBeGreaterThan(100);
    expect(asked.filter(({ key }) => !known.has(key))).toEqual([]);
  });

  it('has a text for every key that the code builds', () => {
    const known = new Set(bareKeys(english));
    const built = sources.flatMap(({ text }) => [...text.matchAll(/\bt\(`([\w.]+)\.\${/g)].map((match) => match[1]!));
    for (const prefix of built) expect(BUILT, `t(\`${prefix}.…\`) is not listed in this test`).toHaveProperty([prefix]);
    for (const [prefix, words] of Object.entries(BUILT))
      for (const word of words) expect(known, `${prefix}.${word}`).toContain(`${prefix}.${word}`);
  });

  it('has no text that nothing uses', () => {
    const code = sources.map(({ text }) => text).join('\n');
    const unused = bareKeys(english).filter((key) => {
      const prefix = key.slice(0, key.lastIndexOf('.'));
      return !code.includes(`'${key}'`) && !(BUILT[prefix]?.includes(key.slice(prefix.length + 1)) ?? false);
    });
    expect(unused).toEqual([]);
  });

  it('writes no words into the code itself', () => {
    const found = sources.flatMap(({ name, text }) =>
      [...text.matchAll(/(?<!=)>\s*([A-Z][a-z]+[^<>{}=;()]*)</g)].map((match) => `${name}: ${match[1]!.trim()}`),
    );
    const attributes = sources.flatMap(({ name, text }) =>
      [...text.matchAll(/\b(?:aria-label|title|placeholder|label)="([^"]*[a-z]{2}[^"]*)"/g)].map((match) => `${name}: ${match[1]}`),
    );
    expect([...found, ...attributes]).toEqual([]);
  });
});
