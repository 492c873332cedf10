/** One tag of the catalogue. */
import type { OverviewTag } from '@tagmill/shared/api/tag-overview';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { coverage, countOrDash, percent } from '../rules/last-run-card.tsx';
import { taskHref } from '../run/task-href.ts';
import { signed } from '../ui/format.ts';
import { Glyph } from '../ui/glyph.tsx';
import { Sparkline } from './sparkline.tsx';
import { tagState } from './tag-states.ts';

/** Beyond this share of unknowns a tag stands out. */
const MANY_UNKNOWN = 0.1;

interface Props {
  readonly one: OverviewTag;
  readonly chosen: boolean;
  readonly choose: () => void;
}

export function TagRow({ one, chosen, choose }: Props): ReactElement {
  const { t } = useTranslation();
  const { last } = one;
  const state = tagState(one);
  const share = coverage(last);
  const unknown = last?.unknown != null && last.evaluated ? last.unknown / last.evaluated : null;
  return (
    <tr
      className="tm-tag-row"
      data-testid={`row-${one.tag_id}`}
      data-chosen={chosen}
      data-state={state}
      onClick={(event) => {
        // Its links lead elsewhere.
        if (event.target instanceof Element && event.target.closest('a') === null) choose();
      }}
    >
      <td>
        <Link href={`/rules/${one.tag_id}`} data-testid={`tag-${one.tag_id}`} title={one.description}>
          <b>{one.tag_name}</b>
        </Link>{' '}
        <span className="tm-quiet">{one.tag_id}</span>
      </td>
      <td>
        <span className="tm-tag-state" data-state={state}>
          {state === 'held' && <Glyph mark="held" />}
          {t(`catalogue.state.${state}`)}
        </span>
      </td>
      <td className="tm-right">
        <b>{countOrDash(last?.matched)}</b>
      </td>
      <td className="tm-nowrap">
        {share === null ? (
          '–'
        ) : (
          <>
            <i className="tm-meter" aria-hidden="true">
              <i style={{ width: `${share * 100}%` }} />
            </i>{' '}
            {percent(share)}
          </>
        )}
      </td>
      <td>
        <Sparkline sizes={one.sizes.map((size) => size.matched)} />
      </td>
      <td className="tm-right tm-entered">{last?.entered == null ? '–' : signed(last.entered, '+')}</td>
      <td className="tm-right tm-exited">{last?.exited == null ? '–' : signed(last.exited, '−')}</td>
      <td className="tm-right" data-bad={unknown !== null && unknown > MANY_UNKNOWN}>
        {unknown === null ? '–' : percent(unknown)}
      </td>
      <td className="tm-nowrap">
        {last === null ? (
          <span className="tm-quiet">{t('catalogue.never')}</span>
        ) : (
          <Link href={taskHref(last.instance_id)} className="tm-tag-run">
            <Glyph mark={last.held_by_check === null ? last.state : 'held'} /> {last.business_date ?? ''}
          </Link>
        )}
      </td>
      <td className="tm-right">{one.live_version === null ? '–' : t('rules.version', { version: one.live_version })}</td>
    </tr>
  );
}
