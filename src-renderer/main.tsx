import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './theme/index.css';
import { keepAttached } from './connection';
import { Desktop } from './desktop/Desktop';
import { IconDefinitions } from './icons/icons';
import { actions, attach, detach, setVisible } from './store';

keepAttached(attach, detach);
document.addEventListener('visibilitychange', () => setVisible(document.visibilityState === 'visible'));
// The browser host opens with the panel shown, as after a click on the tray icon.
actions.togglePanel(true);

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root element.');
createRoot(root).render(
  <StrictMode>
    <IconDefinitions />
    <Desktop />
  </StrictMode>,
);
