import { substringOperators } from '../substring.ts';

export const endsWith = substringOperators({
  name: 'ends_with',
  meaning: 'x ends with the value',
  label: { en: 'ends with', zh: '结尾是' },
  notLabel: { en: 'does not end with', zh: '结尾不是' },
  field: 'email_suffix',
  value: 'gmail.com',
  holds: (text, part) => text.endsWith(part),
  sqlFunction: 'ends_with',
});
