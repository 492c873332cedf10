/**
 * The stories of a run's instances. Instances that went the same way at the
 * same times share their lines: a line names the line before it, and the same
 * line behind the same one is kept once, so that a million instances that
 * register together cost one line, not a million.
 */
import { LIMITS } from '@tagmill/shared/limits';
import type { StoryRecord } from '@tagmill/shared/feed/views';
import { WordList } from './word-list.ts';

/** Lines in one page: pages are added, never copied, so that no turn of the loop pays for growth. */
const PAGE = 512;
const FIELDS = 5;
const BEFORE = 0;
const WORDS = 1;
/** Instances whose story ends here, and lines behind this one. */
const USERS = 2;
/** Next line with the same hash. */
const CHAIN = 3;
const DEPTH = 4;

interface Page {
  readonly fields: Uint32Array;
  readonly atMs: Float64Array;
}

export class Stories {
  /** Last line of each row's story, 0 is none. Lines are numbered from 1. */
  private readonly lastOf: Uint32Array;
  /** Lines dropped in the middle, by row. */
  private readonly dropped = new Map<number, number>();
  private readonly words = new WordList();
  private readonly pages: Page[] = [];
  private readonly buckets: Uint32Array;
  private made = 0;
  private free = 0;

  constructor(rows: number) {
    this.lastOf = new Uint32Array(rows);
    let size = 16;
    while (size < rows) size *= 2;
    this.buckets = new Uint32Array(size);
  }

  /** Adds a line. Beyond the bound the second oldest goes: the first line is kept. */
  tell(row: number, atMs: number, text: string, who: string | null): void {
    const last = this.lastOf[row]!;
    if (last !== 0 && this.field(last, DEPTH) >= LIMITS.storyLines) {
      const lines = this.linesOf(row);
      lines.splice(1, 1);
      this.set(row, [...lines, { atMs, text, who }], this.droppedOf(row) + 1);
      return;
    }
    const line = this.lineOf(last, atMs, this.words.add(text, who));
    this.setField(line, USERS, this.field(line, USERS) + 1);
    this.lastOf[row] = line;
    this.release(last);
  }

  /** Sets a row's whole story: lines, oldest first, and how many were dropped behind the first. */
  set(row: number, lines: readonly StoryRecord[], dropped: number): void {
    let line = 0;
    for (const { atMs, text, who } of lines) line = this.lineOf(line, atMs, this.words.add(text, who));
    if (line !== 0) this.setField(line, USERS, this.field(line, USERS) + 1);
    const last = this.lastOf[row]!;
    this.lastOf[row] = line;
    this.release(last);
    if (dropped > 0) this.dropped.set(row, dropped);
    else this.dropped.delete(row);
  }

  /** A row's story, oldest line first. */
  linesOf(row: number): StoryRecord[] {
    const lines: StoryRecord[] = [];
    for (let line = this.lastOf[row]!; line !== 0; line = this.before(line)) lines.push(this.lineAt(line));
    return lines.reverse();
  }

  droppedOf(row: number): number {
    return this.dropped.get(row) ?? 0;
  }

  /** Rows that lost lines, with how many. */
  droppedRows(): ReadonlyMap<number, number> {
    return this.dropped;
  }

  /** Number of a row's last line, 0 is none. Equal numbers are equal stories. */
  lastLine(row: number): number {
    return this.lastOf[row]!;
  }

  /** Number of the line before a line, 0 is none. */
  before(line: number): number {
    return this.field(line, BEFORE);
  }

  /** Equal for two lines that say the same. */
  wordsOf(line: number): number {
    return this.field(line, WORDS);
  }

  lineAt(line: number): StoryRecord {
    const { text, who } = this.words.at(this.field(line, WORDS));
    return { atMs: this.atMs(line), text, who };
  }

  /** Takes a line up from a snapshot, behind the line `before`; the number given back is for `point`. */
  restoreLine(before: number, { atMs, text, who }: StoryRecord): number {
    return this.lineOf(before, atMs, this.words.add(text, who));
  }

  /** A row without a story gets the one that ends with `line`. */
  point(row: number, line: number): void {
    this.setField(line, USERS, this.field(line, USERS) + 1);
    this.lastOf[row] = line;
  }

  /** Whether every line is some row's. */
  allUsed(): boolean {
    for (let line = 1; line <= this.made; line++) if (this.field(line, USERS) === 0) return false;
    return true;
  }

  restoreDropped(row: number, count: number): void {
    this.dropped.set(row, count);
  }

  depthOf(line: number): number {
    return line === 0 ? 0 : this.field(line, DEPTH);
  }

  /** The number of lines that there are room for: none is higher. */
  get highestLine(): number {
    return this.made;
  }

  /** The line behind `before` that says so, made when it is not there; takes over one use of `words`. */
  private lineOf(before: number, atMs: number, words: number): number {
    const bucket = this.bucketOf(before, atMs, words);
    for (let line = this.buckets[bucket]!; line !== 0; line = this.field(line, CHAIN)) {
      if (this.field(line, BEFORE) !== before || this.field(line, WORDS) !== words || this.atMs(line) !== atMs) continue;
      this.words.release(words);
      return line;
    }
    const line = this.take();
    const { fields, atMs: times } = this.pages[(line - 1) >>> 9]!;
    const at = (line - 1) & (PAGE - 1);
    fields.set([before, words, 0, this.buckets[bucket]!, this.depthOf(before) + 1], at * FIELDS);
    times[at] = atMs;
    this.buckets[bucket] = line;
    if (before !== 0) this.setField(before, USERS, this.field(before, USERS) + 1);
    return line;
  }

  private take(): number {
    if (this.free !== 0) {
      const line = this.free;
      this.free = this.field(line, CHAIN);
      return line;
    }
    if (this.made % PAGE === 0) this.pages.push({ fields: new Uint32Array(PAGE * FIELDS), atMs: new Float64Array(PAGE) });
    this.made += 1;
    return this.made;
  }

  /** One user less; a line that nobody uses is gone, and so on towards the first. */
  private release(last: number): void {
    let line = last;
    while (line !== 0) {
      const users = this.field(line, USERS) - 1;
      this.setField(line, USERS, users);
      if (users > 0) return;
      const before = this.before(line);
      this.unlink(line, before);
      line = before;
    }
  }

  private unlink(line: number, before: number): void {
    const words = this.field(line, WORDS);
    const bucket = this.bucketOf(before, this.atMs(line), words);
    const next = this.field(line, CHAIN);
    let at = this.buckets[bucket]!;
    if (at === line) this.buckets[bucket] = next;
    else {
      while (this.field(at, CHAIN) !== line) at = this.field(at, CHAIN);
      this.setField(at, CHAIN, next);
    }
    this.words.release(words);
    this.setField(line, CHAIN, this.free);
    this.free = line;
  }

  private bucketOf(before: number, atMs: number, words: number): number {
    let value = Math.imul(before, 0x9e3779b1) ^ Math.imul(words, 0x85ebca6b) ^ Math.imul(atMs | 0, 0xc2b2ae35);
    value ^= value >>> 15;
    value = Math.imul(value, 0x2c1b3c6d);
    return (value ^ (value >>> 13)) & (this.buckets.length - 1);
  }

  private field(line: number, field: number): number {
    return this.pages[(line - 1) >>> 9]!.fields[((line - 1) & (PAGE - 1)) * FIELDS + field]!;
  }

  private setField(line: number, field: number, value: number): void {
    this.pages[(line - 1) >>> 9]!.fields[((line - 1) & (PAGE - 1)) * FIELDS + field] = value;
  }

  private atMs(line: number): number {
    return this.pages[(line - 1) >>> 9]!.atMs[(line - 1) & (PAGE - 1)]!;
  }
}
