/** What the parts of the check share: where faults are collected, and the faults of one node in the order of the reference. */
import type { CatalogIndex } from './catalog-index.ts';
import { RULE_CODES, type RuleCode, type RuleError, type RuleWarning, type RuleWarningCode } from './codes.ts';
import type { Json, JsonObject } from './json.ts';
import type { NormalLeaf, WholeRule } from './normal.ts';
import { checkText } from './operand-scalars.ts';
import { didYouMean } from './suggest.ts';

export interface CheckContext {
  /** Null where there is no catalogue: only the checks that need none are made. */
  readonly catalog: CatalogIndex | null;
  readonly errors: RuleError[];
  readonly warnings: RuleWarning[];
  /** What fails the tag when it runs, though its rule may be saved. */
  readonly runErrors: RuleError[];
  /** Whether the rule is one that runs today: what no engine runs yet is refused. */
  readonly running: boolean;
  /** Inside of the filter of an aggregate: the catalogue is then that of its table. */
  readonly inFilter: boolean;
  /** The tag that is being saved, in decimal digits. */
  readonly tag?: string;
  /** Checks a node with this context or one made of it. */
  readonly checkNode: (node: Json, path: string, context: CheckContext) => WholeRule | null;
  /** Conditions on the key by its bare name, found so far. */
  readonly keyLeaves: Set<NormalLeaf>;
}

/** One step of a JSON Pointer (RFC 6901). */
export const step = (key: string | number): string => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** The faults of one node; `close` hands them over in the order of the reference. */
export class NodeFaults {
  readonly #path: string;
  readonly #errors: RuleError[] = [];
  readonly #context: CheckContext;

  constructor(context: CheckContext, path: string) {
    this.#context = context;
    this.#path = path;
  }

  has(code: RuleCode): boolean {
    return this.#errors.some((error) => error.code === code);
  }

  /** The JSON Pointer of a place in the node. */
  at(where: string): string {
    return this.#path + where;
  }

  /** `where` is a JSON Pointer from the node. */
  readonly fail = (code: RuleCode, where: string, message: string, hint?: string): void => {
    const error = { code, path: this.#path + where, message };
    this.#errors.push(hint === undefined ? error : { ...error, hint });
  };

  warn(code: RuleWarningCode, where: string, message: string): void {
    this.#context.warnings.push({ code, path: this.#path + where, message });
  }

  /** Whether the node has no fault of its own. */
  close(): boolean {
    this.#errors.sort((a, b) => RULE_CODES.indexOf(a.code) - RULE_CODES.indexOf(b.code));
    this.#context.errors.push(...this.#errors);
    return this.#errors.length === 0;
  }
}

/** Tells every key that is not among `known`. */
export function checkKeys(node: JsonObject, known: readonly string[], faults: NodeFaults): void {
  for (const key of node.keys()) {
    if (known.includes(key)) continue;
    const name = key.length > 40 ? `${key.slice(0, 40)}...` : key;
    faults.fail('KEY_UNKNOWN', step(key), `unknown key \`${name}\`${didYouMean(key, known)}`);
  }
}

/** `note` is text without meaning, on any node. */
export function checkNote(note: Json | undefined, faults: NodeFaults): void {
  if (note === undefined) return;
  if (typeof note !== 'string') faults.fail('OPTION_INVALID', '/note', '`note` is text');
  else checkText(note, (code, message) => faults.fail(code, '/note', message));
}
