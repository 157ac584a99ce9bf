import { Fragment, StrictMode, useEffect, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import './theme/index.css';
import { followTheme } from './appearance';
import { keepAttached } from './connection';
import { Desktop } from './desktop/Desktop';
import { DesktopWindow } from './desktop/DesktopWindow';
import { IconDefinitions } from './icons/icons';
import { attach, detach, setVisible, useApp } from './store';
import { contentOfHash } from './surfaces';

const content = contentOfHash(window.location.hash);
// The browser host opens with the panel shown, as after a click on the tray icon.
useApp.setState({
  panelOpen: true,
  windows: content === null || content.kind === 'panel' || content.kind === 'connect' ? [] : [content],
});

followTheme();
keepAttached(attach, detach);
document.addEventListener('visibilitychange', () => setVisible(document.visibilityState === 'visible'));

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root element.');

/** Another language draws everything anew: texts are looked up while drawing. */
function Page(): ReactNode {
  const language = useApp((state) => state.language);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  return <Fragment key={language}>{content === null ? <Desktop /> : <DesktopWindow content={content} />}</Fragment>;
}

createRoot(root).render(
  <StrictMode>
    <IconDefinitions />
    <Page />
  </StrictMode>,
);
