import { substringOperators } from '../substring.ts';

export const contains = substringOperators({
  name: 'contains',
  meaning: 'the value is somewhere in x, character by character: % and _ mean themselves',
  label: { en: 'contains', zh: '包含' },
  notLabel: { en: 'does not contain', zh: '不包含' },
  field: 'email_suffix',
  value: 'gmail',
  holds: (text, part) => text.includes(part),
  sqlFunction: 'contains',
});
