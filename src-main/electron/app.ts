import { app, ipcMain, Notification, session } from 'electron';
import { join } from 'node:path';
import type { StatusObject } from '../../src-core/connection/status';
import { setLanguage } from '../../src-text';
import type { Clock } from '../../src-core/ports/clock';
import type { Snapshot } from '../api/contract';
import type { ApiService } from '../api/service';
import { backgroundSwitch } from '../service/login-item';
import { Balloons } from './balloons';
import { hasNewsToShow } from './connect-window';
import { servePages } from './ipc';
import { offerOpened, type Importer } from './open-files';
import { readArguments, readLink, type Opened } from './opened';
import { registerPageScheme, servePage } from './page-protocol';
import { createPageRecovery } from './page-recovery';
import { denyPermissions, guardNavigation } from './page-security';
import { createTrayIcon, type RecentNames } from './tray';
import { createWindows } from './windows';

/** The service, and its end: disconnects everything and puts the system back. */
export interface DesktopService extends Importer {
  readonly service: ApiService;
  readonly clock: Clock;
  readonly recent: RecentNames;
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

  // macOS hands links and files over by events, perhaps before it is ready; elsewhere they are arguments.
  const early: Opened[] = [];
  let open = (opened: readonly Opened[]): void => void early.push(...opened);
  app.on('open-url', (event, url) => {
    event.preventDefault();
    open([readLink(url)]);
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    open(readArguments([path], '/', 0));
  });

  const start = async (): Promise<void> => {
    await app.whenReady();
    setLanguage(app.getLocale());
    const page = session.defaultSession;
    denyPermissions(page);
    servePage(page, join(options.root, 'out/renderer'));
    const running = await options.createService();
    const { service } = running;
    const connections = servePages(ipcMain, service, options.log);
    const windows = createWindows({
      preload: join(options.root, 'out/preload/preload.cjs'),
      created: (contents) => connections.add(contents),
      recovery: createPageRecovery(running.clock, options.log),
      now: () => running.clock.now(),
      log: options.log,
    });
    guardNavigation(app, (surface) => windows.open(surface));

    const request = (act: () => unknown): void =>
      void Promise.resolve()
        .then(act)
        .catch((error: unknown) => options.log(error, 'tray'));
    const tray = createTrayIcon(
      join(options.root, 'assets'),
      {
        panel: () => windows.togglePanel(),
        connect: (name) => request(() => service.connect({ name })),
        disconnect: (name) => request(() => service.disconnect({ name })),
        status: (name) => windows.open({ kind: 'status', name }),
        options: () => windows.open({ kind: 'connections' }),
        startAtLogin: (enabled) => request(() => service.setStartAtLogin({ enabled })),
        log: () => windows.open({ kind: 'log', name: null }),
        exit: () => app.quit(),
      },
      running.recent,
    );
    const balloons = new Balloons(running.clock, ({ title, body, connection }) => {
      if (!Notification.isSupported()) return;
      const notification = new Notification({ title, body });
      notification.on('click', () => windows.open({ kind: 'connect', name: connection }));
      notification.show();
    });

    const statuses = new Map<string, StatusObject>();
    let everything: ReadonlySet<string> = new Set();
    /** The connections whose progress nobody wants to see. */
    let quiet: ReadonlySet<string> = new Set();
    let available = false;
    const showInTray = (): void => tray.update({ statuses: [...statuses.values()], everything, available });
    const replaceConnections = ({ profiles, statuses: list }: Pick<Snapshot, 'profiles' | 'statuses'>): void => {
      statuses.clear();
      for (const status of list) statuses.set(status.connection, status);
      everything = new Set(profiles.filter(({ network }) => network.useDefaultGateway).map(({ name }) => name));
      quiet = new Set(profiles.filter(({ dialing }) => !dialing.showProgress).map(({ name }) => name));
      showInTray();
    };
    const replaceAdapters = ({ adapters }: Pick<Snapshot, 'adapters'>): void => {
      available = adapters.some(({ connected }) => connected);
      showInTray();
    };
    service.onPush((push) => {
      balloons.push(push);
      if (push.type === 'start-at-login') tray.setStartAtLogin(push.enabled);
      if (push.type === 'offered-imports' && push.offered.length > 0) windows.open({ kind: 'connections' });
      if (push.type === 'profiles') replaceConnections(push);
      if (push.type === 'adapters') replaceAdapters(push);
      if (push.type === 'prompt') windows.open({ kind: 'connect', name: push.prompt.connection });
      if (push.type !== 'status') return;
      const before = statuses.get(push.status.connection);
      statuses.set(push.status.connection, push.status);
      showInTray();
      const { connection } = push.status;
      if (hasNewsToShow(before?.state, push.status, !quiet.has(connection)))
        windows.open({ kind: 'connect', name: connection });
    });
    const snapshot = await service.getSnapshot(null);
    replaceConnections(snapshot);
    replaceAdapters(snapshot);
    tray.setStartAtLogin(snapshot.startAtLogin);

    open = (opened) => void offerOpened(opened, running, options.log);
    /** The first argument names the program; one that runs from its sources has a second for the app's folder. */
    const given = (argv: readonly string[], folder: string): readonly Opened[] =>
      readArguments(argv, folder, app.isPackaged ? 1 : 2);
    app.on('second-instance', (_event, argv, folder) => {
      const opened = given(argv, folder);
      if (opened.length === 0) windows.open({ kind: 'panel' });
      else open(opened);
    });
    // The tray keeps the app alive; closing windows closes nothing else.
    app.on('window-all-closed', () => undefined);
    // Of the GPU, network and utility processes; Chromium starts them anew by itself. Those of pages are windows.ts's.
    app.on('child-process-gone', (_event, { type, reason, exitCode }) =>
      options.log(new Error(`A process of ${type} ended: ${reason}, ${exitCode}.`), 'electron'),
    );
    let closing: 'no' | 'under way' | 'done' = 'no';
    app.on('before-quit', (event) => {
      if (closing === 'done') return;
      event.preventDefault();
      if (closing === 'under way') return;
      closing = 'under way';
      const finish = (): void => {
        closing = 'done';
        balloons.close();
        tray.destroy();
        app.quit();
      };
      running.close().then(finish, (error: unknown) => {
        options.log(error, 'quit');
        finish();
      });
    });
    const opened = [...early, ...given(process.argv, process.cwd())];
    if (opened.length > 0) open(opened);
    else if (!process.argv.includes(backgroundSwitch)) windows.open({ kind: 'panel' });
  };

  start().catch((error: unknown) => {
    options.log(error, 'start');
    app.exit(1);
  });
}
