import type { IpcMain, IpcMainEvent, WebContents } from 'electron';
import { serve } from '../api/serve';
import type { ApiService } from '../api/service';
import type { Transport } from '../api/transport';
import { apiChannel, pageOrigin } from './channel';

/** The main frame of one of our windows showing our own page; nothing else is answered. */
export function isOurSender(event: Pick<IpcMainEvent, 'senderFrame' | 'sender'>, known: ReadonlySet<number>): boolean {
  const { senderFrame, sender } = event;
  return (
    senderFrame !== null &&
    known.has(sender.id) &&
    senderFrame === sender.mainFrame &&
    senderFrame.url.startsWith(`${pageOrigin}/`)
  );
}

export interface PageConnections {
  /** Serves this window's page until it is destroyed. */
  add(contents: WebContents): void;
}

/** Electron IPC as the contract's transport: one channel, one listener, messages routed by their verified sender. */
export function servePages(
  ipcMain: IpcMain,
  service: ApiService,
  onError: (error: unknown, request: string) => void,
): PageConnections {
  const listeners = new Map<number, (message: unknown) => void>();
  const known = new Set<number>();

  ipcMain.on(apiChannel, (event, message: unknown) => {
    if (!isOurSender(event, known)) {
      onError(new Error('A message from a foreign sender was refused.'), 'ipc');
      return;
    }
    listeners.get(event.sender.id)?.(message);
  });

  return {
    add: (contents) => {
      const { id } = contents;
      known.add(id);
      const transport: Transport = {
        send: (message) => {
          if (!contents.isDestroyed() && !contents.isCrashed()) contents.send(apiChannel, message);
        },
        onMessage: (listener) => void listeners.set(id, listener),
        onClose: (listener) => {
          contents.once('destroyed', () => {
            known.delete(id);
            listeners.delete(id);
            listener();
          });
        },
      };
      serve(service, transport, { onError });
    },
  };
}
