import '@fontsource/inter/latin-400.css';
import '@fontsource/inter/latin-500.css';
import '@fontsource/inter/latin-600.css';
import '@fontsource/jetbrains-mono/latin-400.css';
import '@mantine/core/styles.layer.css';
import './theme/base.css';
import './theme/frame.css';
import './theme/run.css';
import './theme/panel.css';
import './theme/pages.css';
import './theme/recovery.css';
import './theme/rules.css';
import './theme/tags.css';
import './theme/phone.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { feed } from './feed/browser.ts';
import { startLanguage } from './i18n/setup.ts';

startLanguage();
feed.start();

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with id root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
