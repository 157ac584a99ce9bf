import type { App } from 'electron';
import { backgroundSwitch, createAutostartFile, type LoginItem } from '../service/login-item';

/** The system's own list of login items where Electron knows it; a file in the autostart folder on Linux. */
export function createLoginItem(
  app: Pick<App, 'isPackaged' | 'getAppPath' | 'getLoginItemSettings' | 'setLoginItemSettings'>,
  host: { readonly platform: NodeJS.Platform; readonly execPath: string; readonly env: NodeJS.ProcessEnv },
): LoginItem {
  if (host.platform === 'linux') {
    // An AppImage runs from a mount that is gone at the next login: it says itself where its file is.
    const program = host.env['APPIMAGE'] ?? host.execPath;
    return createAutostartFile(app.isPackaged ? [program] : [program, app.getAppPath()], host.env);
  }
  const args = [...(app.isPackaged ? [] : [app.getAppPath()]), backgroundSwitch];
  return {
    get enabled() {
      return app.getLoginItemSettings({ args }).openAtLogin;
    },
    set: (enabled) => app.setLoginItemSettings({ openAtLogin: enabled, args }),
  };
}
