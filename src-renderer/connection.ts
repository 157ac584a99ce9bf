import { createClient } from '../src-main/api/client';
import type { ApiClient } from '../src-main/api/contract';
import type { Transport } from '../src-main/api/transport';

declare global {
  interface Window {
    /** The contract's client, from the sandboxed preload; absent in a browser. */
    readonly agileVpn?: ApiClient;
  }
}

/** Under Electron every surface is a window of its own, and this page is one of them. */
export const isDesktopWindow = (): boolean => window.agileVpn !== undefined;

function socketTransport(socket: WebSocket): Transport {
  return {
    send: (message) => socket.send(JSON.stringify(message)),
    onMessage: (listener) => {
      socket.addEventListener('message', (event: MessageEvent<string>) => listener(JSON.parse(event.data)));
    },
    onClose: (listener) => {
      socket.addEventListener('close', () => listener());
    },
  };
}

const keyName = 'agile-vpn.key';

/**
 * The page's half of the browser host's session. It comes once, in the fragment of the first address, and is kept in
 * the storage of this origin, which
 * no other port shares. Storage may be refused to a page: then the key lasts as long as the page.
 */
function sessionKey(): string {
  const fresh = /^#key=([A-Za-z0-9_-]{1,64})$/.exec(window.location.hash)?.[1];
  try {
    if (fresh !== undefined) window.localStorage.setItem(keyName, fresh);
    if (fresh === undefined) return window.localStorage.getItem(keyName) ?? '';
  } catch {
    // See above.
  }
  if (fresh !== undefined) window.history.replaceState(null, '', window.location.pathname);
  return fresh ?? '';
}

/** Milliseconds between attempts to reach a host that went away. */
const retryDelay = 1000;

/**
 * Keeps a client attached: at once under Electron; in a browser over the web socket, again and again when it breaks.
 * `attached` gets each new client and asks it for a snapshot; `lost` says that what is shown may be old.
 */
export function keepAttached(attached: (client: ApiClient) => void, lost: () => void): void {
  if (window.agileVpn !== undefined) {
    attached(window.agileVpn);
    return;
  }
  const key = sessionKey();
  const open = (): void => {
    const socket = new WebSocket(`ws://${window.location.host}/api`, key === '' ? ['agile-vpn'] : ['agile-vpn', key]);
    const client = createClient(socketTransport(socket));
    socket.addEventListener('open', () => attached(client));
    socket.addEventListener('close', () => {
      lost();
      window.setTimeout(open, retryDelay);
    });
  };
  open();
}
