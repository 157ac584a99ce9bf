import { Socket, type SocketConstructorOpts } from 'node:net';
import type { NativeAddon } from '../../../native';

/**
 * A TCP socket that is bound to an adapter and an address of it, not connected yet: past every tunnel of ours. Throws
 * the system's error.
 */
export function openBoundTcp(
  addon: Pick<NativeAddon, 'openTcp' | 'closeDescriptor'>,
  adapter: string,
  source: string,
): Socket {
  const fd = addon.openTcp(adapter, source);
  try {
    // Adopted before it is connected: nothing to read yet.
    const options: SocketConstructorOpts & { readonly manualStart: true } = { fd, manualStart: true };
    return new Socket(options);
  } catch (error) {
    addon.closeDescriptor(fd);
    throw error;
  }
}
