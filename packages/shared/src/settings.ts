/**
 * Settings of a process from three places: file < environment < flags. Reads
 * all of them, collects every fault instead of stopping at the first, and
 * knows which values are secret. Reading files is the caller's: nothing here
 * touches the machine.
 */
import { TagmillError } from './errors.ts';
import { didYouMean } from './rules/suggest.ts';

/** Turns what was written into the value; throws a plain Error whose message continues "NAME: ". */
export type SettingReader<T> = (written: string) => T;

export interface SettingKey<T> {
  /** Name in the file, and of the flag after `--`. */
  readonly name: string;
  /** Environment variables, the first that is set counts. */
  readonly env: readonly string[];
  readonly read: SettingReader<T>;
  /** May also come from the file that `<ENV>_FILE` names, and is masked when printed. */
  readonly secret?: boolean;
  /** May stand in the configuration file. */
  readonly inFile?: boolean;
  /** May be given as a flag. */
  readonly asFlag?: boolean;
}

export interface SettingSources {
  /** Content of the configuration file, already read; undefined when there is none. */
  readonly file?: { readonly path: string; readonly content: unknown } | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** By name without dashes at the front; absent ones are undefined. */
  readonly flags: Readonly<Record<string, string | readonly string[] | boolean | undefined>>;
  /** Gives the text of a file; throws an Error with a sentence. */
  readonly readText: (path: string) => string;
}

export interface FoundSetting<T> {
  readonly value: T;
  /** Where it came from, for messages: `--http`, `TAGMILL_HTTP`, `manager.yaml`. */
  readonly from: string;
  readonly written: string;
  readonly secret: boolean;
}

type Keys = Readonly<Record<string, SettingKey<unknown>>>;
export type Found<K extends Keys> = { readonly [P in keyof K]: K[P] extends SettingKey<infer T> ? FoundSetting<T> | undefined : never };

export interface SettingsResult<K extends Keys> {
  readonly found: Found<K>;
  /** Sentences, one a fault, in the order of the keys. */
  readonly faults: readonly string[];
}

/** Reads all settings that `keys` name; what cannot be read is a fault and absent. */
export function readSettings<K extends Keys>(keys: K, sources: SettingSources): SettingsResult<K> {
  const faults: string[] = [];
  const file = fileValues(keys, sources, faults);
  const found: Record<string, FoundSetting<unknown> | undefined> = {};
  for (const [property, key] of Object.entries(keys)) {
    const written = fromFlags(key, sources) ?? fromEnvironment(key, sources, faults) ?? file.get(key.name);
    if (written === undefined) continue;
    try {
      found[property] = { ...written, value: key.read(written.written), secret: key.secret === true };
    } catch (error) {
      // A secret's own text must not reach a message.
      const said = error instanceof Error ? error.message : String(error);
      faults.push(
        key.secret === true && !(error instanceof TagmillError) ? `${written.from}: the value cannot be read` : `${written.from}: ${said}`,
      );
    }
  }
  return { found: found as Found<K>, faults };
}

interface Written {
  readonly written: string;
  readonly from: string;
}

function fromFlags(key: SettingKey<unknown>, sources: SettingSources): Written | undefined {
  const flag = sources.flags[key.name];
  if (flag === undefined || flag === false) return undefined;
  const written = typeof flag === 'string' ? flag : flag === true ? 'true' : flag.join(',');
  return { written, from: `--${key.name}` };
}

function fromEnvironment(key: SettingKey<unknown>, sources: SettingSources, faults: string[]): Written | undefined {
  for (const name of key.env) {
    const direct = sources.environment[name];
    const path = key.secret === true ? sources.environment[`${name}_FILE`] : undefined;
    if (direct !== undefined && direct !== '' && path !== undefined && path !== '') {
      faults.push(`${name} and ${name}_FILE are both set; keep one`);
    }
    if (direct !== undefined && direct !== '') return { written: direct, from: name };
    if (path === undefined || path === '') continue;
    try {
      const text = sources.readText(path).replace(/\r?\n$/, '');
      if (text === '') faults.push(`${name}_FILE: ${path} is empty`);
      else return { written: text, from: `${name}_FILE` };
    } catch (error) {
      faults.push(`${name}_FILE: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return undefined;
}

function fileValues(keys: Keys, sources: SettingSources, faults: string[]): Map<string, Written> {
  const values = new Map<string, Written>();
  const { file } = sources;
  if (file === undefined || file.content === null || file.content === undefined) return values;
  if (typeof file.content !== 'object' || Array.isArray(file.content)) {
    faults.push(`${file.path}: the file is not a list of \`name: value\``);
    return values;
  }
  const allowed = Object.values(keys).filter((key) => key.inFile !== false);
  const names = allowed.map((key) => key.name);
  for (const [name, content] of Object.entries(file.content)) {
    const key = allowed.find((one) => one.name === name);
    if (key === undefined) {
      faults.push(`${file.path}: unknown key \`${name}\`${didYouMean(name, names)}`);
      continue;
    }
    const written = textOf(content);
    if (written === undefined) faults.push(`${file.path}: \`${name}\` has no single value`);
    else values.set(name, { written, from: `${file.path}: \`${name}\`` });
  }
  return values;
}

function textOf(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (typeof content === 'number' || typeof content === 'boolean') return String(content);
  if (Array.isArray(content)) {
    const parts = content.map(textOf);
    return parts.includes(undefined) ? undefined : parts.join(',');
  }
  if (typeof content === 'object' && content !== null) {
    const parts = Object.entries(content).map(([name, value]) => (textOf(value) === undefined ? undefined : `${name}=${textOf(value)}`));
    return parts.includes(undefined) ? undefined : parts.join(',');
  }
  return undefined;
}

/** All faults as one CONFIG_INVALID; nothing happens when there are none. */
export function refuseFaults(process: string, faults: readonly string[]): void {
  if (faults.length === 0) return;
  const head =
    faults.length === 1
      ? `the configuration of the ${process} is wrong`
      : `the configuration of the ${process} has ${faults.length} faults`;
  const text = faults.length === 1 ? `${head}: ${faults[0]}` : `${head}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`;
  throw new TagmillError('CONFIG_INVALID', text, { faults });
}

/** The settings as `--print-config` shows them: name, value or `********`, and where it came from. */
export function printSettings(found: Readonly<Record<string, FoundSetting<unknown> | undefined>>, keys: Keys): string {
  const lines = Object.entries(keys).map(([property, key]) => {
    const setting = found[property];
    if (setting === undefined) return `# ${key.name}: (default)`;
    return `${key.name}: ${setting.secret ? '"********"' : JSON.stringify(setting.written)} # ${setting.from}`;
  });
  return `${lines.join('\n')}\n`;
}
