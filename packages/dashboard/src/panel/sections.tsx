/** Parts of the task panel: why, attempts, output, neighbours, story. */
import type { EdgeRecord, InstanceRecord } from '@tagmill/shared/feed/views';
import { type ReactElement, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAttempts, useStory } from '../feed/hooks.ts';
import type { Mark } from '../theme/tokens.ts';
import { clock, duration, sentence, signed } from '../ui/format.ts';
import { Glyph } from '../ui/glyph.tsx';

export function WhySection({ task }: { readonly task: InstanceRecord }): ReactElement | null {
  const { t } = useTranslation();
  if (task.reason === null && task.errorCode === null) return null;
  const failed = task.state === 'failed' || task.errorCode !== null;
  const title = failed ? t('panel.whyFailed') : task.state === 'running' ? t('panel.whyNow') : t('panel.why');
  return (
    <section className="tm-section" data-failed={failed}>
      <h3>{title}</h3>
      {task.reason !== null && <p className="tm-why">{sentence(task.reason)}</p>}
      {task.errorCode !== null && (
        <p className="tm-error-code">
          <code data-testid="panel-error">{task.errorCode}</code> {t(`error.code.${task.errorCode}`, { defaultValue: '' })}
        </p>
      )}
    </section>
  );
}

const OUTCOME_MARK: Readonly<Record<string, Mark>> = {
  running: 'running',
  done: 'succeeded',
  failed: 'failed',
  lost: 'failed',
  stopped: 'stopped',
};
const FEW = 6;

/** Attempts that did not end well first, then the newest. */
export function AttemptsSection({ task, timeZone }: { readonly task: InstanceRecord; readonly timeZone: string }): ReactElement {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const table = useAttempts(task.id);
  const bad = (outcome: string): number => (outcome === 'failed' || outcome === 'lost' ? 0 : 1);
  const attempts = Object.entries(table).sort(
    ([, a], [, b]) => bad(a.outcome) - bad(b.outcome) || b.startedAtMs - a.startedAtMs || b.shard - a.shard,
  );
  const failed = attempts.filter(([, one]) => bad(one.outcome) === 0).length;
  return (
    <section className="tm-section">
      <h3>
        {t('panel.attempts')}
        {attempts.length > 0 && <small>{t('panel.attemptCount', { all: attempts.length, failed })}</small>}
      </h3>
      {attempts.length === 0 && <p className="tm-quiet">{t('panel.noAttempts')}</p>}
      <ul className="tm-attempts" data-testid="attempts">
        {attempts.slice(0, all ? 200 : FEW).map(([id, one]) => (
          <li key={id} title={`${t('panel.attempt', { shard: one.shard, attempt: one.attempt })} · ${t(`outcome.${one.outcome}`)}`}>
            <Glyph mark={OUTCOME_MARK[one.outcome] ?? 'running'} size={13} />
            <span className="tm-nowrap">{t('panel.attempt', { shard: one.shard, attempt: one.attempt })}</span>
            <code>{one.executor}</code>
            <span className="tm-attempt-what">
              {one.message ?? (one.endedAtMs === null ? t(`step.${one.step}`) : duration(one.endedAtMs - one.startedAtMs))}
            </span>
            <code className="tm-at">{clock(one.endedAtMs ?? one.startedAtMs, timeZone)}</code>
          </li>
        ))}
      </ul>
      {attempts.length > FEW && (
        <button type="button" className="tm-link" onClick={() => setAll(!all)}>
          {all ? t('panel.lessAttempts') : t('panel.allAttempts', { count: attempts.length })}
        </button>
      )}
    </section>
  );
}

export function OutputSection({ task }: { readonly task: InstanceRecord }): ReactElement | null {
  const { t } = useTranslation();
  if (task.matched === null && task.entered === null) return null;
  return (
    <div className="tm-facts-row">
      <dt>{t('panel.output')}</dt>
      <dd>
        {task.matched !== null && (
          <span data-testid="panel-matched">
            {t('panel.matched', { count: task.matched })}
            {task.unknown !== null && `, ${t('panel.unknown', { count: task.unknown })}`}
          </span>
        )}
        {task.entered !== null && task.exited !== null && (
          <span title={t('panel.merged')}>
            <span className="tm-entered">{signed(task.entered, '+')}</span> <span className="tm-exited">{signed(task.exited, '−')}</span>
          </span>
        )}
      </dd>
    </div>
  );
}

interface NeighbourProps {
  readonly task: InstanceRecord;
  readonly edges: Readonly<Record<string, EdgeRecord>>;
  readonly records: Readonly<Record<string, InstanceRecord>>;
  readonly onSelect: (id: string) => void;
}

const FEW_LINKS = 6;

export function Neighbours({ task, edges, records, onSelect }: NeighbourProps): ReactElement {
  const { t } = useTranslation();
  const all = Object.values(edges);
  const rows = [
    { word: 'upstream', ids: all.filter((edge) => edge.to === task.id).map((edge) => edge.from) },
    { word: 'downstream', ids: all.filter((edge) => edge.from === task.id).map((edge) => edge.to) },
  ];
  return (
    <>
      {rows.map(({ word, ids }) => (
        <div className="tm-facts-row" key={word} hidden={ids.length === 0}>
          <dt>{t(`panel.${word}`)}</dt>
          <dd>
            {ids.slice(0, FEW_LINKS).map((id) => {
              const one = records[id];
              return one === undefined ? null : (
                <button type="button" key={id} className="tm-neighbour" onClick={() => onSelect(id)}>
                  <Glyph mark={one.state} size={12} />
                  {one.name}
                </button>
              );
            })}
            {ids.length > FEW_LINKS && <span className="tm-quiet">{t('panel.moreLinks', { count: ids.length - FEW_LINKS })}</span>}
          </dd>
        </div>
      ))}
    </>
  );
}

export function StorySection({ task, timeZone }: { readonly task: InstanceRecord; readonly timeZone: string }): ReactElement {
  const { t } = useTranslation();
  const story = Object.entries(useStory(task.id)).sort(
    ([a, one], [b, other]) => other.atMs - one.atMs || b.localeCompare(a, 'en', { numeric: true }),
  );
  return (
    <section className="tm-section tm-story">
      <h3>{t('panel.story')}</h3>
      {story.length === 0 && <p className="tm-quiet">{t('panel.noStory')}</p>}
      <ol data-testid="story">
        {story.map(([id, line]) => (
          <li key={id}>
            <code className="tm-at">{clock(line.atMs, timeZone)}</code>
            <span>
              {sentence(line.text)}
              {line.who !== null && !line.text.includes(line.who) && <small> · {line.who}</small>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
