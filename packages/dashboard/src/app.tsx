import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, type ReactElement, Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Redirect, Route, Switch, useRoute } from 'wouter';
import { runTopic, useFeed, useSeq } from './feed/hooks.ts';
import { SERVICE_TOPIC } from './feed/service.ts';
import { Header } from './frame/header.tsx';
import { KeyPrompt } from './frame/key-prompt.tsx';
import { LinkBanner } from './frame/link-chip.tsx';
import { usePageKeys } from './frame/page-keys.ts';
import { Rail } from './frame/rail.tsx';
import { ServiceBanners } from './frame/service-banners.tsx';
import { ExecutorsPage } from './pages/executors-page.tsx';
import { Home } from './pages/home.tsx';
import { InboxPage } from './pages/inbox-page.tsx';
import { RecoveryPage } from './pages/recovery-page.tsx';
import { RulesPage } from './pages/rules-page.tsx';
import { RunPage } from './pages/run-page.tsx';
import { SettingsPage } from './pages/settings-page.tsx';
import { UsersPage } from './pages/users-page.tsx';
import { Palette } from './palette/palette.tsx';
import { resolver, theme } from './theme/mantine.ts';

/** The editor comes when a rule is first opened. */
const RulePage = lazy(async () => ({ default: (await import('./pages/rule-page.tsx')).RulePage }));

const queries = new QueryClient();

export function App(): ReactElement {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={resolver} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <Frame />
      </QueryClientProvider>
    </MantineProvider>
  );
}

function Frame(): ReactElement {
  const { t } = useTranslation();
  useSeqMark();
  usePageKeys();
  return (
    <div className="tm-frame">
      <a className="tm-skip" href="#panel">
        {t('skipToPanel')}
      </a>
      <Rail />
      <div className="tm-page">
        <Header />
        <LinkBanner />
        <ServiceBanners />
        <Suspense fallback={<main className="tm-loading" aria-busy="true" />}>
          <Switch>
            <Route path="/runs/:id">{({ id }) => <RunPage runId={id} />}</Route>
            <Route path="/executors" component={ExecutorsPage} />
            <Route path="/rules/:tag">{({ tag }) => <RulePage tag={Number(tag)} />}</Route>
            <Route path="/rules" component={RulesPage} />
            <Route path="/inbox" component={InboxPage} />
            <Route path="/users/:user">{({ user }) => <UsersPage key={user} user={decodeURIComponent(user)} />}</Route>
            <Route path="/users">
              <UsersPage user="" />
            </Route>
            <Route path="/settings" component={SettingsPage} />
            <Route path="/recovery" component={RecoveryPage} />
            <Route path="/" component={Home} />
            <Route>
              <Redirect to="/" replace />
            </Route>
          </Switch>
        </Suspense>
      </div>
      <Palette />
      <KeyPrompt />
    </div>
  );
}

/** Marks the root with the number of the last delta that is on the screen; tests wait on it. */
function useSeqMark(): void {
  const [onRun, params] = useRoute('/runs/:id');
  const [onExecutors] = useRoute('/executors');
  const [onRecovery] = useRoute('/recovery');
  const topic = onRun ? runTopic(params.id) : onExecutors ? 'executors' : onRecovery ? SERVICE_TOPIC : 'runs';
  const seq = useSeq(topic);
  const epoch = useFeed((state) => (topic === null ? undefined : state.topics[topic]?.state?.epoch));
  useEffect(() => {
    const root = document.getElementById('root');
    if (root === null) return;
    root.dataset['topic'] = topic ?? '';
    root.dataset['seq'] = seq === null ? '' : String(seq);
    root.dataset['epoch'] = epoch ?? '';
  }, [topic, seq, epoch]);
}
