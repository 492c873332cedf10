/** Bars on a terminal, drawn again in place. Elsewhere nothing is drawn. */
import type { FeedTables } from '@tagmill/shared/feed/reducer';
import { progressLines, progressOf, type StepProgress } from './progress.ts';

export class Bars {
  readonly #stream: NodeJS.WriteStream;
  #steps: readonly StepProgress[] = [];
  #drawn = 0;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  readonly show = (tables: FeedTables): void => {
    if (this.#stream.isTTY !== true) return;
    this.#steps = progressOf(tables, this.#steps);
    const lines = progressLines(this.#steps);
    const back = this.#drawn === 0 ? '' : `\u001b[${this.#drawn}A`;
    this.#stream.write(`${back}${lines.map((line) => `\u001b[2K${line}\n`).join('')}`);
    this.#drawn = lines.length;
  };

  /** Takes the bars off the screen. */
  clear(): void {
    if (this.#drawn === 0) return;
    this.#stream.write(`\u001b[${this.#drawn}A\u001b[0J`);
    this.#drawn = 0;
  }
}
