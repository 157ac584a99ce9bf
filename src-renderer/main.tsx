import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './theme/index.css';
import { keepAttached } from './connection';
import { Desktop } from './desktop/Desktop';
import { DesktopWindow } from './desktop/DesktopWindow';
import { IconDefinitions } from './icons/icons';
import { attach, detach, setVisible, useApp } from './store';
import { contentOfHash } from './surfaces';

const content = contentOfHash(window.location.hash);
// The browser host opens with the panel shown, as after a click on the tray icon.
useApp.setState({ panelOpen: true, windows: content === null || content.kind === 'panel' || content.kind === 'connect' ? [] : [content] });

keepAttached(attach, detach);
document.addEventListener('visibilitychange', () => setVisible(document.visibilityState === 'visible'));

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root element.');
createRoot(root).render(
  <StrictMode>
    <IconDefinitions />
    {content === null ? <Desktop /> : <DesktopWindow content={content} />}
  </StrictMode>,
);
