/** Every version: who, when, why; two of them side by side; an old one taken up again. */
import { useQuery } from '@tanstack/react-query';
import type { RuleVersion } from '@tagmill/shared/api/rules';
import { type ReactElement, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { compareVersions, readVersions } from '../api/rules.ts';
import { languageNow } from '../i18n/setup.ts';
import { businessDate } from '../ui/format.ts';
import { DiffLines } from './diff-lines.tsx';

const SHOWN = 8;

export function VersionsCard({ tag, take }: { readonly tag: number; readonly take: (version: RuleVersion) => void }): ReactElement {
  const { t } = useTranslation();
  const { data } = useQuery({ queryKey: ['rule-versions', tag], queryFn: () => readVersions(tag), retry: false });
  const [open, setOpen] = useState<number | null>(null);
  const versions = data?.versions ?? [];
  const live = versions.find((one) => one.state === 'live')?.version;
  return (
    <section className="tm-section" data-testid="rule-versions">
      <h3>{t('rules.versions')}</h3>
      <ul className="tm-rule-versions">
        {versions.slice(0, SHOWN).map((one) => (
          <li key={one.version} data-testid={`version-${one.version}`} data-state={one.state}>
            <b>{t('rules.version', { version: one.version })}</b>
            <span className="tm-pill" data-state={one.state}>
              {t(`rules.versionState.${one.state}`)}
            </span>
            <span className="tm-cut" title={one.reason}>
              {one.reason}
            </span>
            <span className="tm-quiet">
              {one.who}, {businessDate(one.at.slice(0, 10), languageNow())}
            </span>
            <span className="tm-rule-version-buttons">
              {live !== undefined && one.version !== live && (
                <button
                  type="button"
                  className="tm-link"
                  aria-expanded={open === one.version}
                  onClick={() => setOpen(open === one.version ? null : one.version)}
                >
                  {t('rules.compare')}
                </button>
              )}
              <button type="button" className="tm-link" data-testid={`take-${one.version}`} onClick={() => take(one)}>
                {t('rules.take')}
              </button>
            </span>
            {open === one.version && live !== undefined && <Compared tag={tag} from={one.version} to={live} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Compared({ tag, from, to }: { readonly tag: number; readonly from: number; readonly to: number }): ReactElement | null {
  const { data } = useQuery({ queryKey: ['rule-diff', tag, from, to], queryFn: () => compareVersions(tag, from, to), retry: false });
  return data === undefined ? null : <DiffLines lines={data.lines} />;
}
