import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An opened UDP socket: the descriptor and where it is bound. */
export interface UdpDescriptor {
  readonly fd: number;
  readonly address: string;
  readonly port: number;
}

/**
 * The functions of the addon (native/addon). Every one that fails throws an Error whose `code` is the system error's name ("ENODEV")
 * and whose `errno` is its number.
 */
export interface NativeAddon {
  readonly version: number;
  /** Opens a non-blocking UDP socket, bound to the adapter when one is named (SO_BINDTODEVICE). The caller owns the descriptor. */
  openUdp(adapter: string | null, address: string, port: number): UdpDescriptor;
  /** Sends one datagram. null when sent, else the error's name. Never throws for network reasons. */
  sendUdp(fd: number, datagram: Uint8Array, address: string, port: number): string | null;
  /** Closes a descriptor the caller owns. */
  closeDescriptor(fd: number): void;
}

let loaded: NativeAddon | null | undefined;

/** Where the built addon may be: beside the sources, or unpacked beside the packaged application. */
function candidates(): string[] {
  const here = dirname(fileURLToPath(import.meta.url));
  const places: string[] = [];
  let folder = here;
  for (let depth = 0; depth < 6; depth++) {
    places.push(join(folder, 'build', 'Release', 'agile_vpn.node'), join(folder, 'native', 'build', 'Release', 'agile_vpn.node'));
    const parent = dirname(folder);
    if (parent === folder) break;
    folder = parent;
  }
  return places.map((place) => place.replace(/app\.asar([/\\])/, 'app.asar.unpacked$1'));
}

/** The addon, or null on a machine where it was not built. Loaded once. */
export function loadAddon(): NativeAddon | null {
  if (loaded !== undefined) return loaded;
  const path = candidates().find((place) => existsSync(place));
  if (path === undefined) return (loaded = null);
  const require = createRequire(import.meta.url);
  const addon: unknown = require(path);
  return (loaded = addon as NativeAddon);
}

/** The folder of the built addon and helper, or null. */
export function nativeFolder(): string | null {
  const path = candidates().find((place) => existsSync(place));
  return path === undefined ? null : dirname(path);
}
