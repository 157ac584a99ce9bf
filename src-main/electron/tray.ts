import { join } from 'node:path';
import { Menu, nativeImage, Tray, type NativeImage } from 'electron';
import type { StatusObject } from '../../src-core/connection/status';
import { trayMenu, trayPicture, trayTooltip, type TrayActions, type TrayPicture } from './tray-menu';

const pictures: readonly TrayPicture[] = ['connected', 'busy', 'dormant', 'idle'];

export interface TrayIcon {
  update(statuses: readonly StatusObject[]): void;
  destroy(): void;
}

/** The notification-area icon: one picture a state, changed only when the state is another. */
export function createTrayIcon(assets: string, actions: TrayActions): TrayIcon {
  const images = new Map<TrayPicture, NativeImage>(pictures.map((picture) => [picture, nativeImage.createFromPath(join(assets, 'tray', `${picture}.png`))]));
  const tray = new Tray(images.get('idle') ?? nativeImage.createEmpty());
  // Names in the order in which they were last connected.
  let recent: readonly string[] = [];
  let shown: TrayPicture = 'idle';
  let menuKey = '';
  tray.on('click', () => actions.panel());

  return {
    update: (statuses) => {
      const connecting = statuses.filter(({ state }) => state === 'Connecting').map(({ connection }) => connection);
      recent = [...connecting, ...recent.filter((name) => !connecting.includes(name))];
      const picture = trayPicture(statuses);
      const image = images.get(picture);
      if (picture !== shown && image !== undefined) tray.setImage(image);
      shown = picture;
      // A menu that is open must not be replaced by an equal one at each counter update.
      const key = JSON.stringify([recent, statuses.map(({ connection, state }) => [connection, state])]);
      if (key === menuKey) return;
      menuKey = key;
      tray.setToolTip(trayTooltip(statuses));
      tray.setContextMenu(Menu.buildFromTemplate(trayMenu(statuses, recent, actions)));
    },
    destroy: () => tray.destroy(),
  };
}
