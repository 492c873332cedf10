/** What `contains`, `starts_with` and `ends_with` share. */
import { one } from './operand.ts';
import { readText } from './operand-scalars.ts';
import { negation, type Operator, textOf } from './operator.ts';
import { textSql } from './sql-literals.ts';
import { foldCase } from './values.ts';

interface Substring {
  readonly name: string;
  readonly meaning: string;
  readonly label: Operator['label'];
  readonly notLabel: Operator['label'];
  readonly field: string;
  readonly value: string;
  holds(text: string, part: string): boolean;
  readonly sqlFunction: string;
}

/** The operator and its `not_`, both literal code points, with `case`. */
export function substringOperators(own: Substring): readonly Operator[] {
  const positive: Operator = {
    name: own.name,
    aliases: [],
    group: 'string',
    types: ['string'],
    operand: one('a text that is not empty', readText(true)),
    keys: ['case', 'missing'],
    meaning: own.meaning,
    label: own.label,
    example: { field: own.field, operator: own.name, value: own.value },
    evaluate(value, leaf) {
      const [text, part] = [value as string, textOf(leaf)];
      return leaf.case === 'fold' ? own.holds(foldCase(text), foldCase(part)) : own.holds(text, part);
    },
    sql(column, leaf) {
      const part = textSql(textOf(leaf));
      return leaf.case === 'fold' ? `${own.sqlFunction}(lower(${column}), lower(${part}))` : `${own.sqlFunction}(${column}, ${part})`;
    },
  };
  const not = negation(positive, {
    name: `not_${own.name}`,
    aliases: [],
    meaning: `the NOT of \`${own.name}\`; a missing x stays UNKNOWN`,
    label: own.notLabel,
    example: { field: own.field, operator: `not_${own.name}`, value: own.value, missing: 'no_match' },
  });
  return [positive, not];
}
