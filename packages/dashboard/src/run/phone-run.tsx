/** The run screen on a phone: progress, chips, what needs a person first, and the selected task in a sheet from below. */
import type { InstanceRecord, RunRecord } from '@tagmill/shared/feed/views';
import type { Action } from '@tagmill/shared/words';
import { X } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { instanceTopic, useManagerNow, useTopic } from '../feed/hooks.ts';
import { ActionButtons } from '../panel/action-buttons.tsx';
import { WhySection } from '../panel/sections.tsx';
import { ShardStrip } from '../panel/shard-strip.tsx';
import { AskedLine } from '../panel/task-panel.tsx';
import type { Mark } from '../theme/tokens.ts';
import { duration } from '../ui/format.ts';
import { Glyph } from '../ui/glyph.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { HeldChip, StateChip } from '../ui/state-chip.tsx';
import { cardText, tookMs } from './card-text.ts';
import { STRIP } from './count-strip.tsx';
import { isDone } from './lanes.ts';
import { spokenDetails } from './task-tree.tsx';
import type { RunView } from './use-run-view.ts';

interface Props {
  readonly run: RunRecord | undefined;
  readonly runId: string;
  readonly records: Readonly<Record<string, InstanceRecord>>;
  readonly counts: Readonly<Record<Mark, number>>;
  readonly view: RunView;
  readonly shown: ReadonlySet<string> | null;
  readonly tasks: readonly InstanceRecord[];
  readonly onAction: (action: Action) => void;
  readonly preview: ReactNode;
}

const PHONE_ACTIONS: readonly Action[] = ['retry', 'run', 'skip', 'stop', 'hold', 'release'];

/** Attention first. */
const CHIPS: readonly Mark[] = [
  'failed',
  'held',
  'stopping',
  'stopped',
  'running',
  'confirming',
  'pending',
  'registered',
  'unregistered',
  'skipped',
  'succeeded',
];

/** Needs a person: failed, held, stopped, or a gate that waits for a click. */
export const needsPerson = (one: InstanceRecord): boolean =>
  one.held || one.state === 'failed' || one.state === 'stopped' || (one.state === 'pending' && one.gate === 'manual');

export function PhoneRun({ run, records, counts, view, shown, tasks, onAction, preview }: Props): ReactElement {
  const { t } = useTranslation();
  const nowMs = useManagerNow();
  const all = Object.values(records).filter((one) => shown === null || shown.has(one.id));
  const needs = all.filter(needsPerson);
  const running = all.filter(
    (one) => !needsPerson(one) && (one.state === 'running' || one.state === 'confirming' || one.state === 'stopping'),
  );
  const rest = all.filter((one) => !needs.includes(one) && !running.includes(one));
  const total = Object.keys(records).length;
  const done = Object.values(records).filter(isDone).length;
  const ms = run === undefined ? null : tookMs(run, nowMs);
  const groups = [
    { title: t('phone.needsYou'), list: needs },
    { title: t('state.running'), list: running },
    { title: t('phone.rest'), list: rest },
  ];
  return (
    <main className="tm-phone">
      <div className="tm-phone-head">
        <h1>{t('phone.doneOf', { done, total })}</h1>
        <span className="tm-quiet">{ms === null ? '' : duration(ms)}</span>
        <div className="tm-phone-bar" aria-hidden="true">
          {STRIP.filter((mark) => mark !== 'held' && counts[mark] > 0).map((mark) => (
            <i
              key={mark}
              style={{
                flexGrow: counts[mark],
                background: mark === 'registered' || mark === 'unregistered' ? 'var(--tm-line-2)' : `var(--tm-${mark})`,
              }}
            />
          ))}
        </div>
      </div>
      <div className="tm-phone-chips">
        {CHIPS.filter((mark) => counts[mark] > 0).map((mark) => (
          <button
            key={mark}
            type="button"
            aria-pressed={view.states.includes(mark)}
            data-testid={`count-${mark}`}
            data-count={counts[mark]}
            onClick={() => view.setStates(view.states.includes(mark) ? [] : [mark])}
          >
            <Glyph mark={mark} size={16} /> {t(`state.${mark}`)} <b>{counts[mark]}</b>
          </button>
        ))}
      </div>
      {groups.map(({ title, list }) => (
        <section key={title} hidden={list.length === 0}>
          <h2>
            {title} <span className="tm-quiet">{list.length}</span>
          </h2>
          {list.map((one) => (
            <PhoneRow
              key={one.id}
              task={one}
              nowMs={nowMs}
              chosen={view.selected.includes(one.id)}
              onSelect={() => view.select([one.id])}
            />
          ))}
        </section>
      ))}
      {(preview !== null || tasks[0] !== undefined) && (
        <div className="tm-sheet" role="dialog" aria-label={t('panel.label')}>
          {preview ?? <PhoneSheet task={tasks[0]!} onAction={onAction} onClose={() => view.select([])} />}
        </div>
      )}
    </main>
  );
}

interface RowProps {
  readonly task: InstanceRecord;
  readonly nowMs: number;
  readonly chosen: boolean;
  readonly onSelect: () => void;
}

function PhoneRow({ task, nowMs, chosen, onSelect }: RowProps): ReactElement {
  const { t } = useTranslation();
  const { left, right } = cardText(task, nowMs, t);
  const share = task.shardsTotal === 0 ? 0 : (100 * task.shardsDone) / task.shardsTotal;
  return (
    <button
      type="button"
      className="tm-phone-row"
      aria-current={chosen}
      data-testid={`node-${task.name}`}
      data-state={task.state}
      onClick={onSelect}
    >
      <Glyph mark={task.held ? 'held' : task.state} size={18} />
      <span className="tm-phone-text">
        <span>{task.name}</span>
        <span className="tm-sr">{spokenDetails(task, t)}</span>
        <small aria-hidden="true">{task.reason ?? left}</small>
        {task.state === 'running' && (
          <i className="tm-meter">
            <i style={{ width: `${share}%` }} />
          </i>
        )}
      </span>
      <small aria-hidden="true">{right}</small>
    </button>
  );
}

function PhoneSheet({
  task,
  onAction,
  onClose,
}: {
  readonly task: InstanceRecord;
  readonly onAction: (action: Action) => void;
  readonly onClose: () => void;
}): ReactElement {
  const { t } = useTranslation();
  useTopic(instanceTopic(task.id));
  return (
    <>
      <div className="tm-panel-title">
        <h2>{task.name}</h2>
        {task.held && <HeldChip />}
        <StateChip state={task.state} testId="panel-state" />
        <IconButton label={t('panel.close')} onClick={onClose}>
          <X size={18} />
        </IconButton>
      </div>
      <AskedLine task={task} />
      <WhySection task={task} />
      <ShardStrip task={task} />
      <ActionButtons records={[task]} only={PHONE_ACTIONS} onAction={onAction} />
    </>
  );
}
