/** Measurements of one benchmark in a file beside it; the page of figures is made from these files. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machineLines, versions } from './machine.ts';

export interface Measurement {
  /** What was measured: `tagmill`, or the peer's name. */
  readonly subject: string;
  /** What it did, the same words for both: `first load of 100000 users into mariadb`. */
  readonly work: string;
  /** Of several rounds the median counts. */
  readonly unit: Unit;
  readonly value: number;
  /** Parts and by-products by name with their unit: `evaluateMs`, `executorPeakBytes`. */
  readonly details?: Readonly<Record<string, number>>;
}

export type Unit = 's' | 'ms' | '1/s' | 'bytes';

export interface ResultFile {
  readonly name: string;
  readonly date: string;
  readonly machine: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly measurements: readonly Measurement[];
}

const FOLDER = fileURLToPath(new URL('../results', import.meta.url));

const UNITS: Readonly<Record<Unit, string>> = { s: 's', ms: 'ms', '1/s': 'a second', bytes: 'bytes' };
const DIGITS: Readonly<Record<Unit, number>> = { s: 2, ms: 2, '1/s': 0, bytes: 0 };

/** `1,234`, `0.52`: as many digits as say something. */
export const digitsOf = (value: number, unit: Unit): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: DIGITS[unit], maximumFractionDigits: DIGITS[unit] });
export const unitWords = (unit: Unit): string => UNITS[unit];
export const valueWithUnit = (value: number, unit: Unit): string => `${digitsOf(value, unit)} ${unitWords(unit)}`;

/** Keeps measurements as they come, in a file when one is wanted, so that a run that is cut short has not been for nothing. */
export class Results {
  readonly #name: string;
  readonly #write: boolean;
  readonly #all: Measurement[] = [];
  #head: Omit<ResultFile, 'measurements'> | undefined;

  constructor(name: string, options: { readonly write: boolean; readonly append: boolean }) {
    this.#name = name;
    this.#write = options.write;
    if (options.append && existsSync(pathOf(name))) this.#all.push(...readOne(pathOf(name)).measurements);
  }

  get all(): readonly Measurement[] {
    return this.#all;
  }

  async add(one: Measurement): Promise<void> {
    this.#all.push(one);
    console.log(
      `${one.subject}: ${one.work}: ${valueWithUnit(one.value, one.unit)}${one.details === undefined ? '' : ` ${JSON.stringify(one.details)}`}`,
    );
    if (!this.#write) return;
    this.#head ??= {
      name: this.#name,
      date: new Date().toISOString().slice(0, 10),
      machine: machineLines(),
      versions: await versions(),
    };
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(pathOf(this.#name), `${JSON.stringify({ ...this.#head, measurements: this.#all }, null, 1)}\n`);
  }
}

const pathOf = (name: string): string => join(FOLDER, `${name}.json`);
const readOne = (path: string): ResultFile => JSON.parse(readFileSync(path, 'utf8')) as ResultFile;

/** Every result that is there. */
export function readResults(): ResultFile[] {
  if (!existsSync(FOLDER)) return [];
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => readOne(join(FOLDER, name)));
}
