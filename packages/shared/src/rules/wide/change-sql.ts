/** Changes as SQL over a value now and before, both of the field's declared type and NULL where missing (operators.md 5). */
import { exact } from '../pairs.ts';
import type { ChangeLeaf } from '../normal.ts';
import { operandType } from '../operator.ts';
import { EXACT_DIGITS, widthOfType } from '../widths.ts';
import { withMissing } from './aggregate-sql.ts';

const wide = (sql: string, scale: number): string => `CAST(${sql} AS DECIMAL(${EXACT_DIGITS},${scale}))`;

function exactSql(leaf: ChangeLeaf, now: string, before: string, by: string): string {
  const own = widthOfType(operandType(leaf.field.type))?.fraction ?? 0;
  const { scale } = exact(by);
  if (leaf.unit !== 'percent') {
    const most = Math.max(own, scale);
    return `(${wide(now, most)} - ${wide(before, most)} >= ${wide(`'${by}'`, most)})`;
  }
  const rise = `((${wide(now, own)} - ${wide(before, own)}) * ${wide('100', 0)})`;
  const part = `(${wide(before, own)} * ${wide(`'${by}'`, scale)})`;
  return `(CASE WHEN ${before} > 0 THEN ${wide(rise, own + scale)} >= ${wide(part, own + scale)} END)`;
}

/** Each step rounded to binary64; NaN has no answer. */
function doubleSql(leaf: ChangeLeaf, now: string, before: string, by: string): string {
  const literal = `CAST('${Number(by)}' AS DOUBLE)`;
  const percent = leaf.unit === 'percent';
  const [left, right] = percent
    ? [`((${now} - ${before}) * CAST(100 AS DOUBLE))`, `(${before} * ${literal})`]
    : [`(${now} - ${before})`, literal];
  const answered = [`NOT isnan(${left})`, `NOT isnan(${right})`, ...(percent ? [`${before} > 0`] : [])];
  return `(CASE WHEN ${answered.join(' AND ')} THEN ${left} >= ${right} END)`;
}

/** A nullable BOOLEAN, `missing` applied. */
export function changeSql(leaf: ChangeLeaf, now: string, before: string): string {
  if (leaf.operator === 'changed_since') return withMissing(leaf, `(${now} <> ${before})`);
  const by = leaf.value ?? '';
  return withMissing(leaf, leaf.field.type.kind === 'double' ? doubleSql(leaf, now, before, by) : exactSql(leaf, now, before, by));
}
