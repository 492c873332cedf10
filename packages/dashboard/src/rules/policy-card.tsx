/** What the tag allows of a run before its check holds it, and what becomes of holders whose result is UNKNOWN. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { PolicyAnswer, PolicyBody } from '@tagmill/shared/api/tag-policy';
import { MOST_KEEP_FOR_RUNS, UNKNOWN_POLICIES } from '@tagmill/shared/tag-policy';
import { type ReactElement, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { readPolicies, setPolicy } from '../api/tags.ts';
import { shownWho } from '../api/who.ts';
import { languageNow } from '../i18n/setup.ts';
import { ApiFailure } from '../ui/api-failure.tsx';
import { businessDate } from '../ui/format.ts';
import { ReasonForm } from '../ui/reason-form.tsx';
import { percent } from './last-run-card.tsx';

type Limits = Pick<PolicyAnswer, 'unknown' | 'keep_for_runs' | 'max_unknown_share' | 'max_move'>;
const NONE: Limits = { unknown: 'keep', keep_for_runs: null, max_unknown_share: null, max_move: null };
const FIRST_RUNS = 3;

export function PolicyCard({ tag }: { readonly tag: number }): ReactElement {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data, error } = useQuery({ queryKey: ['policies'], queryFn: readPolicies, retry: false });
  const [editing, setEditing] = useState(false);
  const set = data?.find((one) => one.tag_id === tag);
  const limit = (share: number | null): string => (share === null ? t('policies.any') : percent(share));
  const now = set ?? NONE;
  const send = async (body: PolicyBody): Promise<void> => {
    await setPolicy(tag, body);
    await queries.invalidateQueries({ queryKey: ['policies'] });
  };
  return (
    <section className="tm-section" data-testid="rule-policy">
      <h3>
        {t('policies.title')}
        <span className="tm-grow" />
        {!editing && (
          <button type="button" className="tm-link" onClick={() => setEditing(true)} data-testid="policy-edit">
            {t('policies.change')}
          </button>
        )}
      </h3>
      <ApiFailure error={error} />
      {editing ? (
        <PolicyForm now={now} send={send} close={() => setEditing(false)} />
      ) : (
        <dl className="tm-facts">
          <Fact name={t('policies.unknown')}>{t(`policies.unknownIs.${now.unknown}`, { runs: now.keep_for_runs ?? '' })}</Fact>
          <Fact name={t('policies.maxUnknown')} testId="policy-max-unknown">
            {limit(now.max_unknown_share)}
          </Fact>
          <Fact name={t('policies.maxMove')} testId="policy-max-move">
            {limit(now.max_move)}
          </Fact>
          {set !== undefined && (
            <Fact name={t('policies.said')}>
              {shownWho(set.who)}, {businessDate(set.updated_at.slice(0, 10), languageNow())}: {set.reason}
            </Fact>
          )}
        </dl>
      )}
    </section>
  );
}

function Fact({ name, children, testId }: { readonly name: string; readonly children: ReactNode; readonly testId?: string }): ReactElement {
  return (
    <div className="tm-facts-row">
      <dt>{name}</dt>
      <dd data-testid={testId}>{children}</dd>
    </div>
  );
}

interface FormProps {
  readonly now: Limits;
  readonly send: (body: PolicyBody) => Promise<void>;
  readonly close: () => void;
}

function PolicyForm({ now, send, close }: FormProps): ReactElement {
  const { t } = useTranslation();
  const [unknown, setUnknown] = useState(now.unknown);
  const [runs, setRuns] = useState(String(now.keep_for_runs ?? FIRST_RUNS));
  const [share, setShare] = useState(asPercent(now.max_unknown_share));
  const [move, setMove] = useState(asPercent(now.max_move));
  const [maxUnknownShare, maxMove] = [asShare(share), asShare(move)];
  const keepForRuns = unknown === 'keep_for' ? asRuns(runs) : null;
  const wrong = maxUnknownShare === undefined || maxMove === undefined || keepForRuns === undefined;
  return (
    <ReasonForm
      label={t('policies.save')}
      off={wrong}
      send={async (reason) => {
        if (!wrong) await send({ unknown, keep_for_runs: keepForRuns, max_unknown_share: maxUnknownShare, max_move: maxMove, reason });
      }}
      cancel={close}
      testId="policy"
    >
      <label className="tm-field">
        {t('policies.unknown')}
        <select
          value={unknown}
          onChange={(event) => setUnknown(UNKNOWN_POLICIES.find((one) => one === event.target.value) ?? 'keep')}
          data-testid="policy-unknown"
        >
          {UNKNOWN_POLICIES.map((one) => (
            <option key={one} value={one}>
              {t(`policies.unknownIs.${one}`, { runs: keepForRuns ?? '…' })}
            </option>
          ))}
        </select>
      </label>
      {unknown === 'keep_for' && (
        <label className="tm-field">
          {t('policies.runs')}
          <span>
            <input
              inputMode="numeric"
              value={runs}
              data-error={keepForRuns === undefined}
              onChange={(event) => setRuns(event.target.value)}
              data-testid="policy-runs"
            />
          </span>
        </label>
      )}
      <Percent label={t('policies.maxUnknown')} value={share} set={setShare} wrong={maxUnknownShare === undefined} testId="policy-share" />
      <Percent label={t('policies.maxMove')} value={move} set={setMove} wrong={maxMove === undefined} testId="policy-move" />
      <p className="tm-quiet">
        {keepForRuns === undefined
          ? t('policies.noRuns', { most: MOST_KEEP_FOR_RUNS })
          : wrong
            ? t('policies.noPercent')
            : t('policies.help')}
      </p>
    </ReasonForm>
  );
}

interface PercentProps {
  readonly label: string;
  readonly value: string;
  readonly set: (value: string) => void;
  readonly wrong: boolean;
  readonly testId: string;
}

function Percent({ label, value, set, wrong, testId }: PercentProps): ReactElement {
  const { t } = useTranslation();
  return (
    <label className="tm-field">
      {label}
      <span>
        <input
          inputMode="decimal"
          placeholder={t('policies.any')}
          value={value}
          data-error={wrong}
          onChange={(event) => set(event.target.value)}
          data-testid={testId}
        />{' '}
        %
      </span>
    </label>
  );
}

const asPercent = (share: number | null): string => (share === null ? '' : String(Number((share * 100).toFixed(6))));

/** Null: no limit; undefined: it cannot be read. */
function asShare(written: string): number | null | undefined {
  if (written.trim() === '') return null;
  return /^\d+([.,]\d+)?$/.test(written.trim()) ? Number((Number(written.trim().replace(',', '.')) / 100).toFixed(8)) : undefined;
}

/** Undefined: it is no number of runs. */
function asRuns(written: string): number | undefined {
  const runs = /^\d+$/.test(written.trim()) ? Number(written) : 0;
  return runs >= 1 && runs <= MOST_KEEP_FOR_RUNS ? runs : undefined;
}
