import { BrowserWindow, screen, type Rectangle, type WebContents } from 'electron';
import type { PageRecovery } from './page-recovery';
import { surfaceSize, surfaceUrl, type Surface } from './surfaces';

/** Between the panel and the edge of the work area, pixels (windows7-ux 1.4). */
const gap = 8;
/**
 * A click on the tray icon takes the focus from the panel, which hides it, before it is a click: milliseconds between
 * the two at most.
 */
const sameClickMs = 400;

export interface Windows {
  /** Shows the surface: a new window, or the one that has it already. */
  open(surface: Surface): void;
  togglePanel(): void;
}

export interface WindowsOptions {
  /** The file of the preload script. */
  readonly preload: string;
  /** Called with each page there will be, before it loads. */
  readonly created: (contents: WebContents) => void;
  readonly recovery: PageRecovery;
  /** Milliseconds that only go forward. */
  readonly now: () => number;
  readonly log: (error: unknown, where: string) => void;
}

const keyOf = (surface: Surface): string => surfaceUrl(surface);

/** One frameless window a surface; the page draws the Aero frame. Closing a window never touches a connection. */
export function createWindows(options: WindowsOptions): Windows {
  const { preload, created, recovery, now, log } = options;
  const open = new Map<string, BrowserWindow>();
  let hiddenByBlurAt = -Infinity;

  const create = (surface: Surface, place: Partial<Rectangle> = {}): BrowserWindow => {
    const isPanel = surface.kind === 'panel';
    const window = new BrowserWindow({
      ...surfaceSize[surface.kind],
      ...place,
      show: false,
      frame: false,
      resizable: surface.kind === 'log' || surface.kind === 'connections',
      maximizable: false,
      fullscreenable: false,
      skipTaskbar: isPanel,
      alwaysOnTop: isPanel,
      backgroundColor: '#b9cfe4',
      title: 'Agile VPN',
      webPreferences: {
        preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        webSecurity: true,
        webviewTag: false,
        spellcheck: false,
        enableWebSQL: false,
        devTools: false,
      },
    });
    created(window.webContents);
    const key = keyOf(surface);
    open.set(key, window);
    window.on('closed', () => {
      if (open.get(key) === window) open.delete(key);
    });
    let shown = false;
    // A new window rather than a new load: nothing of the old page's requests, listeners or half-typed secrets is left
    // to it.
    recovery.watch(key, window, {
      renew: () => {
        const bounds = window.getBounds();
        const seen = !shown || window.isVisible();
        window.destroy();
        if (seen) create(surface, bounds);
      },
      giveUp: () => window.destroy(),
    });
    // The panel goes when anything else gets the focus; it is kept, hidden, so that it is there at once the next time.
    if (isPanel)
      window.on('blur', () => {
        if (window.isVisible()) hiddenByBlurAt = now();
        window.hide();
      });
    window.once('ready-to-show', () => {
      shown = true;
      window.show();
    });
    window.loadURL(surfaceUrl(surface)).catch((error: unknown) => {
      // Closed, or its process ended, while it was loading: both are dealt with where they happen.
      if (!window.isDestroyed()) log(error, 'renderer');
    });
    return window;
  };

  const placePanel = (window: BrowserWindow): void => {
    const { workArea } = screen.getDisplayNearestPoint(screen.getCursorScreenPoint());
    const { width } = surfaceSize.panel;
    const height = Math.min(surfaceSize.panel.height, workArea.height - 2 * gap);
    window.setBounds({
      x: workArea.x + workArea.width - width - gap,
      y: workArea.y + workArea.height - height - gap,
      width,
      height,
    });
  };

  const show = (surface: Surface): BrowserWindow => {
    const existing = open.get(keyOf(surface));
    const window = existing ?? create(surface);
    if (surface.kind === 'panel') placePanel(window);
    if (existing !== undefined) {
      existing.show();
      existing.focus();
    }
    return window;
  };

  return {
    open: (surface) => {
      show(surface);
    },
    togglePanel: () => {
      const panel = open.get(keyOf({ kind: 'panel' }));
      const sameClick = now() - hiddenByBlurAt < sameClickMs;
      hiddenByBlurAt = -Infinity;
      if (panel?.isVisible() === true) panel.hide();
      // The second click closes the panel (windows7-ux 1.2); its own blur has done so.
      else if (!sameClick) show({ kind: 'panel' });
    },
  };
}
