import { join } from 'node:path';
import { Menu, nativeImage, Tray, type NativeImage } from 'electron';
import type { StatusObject } from '../../src-core/connection/status';
import { trayText } from '../../src-text/connectivity';
import { trayMenu, trayPicture, type TrayActions, type TrayPicture } from './tray-menu';

/** Longer menus are no quick way to anything. */
const mostRecent = 20;
const pictures: readonly TrayPicture[] = ['connected', 'busy', 'dormant', 'idle'];

/** Names in the order in which they were last connected, kept from run to run. */
export interface RecentNames {
  read(): readonly string[];
  write(names: readonly string[]): void;
}

/** What the icon tells of. */
export interface TrayNetworks {
  readonly statuses: readonly StatusObject[];
  /** The connections that take all traffic. */
  readonly everything: ReadonlySet<string>;
  /** A network is there to connect through. */
  readonly available: boolean;
}

export interface TrayIcon {
  update(networks: TrayNetworks): void;
  setStartAtLogin(enabled: boolean | null): void;
  destroy(): void;
}

/** The notification-area icon: one picture a state, changed only when the state is another. */
export function createTrayIcon(assets: string, actions: TrayActions, remembered: RecentNames): TrayIcon {
  const images = new Map<TrayPicture, NativeImage>(
    pictures.map((picture) => [picture, nativeImage.createFromPath(join(assets, 'tray', `${picture}.png`))]),
  );
  const tray = new Tray(images.get('idle') ?? nativeImage.createEmpty());
  let recent = remembered.read();
  let shown: TrayPicture = 'idle';
  let menuKey = '';
  let tooltip = '';
  let startAtLogin: boolean | null = null;
  let known: readonly StatusObject[] = [];
  tray.on('click', () => actions.panel());

  const draw = (): void => {
    // A menu that is open must not be replaced by an equal one at each counter update.
    const key = JSON.stringify([startAtLogin, recent, known.map(({ connection, state }) => [connection, state])]);
    if (key === menuKey) return;
    menuKey = key;
    tray.setContextMenu(Menu.buildFromTemplate(trayMenu(known, recent, actions, startAtLogin)));
  };
  const use = (names: readonly string[]): void => {
    const next = [...names, ...recent.filter((name) => !names.includes(name))].slice(0, mostRecent);
    if (next.every((name, index) => name === recent[index]) && next.length === recent.length) return;
    recent = next;
    remembered.write(recent);
  };

  return {
    update: ({ statuses, everything, available }) => {
      known = statuses;
      const text = trayText(statuses, everything, available);
      if (text !== tooltip) tray.setToolTip(text);
      tooltip = text;
      use(statuses.filter(({ state }) => state === 'Connecting').map(({ connection }) => connection));
      const picture = trayPicture(statuses);
      const image = images.get(picture);
      if (picture !== shown && image !== undefined) tray.setImage(image);
      shown = picture;
      draw();
    },
    setStartAtLogin: (enabled) => {
      startAtLogin = enabled;
      draw();
    },
    destroy: () => tray.destroy(),
  };
}
