/** The check of groups, and of the tree as a whole. */
import { type CheckContext, checkKeys, checkNote, NodeFaults, step } from './check-context.ts';
import { checkLeaf } from './check-leaf.ts';
import { isList, isObject, type Json, type JsonObject } from './json.ts';
import type { Group, WholeRule } from './normal.ts';
import { wholeNumber } from './operand-scalars.ts';
import { didYouMean } from './suggest.ts';

const LOGICS = ['AND', 'OR', 'NOT', 'NONE', 'NOT_ALL', 'AT_LEAST'] as const;
type Logic = (typeof LOGICS)[number];

const isLogic = (value: Json | undefined): value is Logic => LOGICS.some((logic) => logic === value);

/** Checks a node and all below; the normal form, or null when anything in it has a fault. */
export function checkNode(node: Json, path: string, context: CheckContext): WholeRule | null {
  const fail = (message: string): null => {
    context.errors.push({ code: 'NODE_SHAPE', path, message });
    return null;
  };
  if (!isObject(node)) return fail('a condition or group is an object');
  const group = node.has('logic') || node.has('conditions');
  const leaf = node.has('operator') || node.has('field');
  if (group && leaf) return fail('a group has `logic` and `conditions`, a condition has `field` and `operator`; this has both');
  if (!group && !leaf) return fail('a condition needs a field and an operator, a group needs `logic` and `conditions`');
  return group ? checkGroup(node, path, context) : checkLeaf(node, path, context);
}

function checkGroup(node: JsonObject, path: string, context: CheckContext): Group<WholeRule> | null {
  const faults = new NodeFaults(context, path);
  const logic = readLogic(node, faults);
  const conditions = readConditions(node, logic, faults);
  checkKeys(node, ['logic', 'conditions', 'note', ...(logic === 'AT_LEAST' || logic === null ? ['k'] : [])], faults);
  const k = logic === 'AT_LEAST' ? readK(node, conditions?.length ?? 0, faults) : null;
  checkNote(node.get('note'), faults);
  const sound = faults.close();
  const children = (conditions ?? []).map((child, index) => checkNode(child, `${path}/conditions${step(index)}`, context));
  const checked = children.filter((child) => child !== null);
  if (!sound || logic === null || checked.length !== children.length) return null;
  return k === null ? { logic, conditions: checked } : { logic, k, conditions: checked };
}

function readLogic(node: JsonObject, faults: NodeFaults): Logic | null {
  const logic = node.get('logic');
  if (isLogic(logic)) return logic;
  if (logic === undefined) faults.fail('KEY_MISSING', '', 'a group needs `logic`: nothing is assumed');
  else if (typeof logic !== 'string') faults.fail('LOGIC_UNKNOWN', '/logic', `\`logic\` is one of ${LOGICS.join(', ')}`);
  else faults.fail('LOGIC_UNKNOWN', '/logic', `unknown logic \`${logic.slice(0, 40)}\`${didYouMean(logic, LOGICS)}`);
  return null;
}

function readConditions(node: JsonObject, logic: Logic | null, faults: NodeFaults): readonly Json[] | null {
  const conditions = node.get('conditions');
  if (conditions === undefined) {
    faults.fail('KEY_MISSING', '', 'a group needs `conditions`');
    return null;
  }
  if (!isList(conditions)) {
    faults.fail('NODE_SHAPE', '/conditions', '`conditions` is a list');
    return null;
  }
  if (conditions.length === 0) {
    faults.fail('GROUP_EMPTY', '/conditions', 'an empty group would match everybody or nobody');
  } else if (logic === 'NOT' && conditions.length > 1) {
    faults.fail('NOT_ARITY', '/conditions', 'NOT takes one condition; use NONE or NOT_ALL', 'NONE: none of them; NOT_ALL: not all of them');
  }
  return conditions;
}

function readK(node: JsonObject, count: number, faults: NodeFaults): number | null {
  const value = node.get('k');
  if (value === undefined) {
    faults.fail('KEY_MISSING', '', 'AT_LEAST needs `k`');
    return null;
  }
  let problem = false;
  const literal = wholeNumber(1, Math.max(count, 1))(
    value,
    { type: null, fieldName: '', operator: 'AT_LEAST', compare: null, fail: () => (problem = true) },
    '/k',
  );
  if (literal !== null && !problem && count > 0) return Number(literal.text);
  if (count > 0) faults.fail('AT_LEAST_K', '/k', `k is a whole number from 1 to the number of conditions, which is ${count}`);
  return null;
}
