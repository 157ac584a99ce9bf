/**
 * A stand-in of the `electron` module: loads the built main and preload, and shows the real pages in Chromium.
 * It knows the part of Electron's interface that src-main/electron uses, typed by Electron's own declarations.
 * What it cannot show: process isolation (the preload runs in the page's world) and the system's own windows and tray.
 *
 * Our scheme has no handler in a plain Chromium, so `agile-vpn-app://app/` is shown as `http://app.localhost/` and
 * translated
 * back wherever the main process looks. Commands come as JSON lines on standard input; answers go to standard output.
 */
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type * as Electron from 'electron';
import { chromium, type BrowserContext, type Page, type Route } from 'playwright-core';

const shown = 'http://app.localhost/';
const real = 'agile-vpn-app://app/';
const toShown = (url: string): string => url.replace(real, shown);
const toReal = (url: string): string => url.replace(shown, real);
const required = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set.`);
  return value;
};

const context: BrowserContext = await chromium.launchPersistentContext(required('STAND_IN_PROFILE'), {
  executablePath: required('STAND_IN_CHROMIUM'),
  viewport: null,
  reducedMotion: 'reduce',
  args: [
    `--remote-debugging-port=${required('STAND_IN_PORT')}`,
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});

// ---- session and protocol ----

type Handler = (request: Request) => Response | Promise<Response>;
const handlers = new Map<string, Handler>();
const privileged: Electron.CustomScheme[] = [];
let beforeRequest: ((details: { url: string }, callback: (response: { cancel?: boolean }) => void) => void) | null =
  null;
const permissions: {
  request: ((contents: unknown, permission: string, callback: (granted: boolean) => void) => void) | null;
  check: (() => boolean) | null;
} = { request: null, check: null };

const defaultSession = {
  protocol: { handle: (scheme: string, handler: Handler) => void handlers.set(scheme, handler) },
  webRequest: {
    onBeforeRequest: (listener: NonNullable<typeof beforeRequest>) => {
      beforeRequest = listener;
    },
  },
  setPermissionRequestHandler: (handler: typeof permissions.request) => {
    permissions.request = handler;
  },
  setPermissionCheckHandler: (handler: () => boolean) => {
    permissions.check = handler;
  },
  setDevicePermissionHandler: () => undefined,
};
export const session = { defaultSession };
export const protocol = {
  registerSchemesAsPrivileged: (schemes: Electron.CustomScheme[]) => void privileged.push(...schemes),
};

/** Addresses that were asked for in vain, and those that a page wanted to go to and was kept from. */
const refused: string[] = [];
const prevented: string[] = [];

async function answer(route: Route): Promise<void> {
  const url = toReal(route.request().url());
  const cancelled = await new Promise<boolean>((resolve) => {
    if (beforeRequest === null) resolve(false);
    else beforeRequest({ url }, (response) => resolve(response.cancel === true));
  });
  const handler = handlers.get(new URL(url).protocol.slice(0, -1));
  if (cancelled || handler === undefined) {
    refused.push(url);
    await route.abort('blockedbyclient');
    return;
  }
  const response = await handler(new Request(url, { method: route.request().method() }));
  await route.fulfill({
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()),
  });
}

// ---- app ----

class StandInApp
  extends EventEmitter
  implements
    Pick<
      Electron.App,
      | 'enableSandbox'
      | 'requestSingleInstanceLock'
      | 'whenReady'
      | 'quit'
      | 'exit'
      | 'getLocale'
      | 'isPackaged'
      | 'getAppPath'
    >
{
  sandboxed = false;
  readonly isPackaged = false;
  getAppPath(): string {
    return process.cwd();
  }
  readonly commandLine = { appendSwitch: (): void => undefined };
  enableSandbox(): void {
    this.sandboxed = true;
  }
  requestSingleInstanceLock(): boolean {
    return true;
  }
  whenReady(): Promise<void> {
    return Promise.resolve();
  }
  getLocale(): string {
    return process.env['STAND_IN_LOCALE'] ?? 'en-US';
  }
  quit(): void {
    let prevented = false;
    this.emit('before-quit', { preventDefault: () => (prevented = true) });
    if (!prevented) this.exit(0);
  }
  exit(code = 0): void {
    void context.close().finally(() => process.exit(code));
  }
}
export const app = new StandInApp();

// ---- windows ----

export const ipcMain = new EventEmitter();
const windows: BrowserWindow[] = [];

class Contents extends EventEmitter {
  static next = 1;
  readonly id = Contents.next++;
  readonly mainFrame = { url: '' };
  openHandler: ((details: { url: string }) => { action: string }) | null = null;
  page: Page | null = null;
  readonly #waiting: unknown[][] = [];
  #delivering = false;
  destroyed = false;
  crashed = false;

  isDestroyed(): boolean {
    return this.destroyed;
  }
  isCrashed(): boolean {
    return this.crashed;
  }
  /** Ends the page's real process. */
  forcefullyCrashRenderer(): void {
    const { page } = this;
    // The process that would answer is the one that ends.
    if (page !== null)
      void context
        .newCDPSession(page)
        .then((session) => session.send('Page.crash'))
        .catch(() => undefined);
  }
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.openHandler = handler;
  }
  send(channel: string, message: unknown): void {
    this.#waiting.push([channel, message]);
    void this.deliver();
  }
  /** In order, and only once the page's preload listens. */
  async deliver(): Promise<void> {
    if (this.#delivering || this.page === null) return;
    this.#delivering = true;
    while (this.#waiting.length > 0 && !this.destroyed) {
      const batch = this.#waiting.splice(0);
      try {
        await this.page.evaluate((messages) => {
          const { __standInReceive: receive } = window as unknown as {
            __standInReceive(channel: unknown, message: unknown): void;
          };
          for (const [channel, message] of messages) receive(channel, message);
        }, batch);
      } catch (error) {
        if (!this.destroyed) process.stderr.write(`stand-in: ${String(error)}\n`);
      }
    }
    this.#delivering = false;
  }
}

/**
 * Runs before any script of a page: what the preload may require, and window.open and window.close as Electron handles
 * them.
 */
function pageScript(preload: string): string {
  return `(() => {
    const listeners = new Map();
    window.__standInReceive = (channel, message) => { for (const listener of listeners.get(channel) ?? []) listener({}, message); };
    window.open = (url) => { __standInOpen(new URL(url, location.href).href); return null; };
    window.close = () => { __standInClose(); };
    const electron = {
      contextBridge: { exposeInMainWorld: (key, value) => Object.defineProperty(window, key, { value }) },
      ipcRenderer: {
        send: (channel, message) => { __standInSend(channel, message); },
        on: (channel, listener) => { listeners.set(channel, [...(listeners.get(channel) ?? []), listener]); },
      },
    };
    const require = (name) => { if (name !== 'electron') throw new Error('A sandboxed preload cannot require ' + name); return electron; };
    const module = { exports: {} };
    (function (require, module, exports) { ${preload}
    })(require, module, module.exports);
  })();`;
}

export class BrowserWindow
  extends EventEmitter
  implements Pick<Electron.BrowserWindow, 'isVisible' | 'show' | 'hide' | 'focus' | 'destroy' | 'isDestroyed'>
{
  readonly options: Electron.BrowserWindowConstructorOptions;
  readonly contents = new Contents();
  bounds: Partial<Electron.Rectangle> = {};
  url = '';
  #visible = false;

  constructor(options: Electron.BrowserWindowConstructorOptions) {
    super();
    this.options = options;
    const { x, y, width, height } = options;
    this.bounds = {
      ...(x === undefined ? {} : { x }),
      ...(y === undefined ? {} : { y }),
      ...(width === undefined ? {} : { width }),
      ...(height === undefined ? {} : { height }),
    };
    windows.push(this);
    app.emit('web-contents-created', {}, this.contents);
  }

  get webContents(): Contents {
    return this.contents;
  }
  isVisible(): boolean {
    return this.#visible;
  }
  show(): void {
    this.#visible = true;
  }
  hide(): void {
    this.#visible = false;
  }
  focus(): void {
    this.emit('focus');
  }
  setBounds(bounds: Partial<Electron.Rectangle>): void {
    this.bounds = bounds;
  }
  getBounds(): Partial<Electron.Rectangle> {
    return this.bounds;
  }
  isDestroyed(): boolean {
    return this.contents.destroyed;
  }
  destroy(): void {
    this.close();
  }

  async loadURL(url: string): Promise<void> {
    this.url = url;
    const page = await context.newPage();
    const { contents } = this;
    const { width = 800, height = 600 } = this.options;
    await page.setViewportSize({ width, height });
    await page.exposeBinding('__standInSend', ({ frame }, channel: string, message: unknown) => {
      const senderFrame = frame === page.mainFrame() ? contents.mainFrame : { url: toReal(frame.url()) };
      ipcMain.emit(channel, { sender: contents, senderFrame }, message);
    });
    await page.exposeBinding(
      '__standInOpen',
      (_source, address: string) => void contents.openHandler?.({ url: toReal(address) }),
    );
    await page.exposeBinding('__standInClose', () => this.close());
    await page.addInitScript(pageScript(readFileSync(this.options.webPreferences?.preload ?? '', 'utf8')));
    // Electron asks about what a page starts itself, at any time, and not about the loading that was asked of the
    // window: of that there is one, the first.
    let asked = false;
    await page.route('**/*', async (route) => {
      if (!asked) asked = true;
      else if (route.request().isNavigationRequest()) {
        const wanted = toReal(route.request().url());
        let stays = false;
        contents.emit('will-navigate', { preventDefault: () => (stays = true) }, wanted);
        if (stays) {
          prevented.push(wanted);
          // A prevented navigation leaves the page where it is, as an answer without content does.
          await route.fulfill({ status: 204 });
          return;
        }
      }
      await answer(route);
    });
    page.on('framenavigated', (frame) => {
      if (frame === page.mainFrame()) contents.mainFrame.url = toReal(frame.url());
    });
    page.on('close', () => this.close());
    page.on('crash', () => {
      contents.crashed = true;
      contents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 139 });
    });
    contents.mainFrame.url = url;
    contents.page = page;
    await page.goto(toShown(url));
    await contents.deliver();
    this.emit('ready-to-show');
  }

  close(): void {
    if (this.contents.destroyed) return;
    this.contents.destroyed = true;
    windows.splice(windows.indexOf(this), 1);
    this.contents.emit('destroyed');
    this.emit('closed');
    void this.contents.page?.close();
    if (windows.length === 0) app.emit('window-all-closed');
  }
}

// ---- the system around ----

export const screen = {
  getCursorScreenPoint: (): Electron.Point => ({ x: 1900, y: 1060 }),
  getDisplayNearestPoint: (): { workArea: Electron.Rectangle } => ({
    workArea: { x: 0, y: 0, width: 1920, height: 1040 },
  }),
};

interface Picture {
  readonly path: string;
}
export const nativeImage = {
  createFromPath: (path: string): Picture => ({ path: readFileSync(path).length > 0 ? path : '' }),
  createEmpty: (): Picture => ({ path: '' }),
};

type Template = readonly Electron.MenuItemConstructorOptions[];
export const Menu = { buildFromTemplate: (template: Template): Template => template };

const shell: { tray: Tray | null } = { tray: null };
export class Tray extends EventEmitter {
  picture: Picture;
  tooltip = '';
  menu: Template = [];
  constructor(picture: Picture) {
    super();
    this.picture = picture;
    shell.tray = this;
  }
  setImage(picture: Picture): void {
    this.picture = picture;
  }
  setToolTip(tooltip: string): void {
    this.tooltip = tooltip;
  }
  setContextMenu(menu: Template): void {
    this.menu = menu;
  }
  destroy(): void {
    shell.tray = null;
  }
}

const notified: { title: string; body: string }[] = [];
export class Notification extends EventEmitter {
  static isSupported(): boolean {
    return true;
  }
  readonly #options: { title: string; body: string };
  constructor(options: { title: string; body: string }) {
    super();
    this.#options = options;
  }
  show(): void {
    notified.push(this.#options);
  }
}

const backend = process.env['STAND_IN_SAFE_STORAGE'] ?? 'basic_text';
export const safeStorage = {
  isEncryptionAvailable: () => true,
  getSelectedStorageBackend: () => backend,
  encryptString: (text: string) => Buffer.from([...Buffer.from(text)].map((octet) => octet ^ 0x5a)),
  decryptString: (data: Buffer) => Buffer.from([...data].map((octet) => octet ^ 0x5a)).toString(),
};

// ---- what a test asks ----

const labels = (menu: Template): unknown[] =>
  menu.map((item) =>
    Array.isArray(item.submenu) ? { [item.label ?? '']: labels(item.submenu) } : (item.label ?? item.type),
  );

function choose(menu: Template, path: readonly string[]): void {
  const [first, ...rest] = path;
  const item = menu.find((each) => each.label === first);
  if (item === undefined) throw new Error(`The tray menu has no "${first}".`);
  if (rest.length > 0) choose(item.submenu as Template, rest);
  else (item.click as () => void)();
}

function state(): unknown {
  return {
    sandboxed: app.sandboxed,
    privileged,
    refused,
    prevented,
    notified,
    permissionGranted: permissions.check?.() ?? true,
    windows: windows.map((window) => ({
      url: window.url,
      visible: window.isVisible(),
      bounds: window.bounds,
      frame: window.options.frame,
      webPreferences: window.options.webPreferences,
    })),
    tray:
      shell.tray === null
        ? null
        : { tooltip: shell.tray.tooltip, picture: shell.tray.picture.path, menu: labels(shell.tray.menu) },
  };
}

interface Command {
  readonly id: number;
  readonly do:
    | 'state'
    | 'tray-click'
    | 'tray-click-over-panel'
    | 'menu'
    | 'second-instance'
    | 'open-url'
    | 'forge'
    | 'blur-panel'
    | 'crash'
    | 'hang';
  readonly window?: string;
  readonly path?: readonly string[];
  readonly event?: Record<string, unknown>;
  readonly message?: unknown;
  readonly argv?: readonly string[];
  readonly url?: string;
}

function windowOf(hash: string): BrowserWindow {
  const window = windows.find((each) => each.url.endsWith(hash));
  if (window === undefined) throw new Error(`No window shows ${hash}.`);
  return window;
}

function obey(command: Command): unknown {
  switch (command.do) {
    case 'state':
      return state();
    case 'tray-click':
      return shell.tray?.emit('click');
    case 'tray-click-over-panel':
      // The icon takes the focus from the panel before the click is one.
      windows.find((window) => window.url.endsWith('#panel'))?.emit('blur');
      return shell.tray?.emit('click');
    case 'menu':
      return shell.tray === null ? null : choose(shell.tray.menu, command.path ?? []);
    case 'second-instance':
      return app.emit('second-instance', {}, [process.execPath, process.cwd(), ...(command.argv ?? [])], process.cwd());
    case 'open-url':
      return app.emit('open-url', { preventDefault: () => undefined }, command.url);
    case 'blur-panel':
      return windows.find((window) => window.url.endsWith('#panel'))?.emit('blur');
    case 'crash':
      return windowOf(command.window ?? '').contents.forcefullyCrashRenderer();
    case 'hang':
      return windowOf(command.window ?? '').emit('unresponsive');
    case 'forge': {
      // A message as a foreign page would send it; nobody may answer.
      const mainFrame = { url: 'https://evil.example/' };
      return ipcMain.emit('agile-vpn:api', { sender: { id: 1, mainFrame }, senderFrame: mainFrame }, command.message);
    }
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line) as Command;
  let result: unknown;
  try {
    result = obey(command) ?? null;
  } catch (error) {
    result = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify({ id: command.id, result })}\n`);
});
process.on('SIGTERM', () => app.quit());
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
