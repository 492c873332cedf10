/** Checks every import of a tree of packages against the rules. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { importsOf } from './imports.ts';
import { type Place, RULES, type Target } from './rules.ts';

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly specifier: string;
  readonly rule: string;
  readonly sentence: string;
}

export interface Checked {
  readonly files: number;
  readonly violations: readonly Violation[];
}

/** Checks all TypeScript under `root/packages`. Throws when there is none: a check of nothing must not pass. */
export function checkBoundaries(root: string): Checked {
  const packages = join(root, 'packages');
  const files = existsSync(packages) ? sourcesUnder(packages).map((path) => relative(root, path).split(sep).join('/')) : [];
  if (files.length === 0) throw new Error(`no TypeScript lies under ${packages}`);
  const violations = files.flatMap((file) => violationsOf(file, readFileSync(join(root, file), 'utf8')));
  return { files: files.length, violations };
}

function sourcesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return ['node_modules', 'dist', 'fixtures'].includes(entry.name) ? [] : sourcesUnder(join(folder, entry.name));
    return /\.tsx?$/.test(entry.name) ? [join(folder, entry.name)] : [];
  });
}

export function violationsOf(file: string, text: string): Violation[] {
  const from = placeOf(file);
  return importsOf(text).flatMap(({ specifier, line, isTypeOnly }) => {
    const to: Target = { specifier, isTypeOnly, place: targetPlace(file, specifier) };
    return RULES.flatMap((rule) => {
      const sentence = rule.broken(from, to);
      return sentence === undefined ? [] : [{ file, line, specifier, rule: rule.name, sentence }];
    });
  });
}

/** A place by the path of its file under the repository. */
export function placeOf(file: string): Place {
  const [top, pkg, ...rest] = file.split('/');
  if (top !== 'packages' || pkg === undefined) return { file, pkg: undefined, layer: '', isTest: false };
  const isTest = rest[0] === 'test' || rest[0] === 'dev' || /\.test\.tsx?$/.test(file);
  const inSource = rest[0] === 'src' ? rest.slice(1) : rest;
  return { file, pkg, layer: inSource.length > 1 ? inSource[0]! : '', isTest };
}

function targetPlace(file: string, specifier: string): Place | undefined {
  if (specifier.startsWith('.')) return placeOf(posix.join(posix.dirname(file), specifier));
  const own = /^@tagmill\/([a-z-]+)(?:\/(.*))?$/.exec(specifier);
  if (own === null) return undefined;
  return placeOf(`packages/${own[1]}/src/${own[2] ?? 'main'}.ts`);
}
