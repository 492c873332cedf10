/** A person who clicks while processes are killed, and remembers what was acknowledged. */
import type { StoryRecord } from '@tagmill/shared/feed/views';
import { LIMITS } from '@tagmill/shared/limits';
import { until } from './command.ts';
import type { Fleet } from './fleet.ts';

/** Holding it back changes nothing of the result, until the run has come to it. */
const CLICKED = 'report';

export class ClickLog {
  readonly #fleet: Fleet;
  readonly #runId: string;
  readonly acknowledged: string[] = [];
  readonly #toldOnce = new Set<string>();
  #made = 0;

  constructor(fleet: Fleet, runId: string) {
    this.#fleet = fleet;
    this.#runId = runId;
  }

  /** One click: holds, or releases what is held. False when it was not acknowledged: then it may have been taken or not. */
  async click(): Promise<boolean> {
    const found = await this.#fleet.instance(this.#runId, CLICKED);
    if (found === undefined || found.endedAtMs !== null) return false;
    this.#made += 1;
    const reason = `click ${this.#made}`;
    const status = await this.#act(found.held ? 'release' : 'hold', found.id, reason);
    if (status === 200) this.acknowledged.push(reason);
    return status === 200;
  }

  /** Until it is not held: the run could not end. */
  async release(): Promise<void> {
    await until(`${CLICKED} of ${this.#runId} to be released`, async () => {
      const found = await this.#fleet.instance(this.#runId, CLICKED);
      if (found?.held === false) return true;
      await this.click();
      return undefined;
    });
  }

  /** Gives up what the story does not tell: the only copy of it was lost with the disk. */
  async giveUpMissing(): Promise<void> {
    const gone = new Set((await this.missing()).map((line) => line.slice(0, line.indexOf(' was acknowledged'))));
    this.acknowledged.splice(0, this.acknowledged.length, ...this.acknowledged.filter((reason) => !gone.has(reason)));
  }

  /** Sentences about clicks that were acknowledged and that the story does not tell. */
  async missing(): Promise<string[]> {
    const story = await until(`the story of ${CLICKED}`, async () =>
      this.#fleet.tryGet<{ readonly story: readonly StoryRecord[] }>(`/api/v1/runs/${this.#runId}/instances/${CLICKED}`),
    );
    const told = story.story.map((line) => line.text);
    // A full story drops its oldest lines: what it told once it need not tell for ever.
    const isFull = told.length >= LIMITS.storyLines;
    const missing: string[] = [];
    for (const reason of this.acknowledged) {
      if (told.some((text) => text.includes(`(${reason})`))) this.#toldOnce.add(reason);
      else if (!isFull || !this.#toldOnce.has(reason)) missing.push(`${reason} was acknowledged and is not in the story`);
    }
    return missing;
  }

  /** Status of the answer; 0 when the manager died under the click. Throws for answers that no kill explains. */
  async #act(action: 'hold' | 'release', id: string, reason: string): Promise<number> {
    try {
      const answer = await this.#fleet.call('POST', `/api/v1/runs/${this.#runId}/actions`, { action, selection: [id], reason });
      const text = await answer.text();
      // 409: another click of this person, whose answer was lost, was taken.
      if (answer.ok || answer.status >= 500 || answer.status === 409) return answer.status;
      throw new Error(`${action} was refused with ${answer.status}: ${text}`);
    } catch (error) {
      if (error instanceof TypeError) return 0;
      throw error;
    }
  }
}
