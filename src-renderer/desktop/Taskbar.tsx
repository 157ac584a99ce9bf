import { useCallback, useState, type MouseEvent, type ReactNode } from 'react';
import type { StatusObject } from '../../src-core/connection/status';
import { AppIcon, FolderIcon, LogIcon, TrayIcon, VpnIcon } from '../icons/icons';
import { actions, surfaceId, useApp, type Surface } from '../store';
import { currentLocale, safeText, t } from '../../src-text';
import { trayText } from '../../src-text/connectivity';
import { isActive, isUp, takingEverything, trayState } from '../views';
import { ContextMenu, type MenuItem } from '../widgets/ContextMenu';
import { raise, useStack } from '../widgets/stack';
import { useNow } from '../widgets/use-now';

function Clock(): ReactNode {
  const now = new Date(useNow(1000));
  return (
    <time className="clock" dateTime={now.toISOString()}>
      {now.toLocaleTimeString(currentLocale(), { hour: '2-digit', minute: '2-digit' })}
      <br />
      {now.toLocaleDateString(currentLocale())}
    </time>
  );
}

export function surfaceTitle(surface: Surface): string {
  switch (surface.kind) {
    case 'status':
      return t('status.title', { name: surface.name });
    case 'properties':
      return t('properties.title', { name: surface.name });
    case 'diagnosis':
      return t('diagnosis.title', { name: surface.name });
    case 'log':
      return surface.name === null ? t('log.title') : t('log.title-of', { name: surface.name });
    case 'connections':
      return t('connections.title');
  }
}

function surfaceIcon(surface: Surface): ReactNode {
  if (surface.kind === 'log') return <LogIcon size={24} />;
  if (surface.kind === 'connections') return <FolderIcon size={24} />;
  return <VpnIcon size={24} />;
}

function TaskButtons(): ReactNode {
  const windows = useApp((state) => state.windows);
  const minimized = useApp((state) => state.minimized);
  const front = useStack((state) => state.order.at(-1));
  return (
    <div className="tasks">
      {windows.map((surface) => {
        const id = surfaceId(surface);
        const pressed = front === id && !minimized.includes(id);
        const onClick = (): void => {
          if (pressed) actions.minimize(id);
          else {
            actions.restore(id);
            raise(id);
          }
        };
        return (
          <button key={id} type="button" className="bare" aria-pressed={pressed} onClick={onClick}>
            {surfaceIcon(surface)}
            <span>{surfaceTitle(surface)}</span>
          </button>
        );
      })}
    </div>
  );
}

/** Longer lists are no quick way to anything. */
const mostInSubmenu = 20;

/** The menu of windows7-ux 1.2, but Exit: a page cannot end the service, and what does not apply is left out. */
function TrayMenu({
  at,
  onClose,
}: {
  readonly at: { readonly x: number; readonly y: number };
  readonly onClose: () => void;
}): ReactNode {
  const statuses = Object.values(useApp((state) => state.statuses));
  const submenu = (label: string, chosen: readonly StatusObject[], act: (name: string) => void): readonly MenuItem[] =>
    chosen.length === 0
      ? []
      : [
          {
            label,
            items: chosen
              .slice(0, mostInSubmenu)
              .map(({ connection }) => ({ label: safeText(connection, 64), act: () => act(connection) })),
          },
        ];
  const items: readonly MenuItem[] = [
    { label: t('panel.title'), isDefault: true, act: () => actions.togglePanel(true) },
    ...submenu(
      t('button.connect'),
      statuses.filter(({ state }) => state === 'Disconnected'),
      actions.connect,
    ),
    ...submenu(
      t('button.disconnect'),
      statuses.filter(({ state }) => isActive(state)),
      actions.disconnect,
    ),
    { separator: true },
    ...submenu(
      t('panel.status'),
      statuses.filter(({ state }) => isUp(state)),
      (name) => actions.open({ kind: 'status', name }),
    ),
    { label: t('log.title'), act: () => actions.open({ kind: 'log', name: null }) },
    { separator: true },
    { label: t('tray.options'), act: () => actions.open({ kind: 'connections' }) },
  ];
  return <ContextMenu label={t('desktop.notification-area')} at={at} items={items} onClose={onClose} />;
}

/**
 * The tray icon: left click opens View Available Networks and a second one closes it, a double click opens it, right
 * click is for the menu.
 */
function Tray(): ReactNode {
  // Derived in the selectors: a counter of one connection draws nothing here.
  const text = useApp(({ statuses, profiles, adapters }) =>
    trayText(
      Object.values(statuses),
      takingEverything(profiles),
      adapters.some(({ connected }) => connected),
    ),
  );
  const picture = useApp((state) => trayState(Object.values(state.statuses), state.adapters));
  const open = useApp((state) => state.panelOpen);
  const [menu, setMenu] = useState<{ x: number; y: number } | null>(null);
  const closeMenu = useCallback(() => setMenu(null), []);
  const onContextMenu = (event: MouseEvent): void => {
    event.preventDefault();
    setMenu({ x: event.clientX, y: event.clientY });
  };
  return (
    <>
      <button
        type="button"
        className="bare tray-button"
        data-panel-toggle=""
        title={text}
        aria-label={t('tray.icon', { state: text.replaceAll('\n', ', ') })}
        aria-expanded={open}
        onClick={({ detail }) => actions.togglePanel(detail > 1 ? true : undefined)}
        onContextMenu={onContextMenu}
      >
        <TrayIcon state={picture} />
      </button>
      {menu !== null && <TrayMenu at={menu} onClose={closeMenu} />}
    </>
  );
}

export function Taskbar(): ReactNode {
  return (
    <nav className="taskbar" aria-label={t('desktop.taskbar')}>
      <button
        type="button"
        className="bare start"
        aria-label={t('desktop.start')}
        onClick={() => actions.open({ kind: 'connections' })}
      >
        <AppIcon size={34} />
      </button>
      <TaskButtons />
      <div className="tray" role="group" aria-label={t('desktop.notification-area')}>
        <Tray />
        <Clock />
        <button
          type="button"
          className="bare show-desktop"
          aria-label={t('desktop.show-desktop')}
          title={t('desktop.show-desktop')}
          onClick={actions.minimizeAll}
        />
      </div>
    </nav>
  );
}
