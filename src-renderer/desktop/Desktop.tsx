import { useEffect, useState, type ReactNode } from 'react';
import { Panel } from '../available-networks/Panel';
import { ServiceDialogs } from '../connect/ServiceDialogs';
import { FolderIcon, LogIcon } from '../icons/icons';
import { actions, useApp } from '../store';
import { t } from '../../src-text';
import { prepareSurfaces, Surfaces } from './Surfaces';
import { Taskbar } from './Taskbar';
import { Wallpaper } from './Wallpaper';

function DesktopIcons(): ReactNode {
  return (
    <div className="desktop-icons" role="group" aria-label={t('desktop.recycle')}>
      <button type="button" className="bare" onClick={() => actions.open({ kind: 'connections' })}>
        <FolderIcon size={48} />
        {t('connections.title')}
      </button>
      <button type="button" className="bare" onClick={() => actions.open({ kind: 'log', name: null })}>
        <LogIcon size={48} />
        {t('desktop.open-log')}
      </button>
    </div>
  );
}

/** The panel goes when the person clicks anywhere else; its own button toggles it. */
function useDismissPanel(open: boolean): void {
  useEffect(() => {
    if (!open) return undefined;
    const outside = (event: Event): void => {
      if (event.target instanceof Element && event.target.closest('.panel, .menu, [data-panel-toggle]') === null)
        actions.togglePanel(false);
    };
    window.addEventListener('pointerdown', outside);
    return () => window.removeEventListener('pointerdown', outside);
  }, [open]);
}

/** The panel comes first: true once it was painted and nothing more urgent is to be done. */
function useFirstPainted(attached: boolean): boolean {
  const [painted, setPainted] = useState(false);
  useEffect(() => {
    if (!attached || painted) return undefined;
    let idle = 0;
    const frame = window.requestAnimationFrame(
      () => (idle = window.requestIdleCallback(() => setPainted(true), { timeout: 1_000 })),
    );
    return () => {
      window.cancelAnimationFrame(frame);
      window.cancelIdleCallback(idle);
    };
  }, [attached, painted]);
  return painted;
}

/** The browser host's page: every surface on one small desktop. */
export function Desktop(): ReactNode {
  const attached = useApp((state) => state.attached);
  const version = useApp((state) => state.version);
  const panelOpen = useApp((state) => state.panelOpen);
  useDismissPanel(panelOpen && attached);
  const painted = useFirstPainted(attached);
  useEffect(() => {
    if (painted) prepareSurfaces();
  }, [painted]);
  return (
    <div className="desktop">
      {painted && <Wallpaper />}
      {!attached && (
        <p className="notice" role="status">
          {t(version === '' ? 'app.loading' : 'app.lost')}
        </p>
      )}
      <main>
        <h1 className="visually-hidden">{t('app.name')}</h1>
        <DesktopIcons />
        <Surfaces />
        <ServiceDialogs />
        {panelOpen && version !== '' && <Panel onDismiss={() => actions.togglePanel(false)} />}
      </main>
      <Taskbar />
    </div>
  );
}
