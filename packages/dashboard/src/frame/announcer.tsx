/** Says aloud what changed: counts politely and at most every 5 s, a failure at once and once. */
import type { InstanceRecord } from '@tagmill/shared/feed/views';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { STRIP } from '../run/count-strip.tsx';
import type { Mark } from '../theme/tokens.ts';

const EVERY_MS = 5_000;

interface Props {
  readonly records: Readonly<Record<string, InstanceRecord>>;
  readonly counts: Readonly<Record<Mark, number>>;
}

export function Announcer({ records, counts }: Props): ReactElement {
  const { t } = useTranslation();
  const [polite, setPolite] = useState('');
  const [urgent, setUrgent] = useState('');
  const said = useRef(counts);
  const latest = useRef(counts);
  latest.current = counts;
  const failed = useRef(
    new Set(
      Object.values(records)
        .filter((one) => one.state === 'failed')
        .map((one) => one.id),
    ),
  );
  useEffect(() => {
    const timer = setInterval(() => {
      const changed = STRIP.filter((mark) => said.current[mark] !== latest.current[mark]);
      if (changed.length === 0) return;
      said.current = latest.current;
      setPolite(t('spoken.counts', { parts: changed.map((mark) => `${t(`state.${mark}`)} ${latest.current[mark]}`).join(', ') }));
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [t]);
  useEffect(() => {
    const fresh = Object.values(records).filter((one) => one.state === 'failed' && !failed.current.has(one.id));
    if (fresh.length === 0) return;
    for (const one of fresh) failed.current.add(one.id);
    setUrgent(fresh.map((one) => t('spoken.failed', { name: one.name })).join(', '));
  }, [records, t]);
  return (
    <div className="tm-sr">
      <div aria-live="polite">{polite}</div>
      <div aria-live="assertive">{urgent}</div>
    </div>
  );
}
