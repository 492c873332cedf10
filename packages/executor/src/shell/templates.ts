/**
 * What attempts and questions must have before they begin: the template of
 * their pass or plan, and the sets of values that it looks in. What is missing
 * is asked for, and whoever waits for it goes on when it has come whole.
 */
import type { PassJob, PlanRequest } from '@tagmill/shared/job';
import { LIMITS } from '@tagmill/shared/limits';
import { hashOfName, setName } from '@tagmill/shared/value-set';
import { PartCollector } from '@tagmill/shared/wire/service';
import type { FanOutWork } from '../core/attempts.ts';
import { isQuestionJob, type QuestionDesk } from '../questions/desk.ts';
import type { WorkerPool } from '../worker/pool.ts';
import { ValueSets } from './value-sets.ts';

/** A part of a blob, as it comes from the manager. */
export interface TemplatePart {
  readonly name: string;
  readonly index: number;
  readonly last: boolean;
  readonly data: Uint8Array | Buffer | string;
}

interface TemplatesPorts {
  readonly pool: () => WorkerPool | undefined;
  readonly questions: Pick<QuestionDesk, 'setJob'>;
  /** Asks the manager for a blob. */
  readonly want: (name: string) => void;
}

export const templateName = (work: FanOutWork): string => (work.step === 'plan' ? `${work.runId}/plan` : `${work.runId}/${work.pass}`);

export class Templates {
  private readonly ports: TemplatesPorts;
  private readonly valueSets: ValueSets;
  private readonly parts = new PartCollector(LIMITS.templateBytes);
  private readonly planRequests = new Map<string, PlanRequest>();
  private readonly waiting = new Map<string, (() => void)[]>();

  constructor(valuesDir: string, ports: TemplatesPorts) {
    this.valueSets = new ValueSets(valuesDir);
    this.ports = ports;
  }

  /** A part has come; with the last one those who wait go on. */
  take(part: TemplatePart): void {
    const whole = this.parts.add(part.name, part.index, part.last, Buffer.from(part.data as Uint8Array));
    if (whole === undefined) return;
    const hash = hashOfName(part.name);
    if (hash !== undefined) this.valueSets.put(hash, whole);
    else {
      const json = JSON.parse(whole.toString('utf8')) as unknown;
      if (isQuestionJob(part.name)) {
        this.ports.questions.setJob(part.name, json);
        return;
      }
      if (part.name.endsWith('/plan')) this.planRequests.set(part.name, json as PlanRequest);
      else this.ports.pool()?.setJob(part.name, json as PassJob);
    }
    const waiting = this.waiting.get(part.name) ?? [];
    this.waiting.delete(part.name);
    for (const start of waiting) start();
  }

  planRequest(name: string): PlanRequest | undefined {
    return this.planRequests.get(name);
  }

  /** What an attempt must wait for; undefined when all is there. */
  missingFor(work: FanOutWork, name: string): string | undefined {
    if (work.step === 'plan') return this.planRequests.has(name) ? undefined : name;
    const job = this.ports.pool()?.job(name);
    return job === undefined ? name : this.missingSet(job.values ?? []);
  }

  /** The first set of values that is not here. */
  missingSet(hashes: readonly string[]): string | undefined {
    const hash = this.valueSets.missing(hashes);
    return hash === undefined ? undefined : setName(hash);
  }

  /** Goes on with `start` once the blob is there. Many shards may wait for one set: it is asked for once, and again on the next stream. */
  wait(name: string, start: () => void): void {
    const waiting = this.waiting.get(name) ?? [];
    waiting.push(start);
    this.waiting.set(name, waiting);
    if (waiting.length === 1 || hashOfName(name) === undefined) this.ports.want(name);
  }

  /** What was asked for on the stream before is not answered on this one. */
  askAgain(): void {
    for (const name of this.waiting.keys()) this.ports.want(name);
  }

  forgetPlan(runId: string): void {
    this.planRequests.delete(`${runId}/plan`);
  }
}
