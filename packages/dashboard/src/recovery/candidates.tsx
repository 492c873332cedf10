/** The copies of the journal that there were, and why one of them was taken. */
import type { RecoveryCandidate, RecoveryReport } from '@tagmill/shared/api/recovery';
import { useMediaQuery } from '@mantine/hooks';
import { CircleDashed, Cloud, FileX, HardDrive, Link2, type LucideIcon, Scissors, Server, Unlink } from 'lucide-react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { count, sentence } from '../ui/format.ts';
import { Glyph } from '../ui/glyph.tsx';
import { ReportButton } from './report-button.tsx';
import { span } from './span.ts';

const SOURCE_ICON: Readonly<Record<RecoveryCandidate['source'], LucideIcon>> = { own: HardDrive, executor: Server, s3: Cloud };
const CHAIN_ICON: Readonly<Record<RecoveryCandidate['chain'], LucideIcon>> = {
  whole: Link2,
  torn: Scissors,
  broken: Unlink,
  unreadable: FileX,
  missing: CircleDashed,
};
const RANK: Readonly<Record<RecoveryCandidate['verdict'], number>> = { wins: 0, 'not-used': 1, refused: 2, missing: 3 };

/** The winner first, then by what they hold. */
export const inOrder = (candidates: readonly RecoveryCandidate[]): RecoveryCandidate[] =>
  [...candidates].sort(
    (a, b) =>
      RANK[a.verdict] - RANK[b.verdict] ||
      (b.term ?? -1) - (a.term ?? -1) ||
      (b.seq ?? -1) - (a.seq ?? -1) ||
      a.name.localeCompare(b.name, 'en', { numeric: true }),
  );

/** Ends of the axis from snapshot to head: a little before the oldest snapshot, up to the furthest head. */
export function axisOf(candidates: readonly RecoveryCandidate[]): { readonly from: number; readonly to: number } {
  const heads = candidates.flatMap((one) => one.seq ?? []);
  const to = Math.max(1, ...heads);
  const oldest = Math.min(to, ...candidates.flatMap((one) => (one.seq === null ? [] : [one.snapshotSeq ?? 0])));
  return { from: oldest - (to - oldest || to) * 0.08, to };
}

export function Candidates({ report }: { readonly report: RecoveryReport }): ReactElement {
  const { t } = useTranslation();
  const narrow = useMediaQuery('(max-width: 767px)', undefined, { getInitialValueInEffect: false }) ?? false;
  const all = inOrder(report.candidates);
  const axis = axisOf(all);
  return (
    <section className="tm-rec-card" aria-labelledby="rec-candidates">
      <header>
        <h2 id="rec-candidates">{t('recovery.candidates')}</h2>
        <span className="tm-quiet tm-rec-rule">{t('recovery.rule')}</span>
        <ReportButton report={report} />
      </header>
      {all.length === 0 && <p className="tm-quiet tm-rec-none">{t('recovery.noCandidates')}</p>}
      {all.length > 0 && narrow && (
        <ul className="tm-rec-list">
          {all.map((one) => (
            <Item key={`${one.source} ${one.name}`} one={one} startedMs={report.startedMs} />
          ))}
        </ul>
      )}
      {all.length > 0 && !narrow && (
        <table className="tm-table tm-rec-table">
          <thead>
            <tr>
              <th>{t('recovery.copy')}</th>
              <th className="tm-right">{t('recovery.termTitle')}</th>
              <th className="tm-right">{t('recovery.sequence')}</th>
              <th>{t('recovery.fromSnapshot')}</th>
              <th>{t('recovery.hashChain')}</th>
              <th>{t('recovery.verdictTitle')}</th>
              <th>{t('recovery.why')}</th>
            </tr>
          </thead>
          <tbody>
            {all.map((one) => (
              <tr key={`${one.source} ${one.name}`} data-verdict={one.verdict} data-testid={`candidate-${one.name}`}>
                <td>
                  <Name one={one} startedMs={report.startedMs} />
                </td>
                <td className="tm-right">{orDash(one.term)}</td>
                <td className="tm-right">{orDash(one.seq)}</td>
                <td>
                  <Reach one={one} axis={axis} />
                </td>
                <td>
                  <Chain one={one} />
                </td>
                <td>
                  <VerdictChip verdict={one.verdict} />
                </td>
                <td className="tm-rec-why">{one.why}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

interface OneProps {
  readonly one: RecoveryCandidate;
  readonly startedMs: number;
}

const orDash = (value: number | null): string => (value === null ? '–' : count(value));

function Name({ one, startedMs }: OneProps): ReactElement {
  const { t } = useTranslation();
  const Icon = SOURCE_ICON[one.source];
  const old = one.writtenMs === null ? null : t('recovery.old', { time: span(Math.max(0, startedMs - one.writtenMs)) });
  return (
    <span className="tm-rec-name" title={old === null ? undefined : t('recovery.oldHelp')}>
      <Icon size={15} aria-hidden="true" />
      <b>{one.source === 'executor' ? one.name : t(`recovery.source.${one.source}`)}</b>
      <small>{[t(`recovery.holds.${one.source}`), old].filter((part) => part !== null).join(' · ')}</small>
    </span>
  );
}

function Item({ one, startedMs }: OneProps): ReactElement {
  const { t } = useTranslation();
  return (
    <li data-verdict={one.verdict} data-testid={`candidate-${one.name}`}>
      <div className="tm-rec-item">
        <Name one={one} startedMs={startedMs} />
        <VerdictChip verdict={one.verdict} />
      </div>
      {one.seq !== null && (
        <div className="tm-rec-item tm-quiet">
          <span>{t('recovery.at', { term: orDash(one.term), seq: orDash(one.seq) })}</span>
          <Chain one={one} />
        </div>
      )}
      <p>{sentence(one.why)}</p>
    </li>
  );
}

function Reach({ one, axis }: { readonly one: RecoveryCandidate; readonly axis: ReturnType<typeof axisOf> }): ReactElement {
  const { t } = useTranslation();
  if (one.seq === null) return <span className="tm-quiet">{t('recovery.noCopy')}</span>;
  const share = (seq: number): number => (100 * (seq - axis.from)) / (axis.to - axis.from);
  const from = one.snapshotSeq ?? 0;
  const text = t('recovery.reach', { from: count(from), to: count(one.seq) });
  return (
    <span className="tm-rec-reach" role="img" aria-label={text} title={text} data-verdict={one.verdict}>
      <i style={{ left: `${share(from)}%`, width: `${Math.max(0, share(one.seq) - share(from))}%` }} />
      <u style={{ left: `${share(from)}%` }} />
    </span>
  );
}

function Chain({ one }: { readonly one: RecoveryCandidate }): ReactElement {
  const { t } = useTranslation();
  if (one.hash === null && one.chain === 'missing') return <span className="tm-quiet">–</span>;
  const Icon = CHAIN_ICON[one.chain];
  return (
    <span className="tm-rec-chain" data-chain={one.chain} title={t(`recovery.chain.${one.chain}`)}>
      <Icon size={14} aria-hidden="true" />
      <span className={one.hash === null ? undefined : 'tm-sr'}>{t(`recovery.chain.${one.chain}`)}</span>
      {one.hash !== null && <code>{`${one.hash.slice(0, 4)} ${one.hash.slice(4)}`}</code>}
    </span>
  );
}

function VerdictChip({ verdict }: { readonly verdict: RecoveryCandidate['verdict'] }): ReactElement {
  const { t } = useTranslation();
  return (
    <span className="tm-chip tm-rec-chip" data-verdict={verdict}>
      {verdict === 'wins' && <Glyph mark="succeeded" />}
      {verdict === 'refused' && <Glyph mark="failed" />}
      {verdict === 'missing' && <Glyph mark="unregistered" />}
      {t(`recovery.verdict.${verdict}`)}
    </span>
  );
}
