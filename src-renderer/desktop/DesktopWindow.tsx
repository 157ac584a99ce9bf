import { useEffect, type ReactNode } from 'react';
import { Panel } from '../available-networks/Panel';
import { FailureDialog } from '../connect/ErrorDialog';
import { ConnectionDialogs, useHasDialog } from '../connect/ServiceDialogs';
import { actions, surfaceId, useApp } from '../store';
import type { Surface, WindowContent } from '../surfaces';
import { t } from '../../src-text';
import { SurfaceWindow } from './Surfaces';

/** The surface that this system window shows; it closes when the person closes the surface. */
function OneSurface({ surface }: { readonly surface: Surface }): ReactNode {
  const open = useApp((state) => state.windows.some((other) => surfaceId(other) === surfaceId(surface)));
  useEffect(() => {
    if (!open) window.close();
  }, [open]);
  return open ? <SurfaceWindow surface={surface} hidden={false} /> : null;
}

function OnePanel(): ReactNode {
  const open = useApp((state) => state.panelOpen);
  useEffect(() => {
    if (!open) window.close();
  }, [open]);
  return <Panel onDismiss={() => actions.togglePanel(false)} />;
}

/** Credentials, progress and errors of one connection; gone when it has nothing more to say. */
function OneConnect({ name }: { readonly name: string }): ReactNode {
  const something = useHasDialog(name);
  useEffect(() => {
    if (!something) window.close();
  }, [something]);
  return <ConnectionDialogs name={name} />;
}

function Content({ content }: { readonly content: WindowContent }): ReactNode {
  switch (content.kind) {
    case 'panel':
      return <OnePanel />;
    case 'connect':
      return <OneConnect name={content.name} />;
    default:
      return <OneSurface surface={content} />;
  }
}

/** Under Electron: one surface fills the frameless system window. */
export function DesktopWindow({ content }: { readonly content: WindowContent }): ReactNode {
  const ready = useApp((state) => state.version !== '');
  return (
    <main className="fills-window">
      <h1 className="visually-hidden">{t('app.name')}</h1>
      {ready && <Content content={content} />}
      <FailureDialog />
    </main>
  );
}
