/** Every version: who, when, why; what was said of it; beside the live one; taken up again, proposed, approved, rejected, restored. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { personOf } from '@tagmill/shared/people';
import type { RuleVersion, VersionList } from '@tagmill/shared/api/rules';
import { type ReactElement, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { changeVersion, compareVersions, readVersions } from '../api/rules.ts';
import type { VersionVerb } from '../api/version-verbs.ts';
import { shownWho, useWho } from '../api/who.ts';
import { languageNow } from '../i18n/setup.ts';
import { businessDate } from '../ui/format.ts';
import { ReasonForm } from '../ui/reason-form.tsx';
import { DiffLines } from './diff-lines.tsx';

const SHOWN = 8;

interface Props {
  readonly tag: number;
  /** Rules go live once somebody else has approved them. */
  readonly approval: boolean;
  readonly take: (version: RuleVersion) => void;
}

export function VersionsCard({ tag, approval, take }: Props): ReactElement {
  const { t } = useTranslation();
  const { data } = useQuery({ queryKey: ['rule-versions', tag], queryFn: () => readVersions(tag), retry: false });
  const [all, setAll] = useState(false);
  const versions = data?.versions ?? [];
  const live = versions.find((one) => one.state === 'live')?.version;
  return (
    <section className="tm-section" data-testid="rule-versions">
      <h3>{t('rules.versions')}</h3>
      <ul className="tm-rule-versions">
        {data !== undefined &&
          versions
            .slice(0, all ? versions.length : SHOWN)
            .map((one) => <Version key={one.version} list={data} one={one} live={live} approval={approval} take={take} />)}
      </ul>
      {versions.length > SHOWN && !all && (
        <button type="button" className="tm-link" onClick={() => setAll(true)}>
          {t('panel.allAttempts', { count: versions.length })}
        </button>
      )}
    </section>
  );
}

/** What a version in this state may become. */
function verbsOf({ state }: RuleVersion, approval: boolean): readonly VersionVerb[] {
  if (state === 'draft') return approval ? ['propose'] : ['publish', 'propose'];
  if (state === 'proposed') return approval ? ['approve', 'reject'] : ['approve', 'reject', 'publish'];
  if (state === 'rejected') return ['propose'];
  return state === 'past' ? ['restore'] : [];
}

interface VersionProps {
  readonly list: VersionList;
  readonly one: RuleVersion;
  readonly live: number | undefined;
  readonly approval: boolean;
  readonly take: (version: RuleVersion) => void;
}

function Version({ list, one, live, approval, take }: VersionProps): ReactElement {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { name } = useWho();
  const [open, setOpen] = useState(one.state === 'proposed');
  const [verb, setVerb] = useState<VersionVerb | null>(null);
  const tag = list.tag_id;
  const own = [one.who, ...one.reviews.filter((said) => said.kind === 'propose').map((said) => said.who)].some(
    (who) => personOf(who) === name.trim(),
  );
  const send = async (reason: string): Promise<void> => {
    if (verb === null) return;
    await changeVersion(tag, verb, { version: one.version, reason }, list.etag);
    const keys = [['rule', tag], ['rule-versions', tag], ['explain', tag], ['inbox'], ['tag-overview']];
    await Promise.all(keys.map((queryKey) => queries.invalidateQueries({ queryKey })));
  };
  return (
    <li data-testid={`version-${one.version}`} data-state={one.state}>
      <b>{t('rules.version', { version: one.version })}</b>
      <span className="tm-pill" data-state={one.state}>
        {t(`rules.versionState.${one.state}`)}
      </span>
      <span className="tm-cut" title={one.reason}>
        {one.reason}
      </span>
      <span className="tm-quiet">
        {shownWho(one.who)}, {businessDate(one.at.slice(0, 10), languageNow())}
      </span>
      {one.reviews.map(({ kind, who, reason, at }) => (
        <p key={at} className="tm-rule-review tm-quiet">
          {t(`rules.review.${kind}`, { who: shownWho(who), date: businessDate(at.slice(0, 10), languageNow()) })}: {reason}
        </p>
      ))}
      <span className="tm-rule-version-buttons">
        {live !== undefined && one.version !== live && (
          <button
            type="button"
            className="tm-link"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
            data-testid={`compare-${one.version}`}
          >
            {t('rules.compare')}
          </button>
        )}
        <button type="button" className="tm-link" data-testid={`take-${one.version}`} onClick={() => take(one)}>
          {t('rules.take')}
        </button>
        {verbsOf(one, approval).map((word) => (
          <button key={word} type="button" className="tm-link" data-testid={`${word}-${one.version}`} onClick={() => setVerb(word)}>
            {t(`rules.verb.${word}`)}
          </button>
        ))}
      </span>
      {open && live !== undefined && one.version !== live && <Compared tag={tag} from={live} to={one.version} />}
      {verb !== null && (
        <ReasonForm key={verb} label={t(`rules.verb.${verb}`)} send={send} cancel={() => setVerb(null)} testId="version-verb">
          <p className="tm-quiet">
            {verb === 'approve' && own ? t('rules.ownVersion') : t(`rules.verbHelp.${verb === 'restore' && approval ? 'propose' : verb}`)}
          </p>
        </ReasonForm>
      )}
    </li>
  );
}

function Compared({ tag, from, to }: { readonly tag: number; readonly from: number; readonly to: number }): ReactElement | null {
  const { t } = useTranslation();
  const { data } = useQuery({ queryKey: ['rule-diff', tag, from, to], queryFn: () => compareVersions(tag, from, to), retry: false });
  if (data === undefined) return null;
  return (
    <>
      {data.equal && <p className="tm-quiet">{t('rules.sameRule')}</p>}
      <DiffLines lines={data.lines} />
    </>
  );
}
