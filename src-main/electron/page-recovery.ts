import type { Clock, Timer } from '../../src-core/ports/clock';

/**
 * A page that hangs longer than this after the system said so is ended, milliseconds: nobody can close a frameless
 * window whose page does not answer.
 */
const patienceMs = 10_000;
/** So many pages of one window within so long; one that dies faster than that would die again. */
const mostRenewals = 3;
const renewalsWithinMs = 60_000;

/**
 * The part of a window that recovery works with; the methods and events are those of Electron's BrowserWindow and its
 * WebContents.
 */
export interface RecoverableWindow {
  readonly webContents: {
    on(
      event: 'render-process-gone',
      listener: (event: unknown, details: { readonly reason: string; readonly exitCode: number }) => void,
    ): unknown;
    forcefullyCrashRenderer(): void;
  };
  on(event: 'unresponsive' | 'responsive' | 'closed', listener: () => void): unknown;
  isDestroyed(): boolean;
}

export interface PageRecovery {
  /** Watches the page of a window. `renew` puts a new page in its place, `giveUp` only takes the dead one away. */
  watch(key: string, window: RecoverableWindow, act: { readonly renew: () => void; readonly giveUp: () => void }): void;
}

/**
 * What becomes of pages whose process ended or hangs. The tunnel is the main process's: it notices nothing of either.
 */
export function createPageRecovery(clock: Clock, log: (error: unknown, where: string) => void): PageRecovery {
  const renewals = new Map<string, readonly number[]>();

  const mayRenew = (key: string): boolean => {
    const now = clock.now();
    const recent = (renewals.get(key) ?? []).filter((at) => now - at < renewalsWithinMs);
    const may = recent.length < mostRenewals;
    renewals.set(key, may ? [...recent, now] : recent);
    return may;
  };

  return {
    watch: (key, window, { renew, giveUp }) => {
      let hanging: Timer | null = null;
      const answers = (): void => {
        hanging?.cancel();
        hanging = null;
      };
      window.on('unresponsive', () => {
        hanging ??= clock.setTimer(patienceMs, 'a page that hangs', () => {
          hanging = null;
          if (window.isDestroyed()) return;
          log(new Error('A page did not answer any more and was ended.'), 'renderer');
          window.webContents.forcefullyCrashRenderer();
        });
      });
      window.on('responsive', answers);
      window.on('closed', answers);
      window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
        answers();
        log(new Error(`The process of a page ended: ${reason}, ${exitCode}.`), 'renderer');
        // Not from inside the notice of its end: Electron is still taking the process down then.
        clock.setTimer(0, 'a page that ended', () => {
          if (window.isDestroyed()) return;
          if (mayRenew(key)) renew();
          else giveUp();
        });
      });
    },
  };
}
