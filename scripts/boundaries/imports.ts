/** Reads imports out of TypeScript text: static, re-exported, dynamic, and workers by `new URL`. */

export interface FoundImport {
  readonly specifier: string;
  /** From 1. */
  readonly line: number;
  readonly isTypeOnly: boolean;
}

const STATIC = /\b(import|export)\s+(type\s+)?(?:[\w$*{},\s]*?\s*from\s*)?(['"])([^'"\n]+)\3/g;
const DYNAMIC = /\bimport\s*\(\s*(['"])([^'"\n]+)\1/g;
const WORKER = /\bnew\s+URL\s*\(\s*(['"])(\.{1,2}\/[^'"\n]+\.tsx?)\1\s*,\s*import\.meta\.url/g;

/** Comments become spaces, so that places stay what they are. */
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\/|(^|[^:'"`\\])\/\/[^\n]*/g, (found) => found.replace(/[^\n]/g, ' '));

export function importsOf(source: string): readonly FoundImport[] {
  const text = withoutComments(source);
  const lineAt = (index: number): number => text.slice(0, index).split('\n').length;
  const found: FoundImport[] = [];
  for (const match of text.matchAll(STATIC)) {
    // `export const x = 'y'` is no import: without `from` only `import` names a file.
    if (match[1] === 'export' && !/from\s*['"]/.test(match[0])) continue;
    found.push({ specifier: match[4]!, line: lineAt(match.index), isTypeOnly: match[2] !== undefined || onlyTypes(match[0]) });
  }
  for (const match of text.matchAll(DYNAMIC)) found.push({ specifier: match[2]!, line: lineAt(match.index), isTypeOnly: false });
  for (const match of text.matchAll(WORKER)) found.push({ specifier: match[2]!, line: lineAt(match.index), isTypeOnly: false });
  return found;
}

/** `import { type A, type B } from` names types alone. */
function onlyTypes(statement: string): boolean {
  const names = /\{([^}]*)\}/.exec(statement)?.[1];
  if (names === undefined || /^(import|export)\s+[\w$]+\s*,/.test(statement)) return false;
  const parts = names.split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '').every((part) => part.startsWith('type '));
}
