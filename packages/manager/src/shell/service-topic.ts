/** The feed's topic `service`: what the manager says of itself, also while it still looks for its journal. */
import type { FeedRecord, FeedTables } from '@tagmill/shared/feed/reducer';
import type { ServiceRecord } from '@tagmill/shared/feed/views';
import type { TopicChange } from './feed-source.ts';
import type { Hall } from './running.ts';

export const SERVICE_TOPIC = 'service';

export class ServiceTopic {
  private readonly record: () => ServiceRecord;
  private said: string | undefined;

  constructor(record: () => ServiceRecord) {
    this.record = record;
  }

  snapshot(): FeedTables {
    const now = this.record();
    // Who follows already gets what is new with the next changes.
    this.said ??= JSON.stringify(now);
    return tables(now);
  }

  /** Undefined when nobody follows it, or nothing is new. */
  change(wanted: ReadonlySet<string>): TopicChange | undefined {
    if (!wanted.has(SERVICE_TOPIC)) {
      this.said = undefined;
      return undefined;
    }
    const now = this.record();
    const text = JSON.stringify(now);
    if (text === this.said) return undefined;
    this.said = text;
    return { set: tables(now) };
  }
}

const tables = (record: ServiceRecord): FeedTables => ({ service: { service: record as unknown as FeedRecord } });

export function serviceRecord(hall: Hall): ServiceRecord {
  const { outcome, term, startedMs, steps, sentence } = hall.recovery();
  if (!hall.started()) return { recovered: null, recovering: { sinceMs: startedMs, sentence } };
  const { massLoss } = hall.live().state;
  // When it took the lead: a first dispatch may come hours later, and this must not change then.
  const readyMs = steps.find(({ name }) => name === 'term')?.endedMs ?? startedMs;
  const recovered = outcome === 'own' || outcome === 'copy' || outcome === 's3' ? outcome : null;
  return {
    recovered: recovered === null ? null : { term, atMs: readyMs, outcome: recovered, sentence },
    recovering: null,
    ...(massLoss === null ? {} : { massLoss }),
    ...hall.live().watch.record,
  };
}
