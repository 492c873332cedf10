/**
 * Stories in a snapshot: lines in the order in which rows first need them, so
 * that equal stories give equal bytes however they came about.
 */
import { LIMITS } from '@tagmill/shared/limits';
import type { Run } from '../run.ts';
import type { Stories } from '../stories.ts';
import { need, type SectionReader } from './reader.ts';
import type { SnapshotSection } from './section.ts';
import { WORDS } from './shapes.ts';
import type { SectionWriter } from './writer.ts';

export function* encodeStories(writer: SectionWriter, run: Run): Generator<SnapshotSection> {
  const name = `stories of ${run.id}`;
  const { last, before, words, atMs, sentences } = inOrder(run.stories, run.size);
  yield* writer.list(name, sentences);
  yield* writer.column(name, Uint32Array.from(before));
  yield* writer.column(name, Uint32Array.from(words));
  yield* writer.column(name, Float64Array.from(atMs));
  yield* writer.column(name, last);
  yield* writer.column(name, Uint32Array.from(run.stories.droppedRows().keys()));
  yield* writer.column(name, Uint32Array.from(run.stories.droppedRows().values()));
}

function inOrder(stories: Stories, rows: number) {
  const before: number[] = [];
  const words: number[] = [];
  const atMs: number[] = [];
  const sentences: [string, string | null][] = [];
  const last = new Uint32Array(rows);
  const numbers = new Uint32Array(stories.highestLine + 1);
  const wordNumbers = new Map<number, number>();
  for (let row = 0; row < rows; row++) {
    const fresh: number[] = [];
    let line = stories.lastLine(row);
    for (; line !== 0 && numbers[line] === 0; line = stories.before(line)) fresh.push(line);
    let number = line === 0 ? 0 : numbers[line]!;
    for (const one of fresh.reverse()) {
      const said = stories.lineAt(one);
      let word = wordNumbers.get(stories.wordsOf(one));
      if (word === undefined) {
        word = sentences.length;
        wordNumbers.set(stories.wordsOf(one), word);
        sentences.push([said.text, said.who]);
      }
      before.push(number);
      words.push(word);
      atMs.push(said.atMs);
      number = before.length;
      numbers[one] = number;
    }
    last[row] = number;
  }
  return { last, before, words, atMs, sentences };
}

export function decodeStories(reader: SectionReader, run: Run): void {
  const sentences = [...reader.list()] as [string, string | null][];
  need(sentences.every(WORDS), `a sentence of a story of ${run.id} is none`);
  const before = reader.u32();
  const words = reader.u32(before.length);
  const atMs = reader.f64(before.length);
  const last = reader.u32(run.size);
  const lines = new Uint32Array(before.length + 1);
  for (let i = 0; i < before.length; i++) {
    const sentence = sentences[words[i]!];
    need(
      before[i]! <= i && sentence !== undefined && !Number.isNaN(atMs[i]),
      `line ${i} of the stories of ${run.id} names what comes later`,
    );
    const behind = lines[before[i]!]!;
    need(run.stories.depthOf(behind) < LIMITS.storyLines, `a story of ${run.id} is longer than any may be`);
    lines[i + 1] = run.stories.restoreLine(behind, { atMs: atMs[i]!, text: sentence[0], who: sentence[1] });
    need(run.stories.highestLine === i + 1, `a line of the stories of ${run.id} stands there twice`);
  }
  for (let row = 0; row < run.size; row++) {
    need(last[row]! <= before.length, `a story of ${run.id} ends with a line that is not there`);
    if (last[row] !== 0) run.stories.point(row, lines[last[row]!]!);
  }
  need(run.stories.allUsed(), `a line of the stories of ${run.id} is nobody's`);
  decodeDropped(reader, run);
}

function decodeDropped(reader: SectionReader, run: Run): void {
  const rows = reader.u32();
  const counts = reader.u32(rows.length);
  for (let i = 0; i < rows.length; i++) {
    need(rows[i]! < run.size && counts[i]! > 0, `lines of a story of ${run.id} are dropped from a task that is not there`);
    run.stories.restoreDropped(rows[i]!, counts[i]!);
  }
}
