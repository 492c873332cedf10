/** The right column: the selected task, or what to select. */
import type { EdgeRecord, InstanceRecord } from '@tagmill/shared/feed/views';
import type { Action } from '@tagmill/shared/words';
import { X } from 'lucide-react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { instanceTopic, useManagerNow, useTopic } from '../feed/hooks.ts';
import { tookMs } from '../run/card-text.ts';
import { useAsked } from '../run/preview-store.ts';
import { clock, duration } from '../ui/format.ts';
import { Glyph } from '../ui/glyph.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { HeldChip, StateChip } from '../ui/state-chip.tsx';
import { ActionButtons } from './action-buttons.tsx';
import { AttemptsSection, Neighbours, OutputSection, StorySection, WhySection } from './sections.tsx';
import { ShardStrip } from './shard-strip.tsx';

interface Props {
  readonly tasks: readonly InstanceRecord[];
  readonly records: Readonly<Record<string, InstanceRecord>>;
  readonly edges: Readonly<Record<string, EdgeRecord>>;
  readonly timeZone: string;
  readonly onAction: (action: Action) => void;
  readonly onSelect: (id: string) => void;
  readonly onClose: () => void;
}

export function TaskPanel(props: Props): ReactElement {
  const { t } = useTranslation();
  const only = props.tasks.length === 1 ? props.tasks[0]! : null;
  useTopic(instanceTopic(only?.id ?? null));
  if (props.tasks.length === 0) {
    return (
      <div className="tm-panel-empty">
        <h2>{t('panel.nothing')}</h2>
        <p>{t('panel.nothingHelp')}</p>
      </div>
    );
  }
  return (
    <>
      <header className="tm-panel-head">
        <div className="tm-panel-title">
          <h2 tabIndex={-1} id="panel-title">
            {only?.name ?? t('panel.selectedMany', { count: props.tasks.length })}
          </h2>
          {only?.tagId !== null && only?.tagId !== undefined && <code className="tm-pill">{t('panel.tag', { id: only.tagId })}</code>}
          {only?.domain !== null && only?.domain !== undefined && <span className="tm-pill">{t(`domain.${only.domain}`)}</span>}
          <IconButton label={t('panel.close')} onClick={props.onClose}>
            <X size={15} />
          </IconButton>
        </div>
        {only !== null && <StateLine task={only} />}
        <ActionButtons records={props.tasks} onAction={props.onAction} />
        {only !== null && <AskedLine task={only} />}
      </header>
      {only === null ? <ManyList {...props} /> : <Body {...props} task={only} />}
    </>
  );
}

function StateLine({ task }: { readonly task: InstanceRecord }): ReactElement {
  const nowMs = useManagerNow();
  const ms = tookMs(task, nowMs);
  return (
    <div className="tm-state-line">
      <StateChip state={task.state} testId="panel-state" />
      {task.held && <HeldChip />}
      {task.shardsTotal > 0 && (
        <b data-testid="panel-shards">
          {task.shardsDone}/{task.shardsTotal}
        </b>
      )}
      {ms !== null && <span>{duration(ms)}</span>}
    </div>
  );
}

/** What was asked and is not confirmed yet; the state above stays what the manager last said. */
export function AskedLine({ task }: { readonly task: InstanceRecord }): ReactElement | null {
  const { t } = useTranslation();
  useManagerNow();
  const asked = useAsked((all) => all[task.id]);
  if (asked === undefined) return null;
  return (
    <p className="tm-asked" role="status" data-testid="panel-asked">
      <Glyph mark={asked.to} />
      {t(`asked.${asked.action}`, { ago: duration(Date.now() - asked.sinceMs) })}
    </p>
  );
}

function Body({ task, records, edges, timeZone, onSelect }: Props & { readonly task: InstanceRecord }): ReactElement {
  const { t } = useTranslation();
  return (
    <div className="tm-panel-body" key={task.id}>
      <WhySection task={task} />
      <ShardStrip task={task} />
      <AttemptsSection task={task} timeZone={timeZone} />
      <dl className="tm-section tm-facts">
        <OutputSection task={task} />
        <Neighbours task={task} edges={edges} records={records} onSelect={onSelect} />
        {task.pass !== null && (
          <div className="tm-facts-row">
            <dt>{t('panel.pass')}</dt>
            <dd>{task.pass}</dd>
          </div>
        )}
        {task.startedAtMs !== null && (
          <div className="tm-facts-row">
            <dt>{t('panel.started')}</dt>
            <dd>
              <code>{clock(task.startedAtMs, timeZone)}</code>
            </dd>
          </div>
        )}
        {task.endedAtMs !== null && (
          <div className="tm-facts-row">
            <dt>{t('panel.ended')}</dt>
            <dd>
              <code>{clock(task.endedAtMs, timeZone)}</code>
            </dd>
          </div>
        )}
      </dl>
      <StorySection task={task} timeZone={timeZone} />
    </div>
  );
}

function ManyList({ tasks, onSelect }: Props): ReactElement {
  return (
    <ul className="tm-panel-body tm-affected">
      {tasks.map((task) => (
        <li key={task.id}>
          <button type="button" className="tm-neighbour" onClick={() => onSelect(task.id)}>
            {task.name}
          </button>
          <Glyph mark={task.state} />
        </li>
      ))}
    </ul>
  );
}
