/** What the tag allows of a run before its check holds it, and what becomes of holders whose result is UNKNOWN. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { PolicyAnswer, PolicyBody } from '@tagmill/shared/api/tag-policy';
import { type ReactElement, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { readPolicies, setPolicy } from '../api/tags.ts';
import { shownWho } from '../api/who.ts';
import { languageNow } from '../i18n/setup.ts';
import { ApiFailure } from '../ui/api-failure.tsx';
import { businessDate } from '../ui/format.ts';
import { ReasonForm } from '../ui/reason-form.tsx';
import { percent } from './last-run-card.tsx';

const UNKNOWN = ['keep', 'remove'] as const;
const NONE: Pick<PolicyAnswer, 'unknown' | 'max_unknown_share' | 'max_move'> = { unknown: 'keep', max_unknown_share: null, max_move: null };

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
          <Fact name={t('policies.unknown')}>{t(`policies.unknownIs.${now.unknown}`)}</Fact>
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

function Fact({
  name,
  children,
  testId,
}: {
  readonly name: string;
  readonly children: React.ReactNode;
  readonly testId?: string;
}): ReactElement {
  return (
    <div className="tm-facts-row">
      <dt>{name}</dt>
      <dd data-testid={testId}>{children}</dd>
    </div>
  );
}

interface FormProps {
  readonly now: typeof NONE;
  readonly send: (body: PolicyBody) => Promise<void>;
  readonly close: () => void;
}

function PolicyForm({ now, send, close }: FormProps): ReactElement {
  const { t } = useTranslation();
  const [unknown, setUnknown] = useState(now.unknown);
  const [share, setShare] = useState(asPercent(now.max_unknown_share));
  const [move, setMove] = useState(asPercent(now.max_move));
  const [maxUnknownShare, maxMove] = [asShare(share), asShare(move)];
  const wrong = maxUnknownShare === undefined || maxMove === undefined;
  return (
    <ReasonForm
      label={t('policies.save')}
      off={wrong}
      send={async (reason) => {
        if (!wrong) await send({ unknown, max_unknown_share: maxUnknownShare, max_move: maxMove, reason });
      }}
      cancel={close}
      testId="policy"
    >
      <label className="tm-field">
        {t('policies.unknown')}
        <select
          value={unknown}
          onChange={(event) => setUnknown(UNKNOWN.find((one) => one === event.target.value) ?? 'keep')}
          data-testid="policy-unknown"
        >
          {UNKNOWN.map((one) => (
            <option key={one} value={one}>
              {t(`policies.unknownIs.${one}`)}
            </option>
          ))}
        </select>
      </label>
      <Percent label={t('policies.maxUnknown')} value={share} set={setShare} wrong={maxUnknownShare === undefined} testId="policy-share" />
      <Percent label={t('policies.maxMove')} value={move} set={setMove} wrong={maxMove === undefined} testId="policy-move" />
      <p className="tm-quiet">{wrong ? t('policies.noPercent') : t('policies.help')}</p>
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
