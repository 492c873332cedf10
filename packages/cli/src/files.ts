/** Files that a person named: read whole, with the sentence that says what is wrong. */
import { readFileSync } from 'node:fs';
import { TagmillError } from '@tagmill/shared/errors';

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read by this user',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
};

/** Text of a file. Throws FILE_UNREADABLE. */
export function readTextFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw new TagmillError('FILE_UNREADABLE', `cannot read ${path}: ${WHY[code] ?? code}; check the path`, { path }, error);
  }
}

/** Text of a file, or of stdin for `-`. Throws FILE_UNREADABLE. */
export const readTextInput = (path: string): string => (path === '-' ? readFileSync(0, 'utf8') : readTextFile(path));

/** A configuration file in YAML, or undefined when none is named. Throws CONFIG_INVALID. */
export async function readConfigFile(path: string | undefined): Promise<{ readonly path: string; readonly content: unknown } | undefined> {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = readTextFile(path);
  } catch (error) {
    throw new TagmillError('CONFIG_INVALID', (error as Error).message, { path }, error);
  }
  const { parse, YAMLParseError } = await import('yaml');
  try {
    return { path, content: parse(text) as unknown };
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    const where = error.linePos === undefined ? '' : ` line ${error.linePos[0].line}`;
    throw new TagmillError('CONFIG_INVALID', `${path}${where} is not YAML: ${error.message.split('\n')[0]}; write \`name: value\` lines`, {
      path,
    });
  }
}

/** The environment's own secret `NAME`, or the content of the file that `NAME_FILE` names. Throws CONFIG_INVALID. */
export function environmentSecret(name: string): string | undefined {
  const direct = process.env[name];
  if (direct !== undefined && direct !== '') return direct;
  const path = process.env[`${name}_FILE`];
  if (path === undefined || path === '') return undefined;
  try {
    return readTextFile(path).replace(/\r?\n$/, '');
  } catch (error) {
    throw new TagmillError('CONFIG_INVALID', `${name}_FILE: ${(error as Error).message}`, { path }, error);
  }
}
