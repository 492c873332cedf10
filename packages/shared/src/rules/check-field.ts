/** The field of a condition, looked up in the catalogue. */
import type { CatalogField } from '../fields.ts';
import type { CheckContext, NodeFaults } from './check-context.ts';
import type { JsonObject } from './json.ts';

/** The field that a condition names; null where it names none that is there, which is told. */
export function readField(node: JsonObject, faults: NodeFaults, context: CheckContext): CatalogField | null {
  const name = node.get('field');
  if (name === undefined) {
    faults.fail('KEY_MISSING', '', 'a condition needs `field`');
    return null;
  }
  if (typeof name !== 'string') {
    faults.fail('FIELD_UNKNOWN', '/field', '`field` is the name of a column');
    return null;
  }
  return findField(name, '/field', faults, context);
}

/** A field of the catalogue; null where it is not there, which is told, or where there is no catalogue. */
export function findField(name: string, where: string, faults: NodeFaults, context: CheckContext): CatalogField | null {
  if (context.catalog === null) return null;
  const found = context.catalog.find(name);
  if ('field' in found) return found.field;
  faults.fail(found.code, where, found.message);
  return null;
}
