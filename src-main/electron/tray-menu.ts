import type { MenuItemConstructorOptions } from 'electron';
import type { ConnectionState, StatusObject } from '../../src-core/connection/status';
import { t } from '../../src-text';

/** What the tray needs. Its words are those of the pages (src-text), in the desktop's language. */
export interface TrayActions {
  panel(): void;
  connect(name: string): void;
  disconnect(name: string): void;
  status(name: string): void;
  options(): void;
  startAtLogin(enabled: boolean): void;
  log(): void;
  exit(): void;
}

export type TrayPicture = 'connected' | 'busy' | 'dormant' | 'idle';

const up: ReadonlySet<ConnectionState> = new Set(['Connected', 'Dormant', 'WaitingToReconnect']);
/** Labels of menus are other people's text: no control characters, no accelerators, not endless. */
const label = (name: string): string =>
  name
    // eslint-disable-next-line no-control-regex -- control characters are what this removes
    .replace(/[\u0000-\u001f\u007f-\u009f]|\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}/gu, '')
    .replaceAll('&', '&&')
    .slice(0, 64);

export function trayPicture(statuses: readonly StatusObject[]): TrayPicture {
  if (statuses.some(({ state }) => state === 'Connecting' || state === 'Disconnecting')) return 'busy';
  if (statuses.some(({ state }) => state === 'Dormant' || state === 'WaitingToReconnect')) return 'dormant';
  return statuses.some(({ state }) => state === 'Connected') ? 'connected' : 'idle';
}

/**
 * The template of windows7-ux 1.2: primary, secondary, separator, what is shown and the check-mark options, separator,
 * Options, Exit. What does not
 * apply is left out, not greyed. Electron draws no default item; it is the first. There is no `Display icon in
 * notification area`: the app lives in
 * its icon, and without it there would be no way back to the windows or to Exit. `recent`: last used first.
 * `startAtLogin` null: not offered.
 */
export function trayMenu(
  statuses: readonly StatusObject[],
  recent: readonly string[],
  actions: TrayActions,
  startAtLogin: boolean | null = null,
): MenuItemConstructorOptions[] {
  const rank = (status: StatusObject): number => {
    const index = recent.indexOf(status.connection);
    return index < 0 ? recent.length : index;
  };
  const sorted = [...statuses].sort((a, b) => rank(a) - rank(b) || a.connection.localeCompare(b.connection));
  const submenu = (
    title: string,
    chosen: readonly StatusObject[],
    act: (name: string) => void,
  ): MenuItemConstructorOptions[] =>
    chosen.length === 0
      ? []
      : [
          {
            label: title,
            submenu: chosen.map((status) => ({ label: label(status.connection), click: () => act(status.connection) })),
          },
        ];
  const isUp = ({ state }: StatusObject): boolean => up.has(state);
  return [
    { label: t('panel.title'), click: () => actions.panel() },
    ...submenu(
      t('button.connect'),
      sorted.filter(({ state }) => state === 'Disconnected'),
      (name) => actions.connect(name),
    ),
    ...submenu(
      t('button.disconnect'),
      sorted.filter((status) => isUp(status) || status.state === 'Connecting'),
      (name) => actions.disconnect(name),
    ),
    { type: 'separator' },
    ...submenu(t('panel.status'), sorted.filter(isUp), (name) => actions.status(name)),
    { label: t('log.title'), click: () => actions.log() },
    ...(startAtLogin === null
      ? []
      : [
          {
            label: t('tray.start-at-login'),
            type: 'checkbox' as const,
            checked: startAtLogin,
            click: () => actions.startAtLogin(!startAtLogin),
          },
        ]),
    { type: 'separator' },
    { label: t('tray.options'), click: () => actions.options() },
    { label: t('tray.exit'), click: () => actions.exit() },
  ];
}
