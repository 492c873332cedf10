/** The explanation of a tag for a user from the rows that were read. Pure. */
import type { ExplainAnswer, ExplainNode } from '@tagmill/shared/api/rules';
import type { CatalogField } from '@tagmill/shared/fields';
import { typeName } from '@tagmill/shared/fields';
import type { UserRows } from '@tagmill/shared/question';
import { describeRule } from '@tagmill/shared/rules/describe';
import { shownValue } from '@tagmill/shared/rules/explain/cells';
import type { Flip, FlipSearch } from '@tagmill/shared/rules/explain/flips';
import { byReference, decidingLeaves, isWide, type TruthNode, truthTree, type ValueOf } from '@tagmill/shared/rules/explain/tree';
import type { WholeRule, WideLeaf } from '@tagmill/shared/rules/normal';
import type { Truth } from '@tagmill/shared/rules/reference';
import { type Cell, readCell, type Value } from '@tagmill/shared/rules/values';
import { shownBasis } from './basis.ts';
import { isNamed, registeredRule } from './scope.ts';
import type { Subject } from './subject.ts';
import { hasWide, type WideAnswer } from './wide-letters.ts';

/** What is known of a user and a tag before the change that turns the outcome is looked for. */
export interface Scene {
  readonly valueIn: ValueOf;
  readonly wide: (leaf: WideLeaf) => Truth;
  readonly answer: WideAnswer | undefined;
  readonly tree: TruthNode;
  /** The rule with what its class asks of a match. */
  readonly asked: WholeRule;
  readonly askedTree: TruthNode;
  readonly evaluated: boolean;
  readonly result: Truth;
}

export function sceneOf({ tag, basis, rule }: Subject, userId: string, read: UserRows, answer?: WideAnswer): Scene {
  const valueIn = valuesOf(read, basis.clock);
  const wide = (leaf: WideLeaf): Truth => answer?.truthOf(leaf) ?? 'U';
  const treeOf = (one: WholeRule): TruthNode => truthTree(one, byReference(valueIn, basis.clock, wide));
  const isTrue = (one: WholeRule): boolean => treeOf(one).truth === 'T';
  const tree = treeOf(rule);
  const scope = registeredRule(basis);
  // What counts events also finds users who are in no other table: the engine knows.
  const present = answer?.evaluated ?? tag.reads.some((table) => read.rows.some((row) => row.table === table && row.place !== null));
  const evaluated = present && isNamed(basis, userId) && (scope === undefined || isTrue(scope)) && tag.onlyUsers.every(isTrue);
  const dropped = tree.truth === 'T' && !tag.onlyMatches.every(isTrue);
  const asked: WholeRule = tag.onlyMatches.length === 0 ? rule : { logic: 'AND', conditions: [rule, ...tag.onlyMatches] };
  const askedTree = asked === rule ? tree : treeOf(asked);
  return { valueIn, wide, answer, tree, asked, askedTree, evaluated, result: dropped ? 'F' : tree.truth };
}

export function explanationOf(
  { tag, basis, rule }: Subject,
  userId: string,
  read: UserRows,
  scene: Scene,
  search: FlipSearch,
): Omit<ExplainAnswer, 'stored'> {
  const { tree, evaluated, result } = scene;
  const deciding = new Set(decidingLeaves(tree));
  return {
    user_id: userId,
    tag_id: tag.tagId,
    tag_name: tag.name,
    basis: shownBasis(basis),
    rule_version: tag.ruleVersion,
    evaluated,
    result,
    words: tag.reason,
    tree: shownNode(tree, read, scene.valueIn, deciding),
    flip: search.flip === null ? null : { ...shownFlip(search.flip), sentence: flipSentence(search.flip) },
    flip_sentence: `${searchSentence(search, evaluated, result)}${hasWide(rule) && scene.answer === undefined ? UNKNOWN_WIDE : ''}`,
    sources: read.rows.map(({ table, place }) => ({
      table,
      object: place?.object ?? null,
      etag: place?.etag ?? null,
      row_group: place?.rowGroup ?? null,
      partition: place === null ? null : (/(?:^|\/)dt=([^/]+)\//.exec(place.object)?.[1] ?? null),
    })),
  };
}

/** Values as their declared types: the executor has read them from however they are stored. */
function valuesOf(read: UserRows, clock: Subject['basis']['clock']): ValueOf {
  const rows = new Map(read.rows.map((row) => [row.table, row]));
  // A search asks for the same values thousands of times.
  const known = new Map<string, Value | null>();
  return ({ stored: _, ...field }) => {
    const key = `${field.table} ${field.name}`;
    let value = known.get(key);
    if (value === undefined) {
      value = readCell(field, rows.get(field.table)?.cells[field.name] as Cell, clock);
      known.set(key, value);
    }
    return value;
  };
}

function shownNode(at: TruthNode, read: UserRows, valueIn: ValueOf, deciding: ReadonlySet<string>): ExplainNode {
  const { node, path, truth } = at;
  if ('logic' in node) {
    const children = at.children.map((child) => shownNode(child, read, valueIn, deciding));
    return {
      path,
      truth,
      logic: node.logic,
      k: node.k ?? null,
      words: GROUP_WORDS[node.logic],
      operator: null,
      threshold: null,
      values: [],
      decides: false,
      children,
    };
  }
  const leaf = {
    path,
    truth,
    logic: null,
    k: null,
    words: wordsOf(node),
    operator: node.operator,
    decides: deciding.has(path),
    children: [],
  };
  if (isWide(node)) return { ...leaf, threshold: 'value' in node ? thresholdOf(node.value) : null, values: [] };
  const fields = node.other === undefined ? [node.field] : [node.field, node.other];
  return { ...leaf, threshold: thresholdOf(node.value), values: fields.map((field) => valueOfField(field, read, valueIn)) };
}

const GROUP_WORDS = { AND: 'all of', OR: 'any of', NOT: 'not', NONE: 'none of', NOT_ALL: 'not all of', AT_LEAST: 'at least' } as const;

/** A long list is cut: its condition says how it came out. */
const thresholdOf = (value: string | boolean | readonly string[] | undefined): ExplainNode['threshold'] =>
  value === undefined ? null : typeof value === 'object' ? value.slice(0, 100) : value;

export const wordsOf = (rule: WholeRule): string => describeRule(rule);

function valueOfField(field: CatalogField, read: UserRows, valueIn: ValueOf): ExplainNode['values'][number] {
  const row = read.rows.find((one) => one.table === field.table);
  const value = valueIn(field);
  const stored = row?.unreadable[field.name] ?? null;
  const missing = value !== null ? null : row === undefined || row.place === null ? 'no row' : stored !== null ? 'unreadable' : 'null';
  return {
    table: field.table,
    field: field.name,
    type: typeName(field.type),
    value: shownValue(field.type, value) as ExplainNode['values'][number]['value'],
    missing_because: missing,
    stored,
  };
}

function shownFlip({ field, from, to, truth, leaves }: Flip) {
  const shown = (value: Flip['to']) => shownValue(field.type, value) as ExplainNode['threshold'];
  return {
    table: field.table,
    field: field.name,
    type: typeName(field.type),
    from: shown(from),
    to: shown(to),
    result: truth,
    paths: [...leaves],
  };
}

function flipSentence(flip: Flip): string {
  const { field } = flip;
  const { from, to, result } = shownFlip(flip);
  const isText = field.type.kind === 'string';
  const text = (value: unknown): string =>
    value === null ? 'missing' : (typeof value === 'string' && !isText ? value : JSON.stringify(value)).slice(0, 100);
  const effect = result === 'T' ? 'gives the tag' : 'takes the tag';
  return `${field.name} from ${text(from)} to ${text(to)} ${effect}; nothing else has to change`;
}

const UNKNOWN_WIDE =
  '; conditions on events, earlier data, other tags or the population count as UNKNOWN here: name a run that has evaluated the tag';

function searchSentence({ flip, cut }: FlipSearch, evaluated: boolean, result: Truth): string {
  if (flip !== null)
    return cut ? `${flipSentence(flip)} (the rule is too large to try every value: there may be a smaller change)` : flipSentence(flip);
  if (!evaluated) return 'the rule is not asked for this user, so no value changes the outcome';
  if (cut) return 'none of the values that were tried changes the outcome; the rule is too large to try all';
  return result === 'T'
    ? 'no change of one value alone takes the tag: at least two values have to change'
    : 'no change of one value alone gives the tag: at least two values have to change, or something other than the user’s own values';
}
