import { contextBridge, ipcRenderer } from 'electron';
import { createClient } from '../api/client';
import { apiChannel } from './channel';

/**
 * The only thing the page gets: the contract's client. No Electron object, and no event object (whose `sender` would be
 * one),
 * crosses the bridge. Arguments are validated in the main process, which is the side that must not trust the other.
 */
const client = createClient({
  send: (message) => ipcRenderer.send(apiChannel, message),
  onMessage: (listener) => {
    ipcRenderer.on(apiChannel, (_event, message: unknown) => listener(message));
  },
  onClose: () => undefined,
});

contextBridge.exposeInMainWorld('agileVpn', client);
