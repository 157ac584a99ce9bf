import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { VirtualClock } from '../../src-core/simulation';
import { createPageRecovery, type RecoverableWindow } from './page-recovery';

class Contents extends EventEmitter {
  readonly forcefullyCrashRenderer = vi.fn(
    () => void this.emit('render-process-gone', {}, { reason: 'killed', exitCode: 9 }),
  );
}

class Window extends EventEmitter implements RecoverableWindow {
  readonly webContents = new Contents();
  destroyed = false;
  isDestroyed(): boolean {
    return this.destroyed;
  }
  crash(): void {
    this.webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 139 });
  }
}

describe('pages that end or hang', () => {
  const clock = new VirtualClock();
  const log = vi.fn();
  let recovery: ReturnType<typeof createPageRecovery>;
  let window: Window;
  const act = { renew: vi.fn(), giveUp: vi.fn() };

  beforeEach(() => {
    vi.clearAllMocks();
    recovery = createPageRecovery(clock, log);
    window = new Window();
    recovery.watch('panel', window, act);
  });

  it('a page whose process ended is renewed, after the notice of its end was delivered', async () => {
    window.crash();
    expect(act.renew).not.toHaveBeenCalled();
    await clock.run(1);
    expect(act.renew).toHaveBeenCalledOnce();
    expect(log).toHaveBeenCalledOnce();
  });

  it('a window that was closed meanwhile is left alone', async () => {
    window.crash();
    window.destroyed = true;
    await clock.run(1);
    expect(act.renew).not.toHaveBeenCalled();
    expect(act.giveUp).not.toHaveBeenCalled();
  });

  it('the fourth end within a minute is not renewed; a later one is, and so is the page of another window', async () => {
    for (let end = 0; end < 4; end++) {
      window.crash();
      await clock.run(1_000);
    }
    expect(act.renew).toHaveBeenCalledTimes(3);
    expect(act.giveUp).toHaveBeenCalledTimes(1);
    const other = { renew: vi.fn(), giveUp: vi.fn() };
    const log = new Window();
    recovery.watch('log', log, other);
    log.crash();
    await clock.run(60_000);
    expect(other.renew).toHaveBeenCalledOnce();
    window.crash();
    await clock.run(1);
    expect(act.renew).toHaveBeenCalledTimes(4);
  });

  it('a page that hangs is ended after ten seconds, and renewed', async () => {
    window.emit('unresponsive');
    await clock.run(5_000);
    window.emit('unresponsive');
    await clock.run(4_900);
    expect(window.webContents.forcefullyCrashRenderer).not.toHaveBeenCalled();
    await clock.run(200);
    expect(window.webContents.forcefullyCrashRenderer).toHaveBeenCalledOnce();
    expect(act.renew).toHaveBeenCalledOnce();
  });

  it.each(['responsive', 'closed'])('nothing is ended after %s', async (event) => {
    window.emit('unresponsive');
    window.emit(event);
    await clock.run(20_000);
    expect(window.webContents.forcefullyCrashRenderer).not.toHaveBeenCalled();
  });
});
