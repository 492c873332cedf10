/** The options of a condition: `missing`, `case`, `compare`, `salt`. */
import { type CatalogField, typeName } from '../fields.ts';
import type { NodeFaults } from './check-context.ts';
import { COMPARES, compareNamed } from './counted.ts';
import type { Json, JsonObject } from './json.ts';
import type { Missing } from './normal.ts';
import type { Operator } from './operator.ts';

export interface Options {
  readonly missing: Missing;
  readonly case?: 'exact' | 'fold';
  readonly compare?: string;
  readonly salt?: string;
}

const isMissing = (value: Json): value is Missing => value === 'unknown' || value === 'match' || value === 'no_match';

export function readOptions(node: JsonObject, operator: Operator, field: CatalogField | null, faults: NodeFaults): Options {
  const missing = operator.keys.includes('missing') ? readMissing(node, faults) : 'unknown';
  const fold = readCase(node, operator, field, faults);
  const compare = operator.keys.includes('compare') ? readCompare(node, operator.name, COMPARES, faults) : undefined;
  const salt = operator.keys.includes('salt') ? readSalt(node, faults) : undefined;
  return {
    missing,
    ...(fold === undefined ? {} : { case: fold }),
    ...(compare === undefined ? {} : { compare }),
    ...(salt === undefined ? {} : { salt }),
  };
}

/** What a leaf gives where it has no answer; `unknown` unless the rule says more. */
export function readMissing(node: JsonObject, faults: NodeFaults): Missing {
  const missing = node.get('missing');
  if (missing === undefined) return 'unknown';
  if (isMissing(missing)) return missing;
  faults.fail('OPTION_INVALID', '/missing', '`missing` is `unknown`, `match` or `no_match`');
  return 'unknown';
}

const SALT = /^[A-Za-z0-9_.-]{1,64}$/;

function readSalt(node: JsonObject, faults: NodeFaults): string | undefined {
  const salt = node.get('salt');
  if (salt === undefined) faults.fail('KEY_MISSING', '', '`bucket` needs `salt`');
  else if (typeof salt === 'string' && SALT.test(salt) && !salt.endsWith('\n')) return salt;
  else faults.fail('OPTION_INVALID', '/salt', '`salt` is 1 to 64 letters, digits, `_`, `.` or `-`');
  return undefined;
}

function readCase(node: JsonObject, operator: Operator, field: CatalogField | null, faults: NodeFaults): 'fold' | undefined {
  if (!operator.keys.includes('case') || !node.has('case')) return undefined;
  const value = node.get('case');
  if (value !== 'exact' && value !== 'fold') {
    faults.fail('OPTION_INVALID', '/case', '`case` is `exact` or `fold`');
  } else if (field !== null && field.type.kind !== 'string') {
    faults.fail('OPTION_INVALID', '/case', `\`case\` is for text; \`${field.name}\` is ${typeName(field.type)}`);
  } else if (value === 'fold') {
    return 'fold';
  }
  return undefined;
}

/** The canonical name of a `compare`, one of `allowed`. */
export function readCompare(node: JsonObject, operator: string, allowed: readonly string[], faults: NodeFaults): string | undefined {
  if (!node.has('compare')) {
    faults.fail('KEY_MISSING', '', `\`${operator}\` needs \`compare\``);
    return undefined;
  }
  const value = node.get('compare');
  const compare = typeof value === 'string' ? compareNamed(value) : null;
  if (compare !== null && allowed.includes(compare)) return compare;
  faults.fail('OPTION_INVALID', '/compare', `\`compare\` is one of ${allowed.join(' ')}`);
  return undefined;
}
