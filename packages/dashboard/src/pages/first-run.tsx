/** Nothing has run yet: real states, not a tour. It turns into the run screen by itself. */
import { useQuery } from '@tanstack/react-query';
import type { ReactElement, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { managerVersion } from '../api/http.ts';
import { useExecutors, useFleet, useLink, useTopic } from '../feed/hooks.ts';
import { StartRun } from '../frame/header.tsx';
import { JoinCommand } from '../run/join-command.tsx';
import { seconds } from '../ui/format.ts';
import { Glyph } from '../ui/glyph.tsx';

export function FirstRun(): ReactElement {
  const { t } = useTranslation();
  useTopic('executors');
  const connected = Object.values(useExecutors()).filter((one) => one.state === 'connected');
  const fleet = useFleet();
  const { link, nowMs } = useLink(500);
  const version = useQuery({ queryKey: ['version'], queryFn: managerVersion, staleTime: Infinity, retry: 1 }).data ?? null;
  const ready = connected.length > 0;
  const heard = seconds(nowMs - (link.lastHeardAtMs ?? nowMs));
  return (
    <div className="tm-columns" data-panel="true">
      <aside className="tm-side tm-side-empty">
        <h2>{t('side.runs')}</h2>
        <div className="tm-skeleton" aria-hidden="true">
          {[58, 72, 64, 78, 54, 66, 48].map((width) => (
            <i key={width} style={{ width: `${width}%` }} />
          ))}
        </div>
        <p className="tm-quiet">{t('first.runsHelp')}</p>
      </aside>
      <main className="tm-first">
        <div className="tm-card">
          <h1>{ready ? t('first.readyTitle') : t('first.title')}</h1>
          <p>{ready ? t('first.readyHelp') : t('first.help')}</p>
          <ol>
            <Step
              n={1}
              done
              title={t('first.managerUp')}
              help={
                version === null ? t('first.managerUpNoVersion', { seconds: heard }) : t('first.managerUpHelp', { version, seconds: heard })
              }
            />
            <Step
              n={2}
              done={ready}
              now={!ready}
              title={t('first.connect')}
              help={ready ? t('first.connected', { count: connected.length, slots: fleet?.slots ?? 0 }) : t('first.connectHelp')}
            >
              {!ready && (
                <>
                  <JoinCommand />
                  <span className="tm-quiet tm-listening">{t('first.listening')}</span>
                </>
              )}
            </Step>
            <Step n={3} now={ready} title={t('first.start')} help={t('first.startHelp')}>
              {ready && <StartRun big />}
            </Step>
            <Step n={4} title={t('first.watch')} help={t('first.watchHelp')} />
          </ol>
        </div>
      </main>
      <aside className="tm-panel" id="panel" tabIndex={-1}>
        <div className="tm-section">
          <h3>{t('first.already')}</h3>
          <dl className="tm-facts">
            <Fact name={t('first.manager')} value={version ?? '…'} />
            <Fact name={t('first.executors')} value={ready ? String(connected.length) : t('first.noneJoined')} />
            <Fact name={t('first.slots')} value={`${fleet?.slotsUsed ?? 0}/${fleet?.slots ?? 0}`} />
          </dl>
        </div>
        <div className="tm-section">
          <h3>{t('first.why')}</h3>
          <p className="tm-text">{ready ? t('first.whyNoRun') : t('first.whyNoExecutor')}</p>
        </div>
        <div className="tm-section">
          <h3>{t('first.single')}</h3>
          <p className="tm-text">{t('first.singleHelp')}</p>
        </div>
      </aside>
    </div>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }): ReactElement {
  return (
    <div className="tm-facts-row">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

interface StepProps {
  readonly n: number;
  readonly done?: boolean;
  readonly now?: boolean;
  readonly title: string;
  readonly help: string;
  readonly children?: ReactNode;
}

function Step({ n, done = false, now = false, title, help, children }: StepProps): ReactElement {
  return (
    <li data-done={done} data-now={now}>
      <span className="tm-step-mark">{done ? <Glyph mark="succeeded" size={20} /> : <span>{n}</span>}</span>
      <div>
        <h2>{title}</h2>
        <p>{help}</p>
        {children}
      </div>
    </li>
  );
}
