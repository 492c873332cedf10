/** Everything the palette knows, in the order in which it is offered: actions on tasks last, for there are many. */
import { useQuery } from '@tanstack/react-query';
import { ACTIONS } from '@tagmill/shared/words';
import { useTranslation } from 'react-i18next';
import { useLocation, useRoute } from 'wouter';
import { listTags } from '../api/rules.ts';
import { useInstances, useRuns } from '../feed/hooks.ts';
import { PAGE_KEYS } from '../frame/pages.ts';
import { languageNow } from '../i18n/setup.ts';
import { openPreview } from '../run/preview-store.ts';
import { newestFirst } from '../run/recent-runs.tsx';
import { taskHref } from '../run/task-href.ts';
import { businessDate } from '../ui/format.ts';
import { type Entry, fitting } from './entries.ts';

export interface Choice extends Entry {
  readonly choose: () => void;
}

export function useEntries(typed: string): readonly Choice[] {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const [onRun, params] = useRoute('/runs/:id');
  const runId = onRun ? params.id : null;
  const instances = Object.values(useInstances(runId));
  const runs = newestFirst(useRuns());
  const { data: tags } = useQuery({ queryKey: ['tags'], queryFn: listTags, retry: false });
  const text = typed.trim();
  function* all(): Generator<Choice> {
    for (const [key, href, word] of PAGE_KEYS)
      yield { id: `page ${word}`, kind: 'page', label: t(`rail.${word}`), hint: `g ${key}`, choose: () => go(href) };
    for (const { tag_id, tag_name } of tags ?? [])
      yield {
        id: `tag ${tag_id}`,
        kind: 'tag',
        label: tag_name,
        hint: t('panel.tag', { id: tag_id }),
        choose: () => go(`/rules/${tag_id}`),
      };
    for (const { id, businessDate: date, mode } of runs) {
      const hint = date === null ? t('header.noDate') : businessDate(date, languageNow());
      yield { id: `run ${id}`, kind: 'run', label: t(`mode.${mode}`, { defaultValue: mode }), hint, choose: () => go(`/runs/${id}`) };
    }
    if (text === '' || runId === null) return;
    for (const { id, name } of instances)
      yield { id: `task ${id}`, kind: 'task', label: name, hint: t('palette.task'), choose: () => go(taskHref(id)) };
    for (const { id, name, refusals } of instances)
      for (const action of ACTIONS)
        if (refusals[action] === null)
          yield {
            id: `${action} ${id}`,
            kind: 'action',
            label: `${t(`action.${action}`)} ${name}…`,
            hint: t('palette.preview'),
            choose: () => {
              go(taskHref(id));
              openPreview({ runId, action, ids: [id] });
            },
          };
  }
  const found = fitting(all(), text);
  if (text === '') return found;
  const user: Choice = {
    ...{ id: 'user', kind: 'user', label: text, hint: t('palette.user') },
    choose: () => go(`/users/${encodeURIComponent(text)}`),
  };
  return [...found, user];
}
