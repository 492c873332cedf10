/** The fleet: slots, heartbeat, load and version of each executor. What needs attention sorts to the top. */
import type { ExecutorRecord } from '@tagmill/shared/feed/views';
import { LogOut, Plus, Unplug, X } from 'lucide-react';
import { type ReactElement, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useExecutors, useFleet, useLoaded, useManagerNow, useTopic } from '../feed/hooks.ts';
import { JoinCommand } from '../run/join-command.tsx';
import { bytes, clock, count, duration } from '../ui/format.ts';
import { IconButton } from '../ui/icon-button.tsx';

type State = ExecutorRecord['state'];
const RANK: Readonly<Record<State, number>> = { silent: 0, gone: 1, draining: 2, connected: 3 };
const ICON: Readonly<Record<State, ReactElement>> = {
  connected: <i className="tm-live-dot" aria-hidden="true" />,
  draining: <LogOut size={13} aria-hidden="true" />,
  silent: <Unplug size={13} aria-hidden="true" />,
  gone: <Unplug size={13} aria-hidden="true" />,
};

export function ExecutorsPage(): ReactElement {
  const { t } = useTranslation();
  useTopic('executors');
  useTopic('runs');
  const loaded = useLoaded('executors');
  const executors = Object.values(useExecutors()).sort(
    (a, b) => RANK[a.state] - RANK[b.state] || a.name.localeCompare(b.name, 'en', { numeric: true }),
  );
  const [adding, setAdding] = useState(false);
  const open = adding || (loaded && executors.length === 0);
  return (
    <>
      <FleetStrip executors={executors} onAdd={() => setAdding(!adding)} />
      <div className="tm-fleet-columns">
        <main className="tm-fleet">
          {executors.length > 0 && <Table executors={executors} />}
          {loaded && executors.length === 0 && (
            <div className="tm-nothing" role="status">
              <h2>{t('executors.emptyTitle')}</h2>
              <p>{t('executors.emptyHelp')}</p>
            </div>
          )}
          {!loaded && (
            <div className="tm-loading" aria-busy="true">
              <span className="tm-sr">{t('executors.loading')}</span>
              <i style={{ width: '70%' }} />
              <i style={{ width: '60%' }} />
            </div>
          )}
        </main>
        {open && (
          <aside className="tm-panel" id="panel" tabIndex={-1}>
            <header className="tm-panel-head">
              <div className="tm-panel-title">
                <h2>{t('executors.addTitle')}</h2>
                {executors.length > 0 && (
                  <IconButton label={t('panel.close')} onClick={() => setAdding(false)}>
                    <X size={15} />
                  </IconButton>
                )}
              </div>
              <p className="tm-text">{t('executors.addHelp')}</p>
            </header>
            <div className="tm-section">
              <JoinCommand />
              <p className="tm-quiet">{t('executors.tokenHelp')}</p>
            </div>
            <div className="tm-section">
              <h3>{t('executors.notAppear')}</h3>
              <p className="tm-text">{t('executors.notAppearHelp')}</p>
            </div>
          </aside>
        )}
      </div>
    </>
  );
}

function FleetStrip({ executors, onAdd }: { readonly executors: readonly ExecutorRecord[]; readonly onAdd: () => void }): ReactElement {
  const { t } = useTranslation();
  const fleet = useFleet();
  const of = (state: State): number => executors.filter((one) => one.state === state).length;
  const share = fleet === undefined || fleet.slots === 0 ? 0 : fleet.slotsUsed / fleet.slots;
  return (
    <section className="tm-strip tm-fleet-strip" aria-label={t('executors.title')}>
      <span>
        {t('executors.connected')} <b data-testid="count-connected">{of('connected')}</b>
      </span>
      <span data-warn={of('draining') > 0}>
        {t('executors.draining')} <b>{of('draining')}</b>
      </span>
      <span data-bad={of('silent') + of('gone') > 0}>
        {t('executors.lost')} <b>{of('silent') + of('gone')}</b>
      </span>
      {fleet !== undefined && (
        <>
          <span className="tm-strip-slots">
            {t('counts.slots')}{' '}
            <b>
              {fleet.slotsUsed}/{fleet.slots}
            </b>
            <i className="tm-meter" aria-hidden="true">
              <i style={{ width: `${share * 100}%` }} />
            </i>
          </span>
          <span>
            {t('counts.queue')} <b>{count(fleet.shardsWaiting)}</b>
          </span>
        </>
      )}
      <span className="tm-grow" />
      <button type="button" className="tm-button" onClick={onAdd} data-testid="add-executor">
        <Plus size={14} aria-hidden="true" /> <span>{t('executors.add')}</span>
      </button>
    </section>
  );
}

function Table({ executors }: { readonly executors: readonly ExecutorRecord[] }): ReactElement {
  const { t } = useTranslation();
  const nowMs = useManagerNow(500);
  return (
    <div className="tm-table-scroll">
      <table className="tm-table">
        <thead>
          <tr>
            <th>{t('executors.name')}</th>
            <th>{t('executors.state')}</th>
            <th>{t('executors.slots')}</th>
            <th className="tm-right" title={t('executors.heartbeatHelp')}>
              {t('executors.heartbeat')}
            </th>
            <th className="tm-right">{t('executors.cpu')}</th>
            <th className="tm-right">{t('executors.memory')}</th>
            <th className="tm-right">{t('executors.lag')}</th>
            <th className="tm-right">{t('executors.done')}</th>
            <th className="tm-right">{t('executors.version')}</th>
          </tr>
        </thead>
        <tbody>
          {executors.map((one) => (
            <Row key={one.id} one={one} nowMs={nowMs} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A word is expected each second or two; later than this is worth a colour. */
const LATE_MS = 5_000;

function Row({ one, nowMs }: { readonly one: ExecutorRecord; readonly nowMs: number }): ReactElement {
  const { t } = useTranslation();
  const labels = Object.entries(one.labels).map(([name, value]) => `${name} ${value}`);
  const age = Math.max(0, nowMs - one.lastHeardAtMs);
  const there = one.state === 'connected' || one.state === 'draining';
  return (
    <tr data-testid={`executor-${one.name}`} data-state={one.state}>
      <td>
        <b>{one.name}</b>
        <small title={t('executors.joined', { time: clock(one.joinedAtMs, 'UTC') })}>
          {labels.length === 0 ? t('executors.noLabels') : labels.join(', ')}
        </small>
      </td>
      <td>
        <span className="tm-chip tm-executor-state" data-executor={one.state}>
          {ICON[one.state]}
          {t(`executors.${one.state}`)}
        </span>
      </td>
      <td>
        <Slots one={one} there={there} />
      </td>
      <td className="tm-right" data-bad={age > LATE_MS}>
        {duration(age)}
      </td>
      <td className="tm-right">
        {orNone(there, one.cpuPercent, (value) => (
          <Gauge percent={value} />
        ))}
      </td>
      <td className="tm-right">{orNone(there, one.memoryBytes, bytes)}</td>
      <td className="tm-right">{orNone(there, one.loopLagMs, (value) => `${Math.round(value)} ms`)}</td>
      <td className="tm-right">
        {count(one.shardsDone)}
        {one.shardsFailed > 0 && (
          <small data-bad="true">
            {count(one.shardsFailed)} {t('executors.failed')}
          </small>
        )}
      </td>
      <td className="tm-right">{one.version}</td>
    </tr>
  );

  function orNone(known: boolean, value: number | null, show: (value: number) => ReactNode): ReactNode {
    return known && value !== null ? show(value) : <span className="tm-quiet">{t('executors.none')}</span>;
  }
}

function Gauge({ percent }: { readonly percent: number }): ReactElement {
  return (
    <span className="tm-gauge" data-hot={percent >= 90}>
      <i className="tm-meter" aria-hidden="true">
        <i style={{ width: `${Math.min(100, percent)}%` }} />
      </i>
      {Math.round(percent)} %
    </span>
  );
}

const MOST_CELLS = 32;

function Slots({ one, there }: { readonly one: ExecutorRecord; readonly there: boolean }): ReactElement {
  const { t } = useTranslation();
  const cells = Math.min(one.slots, MOST_CELLS);
  return (
    <span className="tm-slots" data-executor={one.state}>
      <span aria-hidden="true">
        {Array.from({ length: cells }, (_, at) => at + 1).map((slot) => (
          <i key={slot} data-used={there && slot <= Math.round((one.slotsUsed * cells) / Math.max(1, one.slots))} />
        ))}
      </span>
      {t('executors.slotsOf', { used: there ? one.slotsUsed : 0, all: one.slots })}
    </span>
  );
}
