/** What the rule would do against the live one: figures, and users who come and go. */
import type { PreviewAnswer } from '@tagmill/shared/api/rules';
import { LogIn, LogOut, CircleQuestionMark, Equal } from 'lucide-react';
import { type ReactElement, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { languageNow } from '../i18n/setup.ts';
import { businessDate, count } from '../ui/format.ts';
import type { PreviewSeen } from './use-preview.ts';

const MOVES = ['enter', 'exit', 'unknown'] as const;
type Move = (typeof MOVES)[number];
const ICON = { enter: LogIn, exit: LogOut, unknown: CircleQuestionMark } as const;

export function PreviewCard({
  seen,
  blocked,
  explain,
}: {
  readonly seen: PreviewSeen;
  readonly blocked: boolean;
  readonly explain: (user: string) => void;
}): ReactElement {
  const { t } = useTranslation();
  const { answer, counting, error } = seen;
  return (
    <section className="tm-section" data-testid="rule-preview" data-state={counting ? 'counting' : (answer?.state ?? 'none')}>
      <h3>
        {answer?.live_version == null || answer.against !== 'live'
          ? t('rules.preview')
          : t('rules.against', { version: answer.live_version })}
        {answer !== null && (
          <span className="tm-quiet">{t('rules.dataOf', { date: businessDate(answer.basis.business_date, languageNow()) })}</span>
        )}
      </h3>
      {error !== null && (
        <p className="tm-note tm-note-bad" role="alert">
          {error.message} <code>{error.code}</code>
        </p>
      )}
      {answer === null && error === null && <p className="tm-quiet">{blocked ? t('rules.previewWaits') : t('rules.counting')}</p>}
      {answer?.figures != null && <Figures answer={answer} />}
      {answer !== null && (counting || !answer.exact || blocked) && (
        <p className="tm-quiet" role="status">
          {blocked ? t('rules.previewOld') : t('rules.estimate', { done: answer.shards_done, total: answer.shards_total })}
        </p>
      )}
      {answer !== null && answer.downstream.length > 0 && (
        <p className="tm-quiet" data-testid="preview-downstream">
          {t('rules.readBy', { tags: answer.downstream.map((one) => one.tag_name).join(', ') })}
        </p>
      )}
      {answer !== null && <Samples answer={answer} explain={explain} />}
    </section>
  );
}

function Figures({ answer }: { readonly answer: PreviewAnswer }): ReactElement | null {
  const { t } = useTranslation();
  const { figures } = answer;
  if (figures === null) return null;
  const before = answer.against === 'held' ? figures.held : figures.live_matched;
  const most = Math.max(1, figures.matched, before ?? 0);
  const rows = [
    ['enter', LogIn, figures.enter],
    ['exit', LogOut, figures.exit],
    ['stay', Equal, figures.stay],
    ['unknown', CircleQuestionMark, figures.unknown],
  ] as const;
  return (
    <>
      <p className="tm-rule-figures">
        {before !== null && <span>{count(before)} →</span>}
        <b data-testid="preview-matched">{count(figures.matched)}</b>
        <span>{t('rules.ofUsers', { users: count(figures.users) })}</span>
      </p>
      <dl className="tm-rule-moves">
        {rows
          .filter(([, , value]) => value !== null)
          .map(([move, Icon, value]) => (
            <div key={move} data-move={move}>
              <dt>
                <Icon size={13} aria-hidden="true" /> {t(`rules.move.${move}`)}
              </dt>
              <dd>
                <i className="tm-meter" aria-hidden="true">
                  <i style={{ width: `${Math.min(100, ((value ?? 0) / most) * 100)}%` }} />
                </i>
                <b data-testid={`preview-${move}`}>{count(value ?? 0)}</b>
                {move === 'unknown' && (figures.unknown_held ?? 0) > 0 && (
                  <span className="tm-quiet">{t('rules.held', { count: figures.unknown_held ?? 0 })}</span>
                )}
              </dd>
            </div>
          ))}
      </dl>
    </>
  );
}

function Samples({ answer, explain }: { readonly answer: PreviewAnswer; readonly explain: (user: string) => void }): ReactElement {
  const { t } = useTranslation();
  const [only, setOnly] = useState<Move | null>(null);
  const shown = MOVES.filter((move) => only === null || only === move).flatMap((move) =>
    answer.samples[move].slice(0, only === null ? 3 : 10).map((user) => ({ move, user })),
  );
  return (
    <div className="tm-rule-samples">
      <h3>
        {t('rules.samples')}
        <span className="tm-grow" />
        {MOVES.map((move) => (
          <button
            key={move}
            type="button"
            className="tm-link"
            aria-pressed={only === move}
            onClick={() => setOnly(only === move ? null : move)}
          >
            {t(`rules.move.${move}`)}
          </button>
        ))}
      </h3>
      {shown.length === 0 && <p className="tm-quiet">{t('rules.noSamples')}</p>}
      <ul>
        {shown.map(({ move, user }) => {
          const Icon = ICON[move];
          return (
            <li key={`${move} ${user}`} data-testid={`sample-${move}`}>
              <Icon size={13} aria-label={t(`rules.move.${move}`)} />
              <button type="button" className="tm-link" onClick={() => explain(user)}>
                <code>{user}</code>
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
