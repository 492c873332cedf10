/** docs/errors.md: every code that a person, a program or a log can see. */
import { ERRORS } from '../../packages/shared/src/errors.ts';

export function errorsDoc(): string {
  const lines = [
    '<!-- Generated from packages/shared/src/errors.ts by `npm run generate`; do not edit. -->',
    '# Error codes',
    '',
    'Codes are stable. Codes of rules are in [operators.md](operators.md) and in the design of the rule language.',
    '',
    '| code | when | exit | HTTP | another try may help |',
    '| --- | --- | --- | --- | --- |',
  ];
  for (const [code, kind] of Object.entries(ERRORS))
    lines.push(`| \`${code}\` | ${kind.when} | ${kind.exit} | ${kind.http} | ${kind.retry ? 'yes' : 'no'} |`);
  return `${lines.join('\n')}\n`;
}
