import { app, ipcMain, session } from 'electron';
import { join } from 'node:path';
import type { StatusObject } from '../../src-core/connection/status';
import { setLanguage } from '../../src-text';
import type { ApiService } from '../api/service';
import { servePages } from './ipc';
import { registerPageScheme, servePage } from './page-protocol';
import { denyPermissions, guardNavigation } from './page-security';
import { createTrayIcon } from './tray';
import { createWindows } from './windows';

/** The service, and its end: disconnects everything and puts the system back. */
export interface DesktopService {
  readonly service: ApiService;
  close(): Promise<void>;
}

export interface DesktopOptions {
  /** Where the build and the assets are: the directory that holds out/ and assets/. */
  readonly root: string;
  /** Called once Electron is ready (safeStorage needs that). */
  readonly createService: () => Promise<DesktopService>;
  readonly log: (error: unknown, where: string) => void;
}

/** Electron's part of the app: one instance, windows, tray. Everything else is the service's. */
export function runDesktop(options: DesktopOptions): void {
  app.enableSandbox();
  // The engine resolves names by itself; a page has none to resolve.
  app.commandLine.appendSwitch('disable-features', 'DnsOverHttps,SpareRendererForSitePerProcess');
  registerPageScheme();
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }

  const start = async (): Promise<void> => {
    await app.whenReady();
    setLanguage(app.getLocale());
    const page = session.defaultSession;
    denyPermissions(page);
    servePage(page, join(options.root, 'out/renderer'));
    const running = await options.createService();
    const { service } = running;
    const connections = servePages(ipcMain, service, options.log);
    const windows = createWindows(join(options.root, 'out/preload/preload.cjs'), (contents) => connections.add(contents));
    guardNavigation(app, (surface) => windows.open(surface));

    const request = (act: () => unknown): void =>
      void Promise.resolve()
        .then(act)
        .catch((error: unknown) => options.log(error, 'tray'));
    const tray = createTrayIcon(join(options.root, 'assets'), {
      panel: () => windows.togglePanel(),
      connect: (name) => request(() => service.connect({ name })),
      disconnect: (name) => request(() => service.disconnect({ name })),
      status: (name) => windows.open({ kind: 'status', name }),
      options: () => windows.open({ kind: 'connections' }),
      log: () => windows.open({ kind: 'log', name: null }),
      exit: () => app.quit(),
    });

    const statuses = new Map<string, StatusObject>();
    const replaceStatuses = (list: readonly StatusObject[]): void => {
      statuses.clear();
      for (const status of list) statuses.set(status.connection, status);
      tray.update([...statuses.values()]);
    };
    service.onPush((push) => {
      if (push.type === 'profiles') replaceStatuses(push.statuses);
      if (push.type === 'prompt') windows.open({ kind: 'connect', name: push.prompt.connection });
      if (push.type !== 'status') return;
      const before = statuses.get(push.status.connection);
      statuses.set(push.status.connection, push.status);
      tray.update([...statuses.values()]);
      // Progress begins, or a connection failed: the page of this window shows which.
      const { state, error, connection } = push.status;
      const failed = state === 'Disconnected' && error !== null && error.symbol !== 'CANCELLED';
      if (before?.state !== state && (state === 'Connecting' || failed)) windows.open({ kind: 'connect', name: connection });
    });
    replaceStatuses((await service.getSnapshot(null)).statuses);

    app.on('second-instance', () => windows.open({ kind: 'panel' }));
    // The tray keeps the app alive; closing windows closes nothing else.
    app.on('window-all-closed', () => undefined);
    app.on('render-process-gone', (_event, _contents, details) => options.log(new Error(`A page ended: ${details.reason}`), 'renderer'));
    let closing: 'no' | 'under way' | 'done' = 'no';
    app.on('before-quit', (event) => {
      if (closing === 'done') return;
      event.preventDefault();
      if (closing === 'under way') return;
      closing = 'under way';
      const finish = (): void => {
        closing = 'done';
        tray.destroy();
        app.quit();
      };
      running.close().then(finish, (error: unknown) => {
        options.log(error, 'quit');
        finish();
      });
    });
    windows.open({ kind: 'panel' });
  };

  start().catch((error: unknown) => {
    options.log(error, 'start');
    app.exit(1);
  });
}
