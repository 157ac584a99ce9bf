import { BrowserWindow, screen, type WebContents } from 'electron';
import { surfaceSize, surfaceUrl, type Surface } from './surfaces';

/** Between the panel and the edge of the work area, pixels (windows7-ux 1.4). */
const gap = 8;

export interface Windows {
  /** Shows the surface: a new window, or the one that has it already. */
  open(surface: Surface): void;
  togglePanel(): void;
}

const keyOf = (surface: Surface): string => surfaceUrl(surface);

/** One frameless window a surface; the page draws the Aero frame. Closing a window never touches a connection. */
export function createWindows(preload: string, created: (contents: WebContents) => void): Windows {
  const open = new Map<string, BrowserWindow>();

  const create = (surface: Surface): BrowserWindow => {
    const isPanel = surface.kind === 'panel';
    const window = new BrowserWindow({
      ...surfaceSize[surface.kind],
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
    window.on('closed', () => open.delete(key));
    // The panel goes when anything else gets the focus; it is kept, hidden, so that it is there at once the next time.
    if (isPanel) window.on('blur', () => window.hide());
    window.once('ready-to-show', () => window.show());
    void window.loadURL(surfaceUrl(surface));
    return window;
  };

  const placePanel = (window: BrowserWindow): void => {
    const { workArea } = screen.getDisplayNearestPoint(screen.getCursorScreenPoint());
    const { width } = surfaceSize.panel;
    const height = Math.min(surfaceSize.panel.height, workArea.height - 2 * gap);
    window.setBounds({ x: workArea.x + workArea.width - width - gap, y: workArea.y + workArea.height - height - gap, width, height });
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
      if (panel?.isVisible() === true) panel.hide();
      else show({ kind: 'panel' });
    },
  };
}
