import type { TlsClientOptions, TlsEngine, TlsServerOptions, TlsSession } from '../src-core/ports/tls';
import { loadAddon } from './index';

interface TlsAddon {
  readonly TlsSession: new (options: TlsClientOptions | TlsServerOptions) => TlsSession;
  /** "OpenSSL 3.0.x …": the library that the addon carries, not that of its host. */
  readonly tlsLibrary: string;
}

function tlsAddon(): TlsAddon | null {
  const addon: object | null = loadAddon();
  return addon !== null && 'TlsSession' in addon ? (addon as TlsAddon) : null;
}

/** TLS by the addon's own OpenSSL; null where the addon was not built. */
export function createTlsEngine(): TlsEngine | null {
  const addon = tlsAddon();
  return addon === null ? null : { open: (options) => new addon.TlsSession(options) };
}

/** Version text of the TLS library in use; null without the addon. */
export function tlsLibraryVersion(): string | null {
  return tlsAddon()?.tlsLibrary ?? null;
}
