import type { App, Session, WebContents } from 'electron';
import { parseSurfaceUrl, type Surface } from './surfaces';

/** No permission is ever granted: the page needs none. Copying goes through the page's own selection. */
export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, callback) => callback(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
}

/**
 * Applies to every web contents there will ever be: none navigates, none embeds, and window.open only names a surface.
 */
export function guardNavigation(app: App, open: (surface: Surface) => void): void {
  app.on('web-contents-created', (_event, contents: WebContents) => {
    contents.on('will-navigate', (event) => event.preventDefault());
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-frame-navigate', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => {
      const surface = parseSurfaceUrl(url);
      if (surface !== null) open(surface);
      return { action: 'deny' };
    });
  });
}
