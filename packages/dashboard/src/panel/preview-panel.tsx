/**
 * Preview, not modal: takes the panel's place and says what a click would do.
 * Nothing changes until it is confirmed. It is asked again while the run goes
 * on, and the confirmation carries the number of the preview that was read.
 */
import { DOWNSTREAM_POLICIES } from '@tagmill/shared/words';
import type { ActionAnswer, InstanceRecord } from '@tagmill/shared/feed/views';
import { ArrowRight, ChevronLeft, RefreshCw } from 'lucide-react';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { runTopic, useCanAct, useFeed, useManagerNow, useSeq } from '../feed/hooks.ts';
import {
  asksDownstream,
  checkPreview,
  closePreview,
  confirmPreview,
  setDownstream,
  type Target,
  usePreview,
} from '../run/preview-store.ts';
import { seconds, sentence } from '../ui/format.ts';
import { Glyph } from '../ui/glyph.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { StateChip } from '../ui/state-chip.tsx';
import { ACTION_ICON } from './action-buttons.tsx';
import { lastReasons, rememberReason } from './reasons.ts';
import { Key } from '../ui/key.tsx';

const RECHECK_MS = 1_000;
const LONG_LIST = 40;

export function PreviewPanel({
  target,
  records,
}: {
  readonly target: Target;
  readonly records: Readonly<Record<string, InstanceRecord>>;
}): ReactElement {
  const { t } = useTranslation();
  const { answer, sending, stale, error, downstream } = usePreview();
  const [reason, setReason] = useState('');
  const title = useRef<HTMLHeadingElement>(null);
  const canAct = useCanAct();
  const first = records[target.ids[0] ?? ''];
  const ready = canAct && answer !== null && answer.affected.length > 0 && !sending;
  const confirm = (): void => {
    if (!ready) return;
    rememberReason(reason);
    void confirmPreview(reason, records);
  };
  useRecheck(target, records);
  useConfirmKeys(confirm, asksDownstream(target.action));
  useEffect(() => {
    title.current?.focus();
    return giveFocusBack;
  }, []);
  const name = target.ids.length === 1 ? (first?.name ?? '') : t('preview.many', { count: target.ids.length });
  const Icon = ACTION_ICON[target.action];
  return (
    <div className="tm-preview" data-testid="preview">
      <header className="tm-panel-head">
        <div className="tm-panel-title">
          <IconButton label={t('preview.back')} onClick={closePreview}>
            <ChevronLeft size={15} />
          </IconButton>
          <h2 tabIndex={-1} ref={title}>
            {t('preview.title', { action: t(`action.${target.action}`), name })}
          </h2>
          <span className="tm-quiet">{t('preview.word')}</span>
          <Key>esc</Key>
        </div>
        {target.ids.length === 1 && first !== undefined && (
          <div className="tm-state-line">
            <StateChip state={first.state} />
            {first.shardsTotal > 0 && (
              <b>
                {first.shardsDone}/{first.shardsTotal}
              </b>
            )}
            {first.reason !== null && <span className="tm-cut">{first.reason}</span>}
          </div>
        )}
      </header>
      <div className="tm-panel-body">
        {asksDownstream(target.action) && <PolicyChoice value={downstream} />}
        {stale && (
          <p className="tm-note" role="alert">
            {t('preview.stale')}
          </p>
        )}
        {error !== null && (
          <div className="tm-note tm-note-bad" role="alert" data-testid="preview-error">
            <b>{t('error.title')}</b>
            <p>{error.message}</p>
            <code>{error.code}</code> <span>{t(`error.code.${error.code}`, { defaultValue: '' })}</span>
          </div>
        )}
        {answer === null ? error === null && <p className="tm-quiet tm-pad">{t('preview.checking')}</p> : <Touched answer={answer} />}
        <ReasonField value={reason} onChange={setReason} />
      </div>
      <footer className="tm-preview-foot">
        <CheckedLine />
        <div className="tm-preview-buttons">
          <button
            type="button"
            className="tm-button tm-confirm"
            data-primary="true"
            data-testid="confirm-action"
            aria-disabled={!ready}
            onClick={confirm}
          >
            <Icon size={14} aria-hidden="true" />
            <span>
              {sending
                ? t('preview.sending')
                : answer === null || answer.affected.length === 0
                  ? t(`action.${target.action}`)
                  : t(`confirm.${target.action}`, { count: acted(answer, target.ids) })}
            </span>
            <Key>{/Mac|iP/.test(navigator.platform) ? '⌘' : 'Ctrl'}</Key>
            <Key>↵</Key>
          </button>
          <button type="button" className="tm-button" onClick={closePreview} data-testid="cancel-action">
            {t('preview.cancel')}
          </button>
        </div>
      </footer>
    </div>
  );
}

/** The panel comes back in the preview's place; what had the focus here is gone, so its title gets it. */
function giveFocusBack(): void {
  requestAnimationFrame(() => {
    if (document.activeElement === document.body) document.getElementById('panel-title')?.focus();
  });
}

/** How many take the action itself: the chosen ones and those that go the same way; what only waits again does not count. */
function acted({ affected }: ActionAnswer, ids: readonly string[]): number {
  const goals = new Set(affected.filter((one) => ids.includes(one.id)).map((one) => one.to));
  return affected.filter((one) => ids.includes(one.id) || goals.has(one.to)).length;
}

/** Asks again at once when a task that it would touch changed, and at most once a second when the run moved. */
function useRecheck({ runId, ids }: Target, records: Readonly<Record<string, InstanceRecord>>): void {
  const topic = runTopic(runId);
  const seq = useSeq(topic);
  // Another process of the manager numbers anew.
  const epoch = useFeed((state) => (topic === null ? undefined : state.topics[topic]?.state?.epoch));
  const answer = usePreview((state) => state.answer);
  const touched = [...ids, ...(answer?.affected.map((one) => one.id) ?? [])];
  const states = touched.map((id) => `${records[id]?.state} ${records[id]?.held}`).join();
  const asked = useRef({ atMs: Date.now(), states, count: touched.length });
  const count = touched.length;
  useEffect(() => {
    void [seq, epoch];
    const moved = asked.current.count === count && asked.current.states !== states;
    const wait = moved ? 0 : Math.max(0, RECHECK_MS - (Date.now() - asked.current.atMs));
    asked.current = { ...asked.current, states, count };
    const timer = setTimeout(() => {
      asked.current = { atMs: Date.now(), states, count };
      void checkPreview();
    }, wait);
    return () => clearTimeout(timer);
  }, [seq, epoch, states, count]);
}

function useConfirmKeys(confirm: () => void, policies: boolean): void {
  const latest = useRef(confirm);
  latest.current = confirm;
  useEffect(() => {
    const keys = (event: KeyboardEvent): void => {
      if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) {
        event.preventDefault();
        latest.current();
      }
      const inField = event.target instanceof HTMLElement && event.target.closest('textarea, input[type=text], input:not([type])') !== null;
      const policy = DOWNSTREAM_POLICIES[Number(event.key) - 1];
      if (policies && !inField && policy !== undefined) setDownstream(policy);
    };
    window.addEventListener('keydown', keys);
    return () => window.removeEventListener('keydown', keys);
  }, [policies]);
}

function PolicyChoice({ value }: { readonly value: string }): ReactElement {
  const { t } = useTranslation();
  return (
    <fieldset className="tm-section tm-policies">
      <legend>
        {t('policy.title')}
        <span>
          <Key>1</Key> <Key>2</Key> <Key>3</Key>
        </span>
      </legend>
      {DOWNSTREAM_POLICIES.map((policy) => (
        <label key={policy} data-chosen={policy === value}>
          <input
            type="radio"
            name="downstream"
            checked={policy === value}
            onChange={() => setDownstream(policy)}
            data-testid={`policy-${policy}`}
          />
          <span>
            <b>{t(`policy.${policy}`)}</b>
            <small>{t(`policy.${policy}-help`)}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function Touched({ answer }: { readonly answer: ActionAnswer }): ReactElement {
  const { t } = useTranslation();
  const { affected, refused } = answer;
  const to = affected[0]?.to;
  const style = to === undefined ? undefined : { color: `var(--tm-${to})`, background: `var(--tm-${to}-soft)` };
  return (
    <section className="tm-section" aria-live="polite">
      <p className="tm-sum" style={style}>
        {to !== undefined && <Glyph mark={to} />}
        {affected.length === 0 ? t('preview.nothing') : t('preview.changes', { count: affected.length })}
      </p>
      <ul className="tm-affected" data-testid="affected">
        {affected.slice(0, LONG_LIST).map((one) => (
          <li key={one.id} title={one.why}>
            <span className="tm-cut">{one.name}</span>
            <span className="tm-from-to">
              <Glyph mark={one.from} />
              <span className="tm-sr">{t(`state.${one.from}`)}</span>
              <ArrowRight size={12} aria-hidden="true" />
              <Glyph mark={one.to} />
              {one.held && <Glyph mark="held" />}
              <span>{t(`state.${one.to}`)}</span>
            </span>
          </li>
        ))}
        {affected.length > LONG_LIST && <li className="tm-quiet">{t('preview.more', { count: affected.length - LONG_LIST })}</li>}
      </ul>
      {refused.length > 0 && (
        <>
          <h3 className="tm-refused-title">{t('preview.refused', { count: refused.length })}</h3>
          <ul className="tm-refused" data-testid="refused">
            {refused.slice(0, LONG_LIST).map((one) => (
              <li key={one.id}>
                <b>{one.name}</b> · {one.sentence}
              </li>
            ))}
          </ul>
        </>
      )}
      {answer.effect_on_target !== '' && (
        <div className="tm-target">
          <h3>{t('preview.target')}</h3>
          <p>{sentence(answer.effect_on_target)}</p>
        </div>
      )}
    </section>
  );
}

function ReasonField({ value, onChange }: { readonly value: string; readonly onChange: (text: string) => void }): ReactElement {
  const { t } = useTranslation();
  const [last] = useState(lastReasons);
  return (
    <section className="tm-section tm-reason">
      <label htmlFor="reason">
        <b>{t('preview.reason')}</b> <span className="tm-quiet">{t('preview.reasonKept')}</span>
      </label>
      <textarea
        id="reason"
        rows={2}
        maxLength={500}
        value={value}
        placeholder={t('preview.reasonHint')}
        onChange={(event) => onChange(event.target.value)}
      />
      <div className="tm-reasons">
        {last.map((text) => (
          <button type="button" key={text} onClick={() => onChange(text)}>
            {text}
          </button>
        ))}
      </div>
    </section>
  );
}

function CheckedLine(): ReactElement | null {
  const { t } = useTranslation();
  useManagerNow(500);
  const checkedAtMs = usePreview((state) => state.checkedAtMs);
  if (checkedAtMs === 0) return null;
  return (
    <p className="tm-quiet tm-checked">
      <RefreshCw size={11} aria-hidden="true" /> {t('preview.follows', { seconds: seconds(Date.now() - checkedAtMs) })}
    </p>
  );
}
