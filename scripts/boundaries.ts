/** Says which imports cross a boundary of ARCHITECTURE.md; exit code 1 when one does. */
import { dirname } from 'node:path';
import { checkBoundaries } from './boundaries/check.ts';

const root = process.argv[2] ?? dirname(import.meta.dirname);
const { files, violations } = checkBoundaries(root);
for (const { file, line, specifier, rule, sentence } of violations) {
  console.log(`${file}:${line} imports ${specifier}: ${sentence} (${rule})`);
}
console.log(`${files} files, ${violations.length} imports cross a boundary`);
process.exitCode = violations.length === 0 ? 0 : 1;
