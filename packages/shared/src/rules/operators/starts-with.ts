import { substringOperators } from '../substring.ts';

export const startsWith = substringOperators({
  name: 'starts_with',
  meaning: 'x begins with the value',
  label: { en: 'starts with', zh: '开头是' },
  notLabel: { en: 'does not start with', zh: '开头不是' },
  field: 'country_code',
  value: '+86',
  holds: (text, part) => text.startsWith(part),
  sqlFunction: 'starts_with',
});
