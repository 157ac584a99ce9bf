import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataPathEvent } from '../src-core/ports';
import type { NativeDataPathHandle } from './datapath';

/** An opened UDP socket: the descriptor and where it is bound. */
export interface UdpDescriptor {
  readonly fd: number;
  readonly address: string;
  readonly port: number;
  /** It carries the mark that leads past the tunnel: this process is root. Otherwise the helper gives it (`mark`). */
  readonly marked: boolean;
}

/**
 * Flags and numbers are the kernel's own: ARPHRD_* in `type`, IF_OPER_* in `operstate`, RT_SCOPE_* and IFA_F_* of the
 * addresses.
 */
export interface KernelAdapter {
  readonly name: string;
  readonly index: number;
  readonly type: number;
  /** IFLA_INFO_KIND: "veth", "tun", "bridge", …; empty for hardware. */
  readonly kind: string;
  /** Index of the bridge, bond or VRF above it; 0 none. */
  readonly master: number;
  readonly up: boolean;
  readonly carrier: boolean;
  readonly loopback: boolean;
  readonly operstate: number;
  readonly mtu: number;
  readonly addresses: readonly {
    readonly address: string;
    readonly family: 4 | 6;
    readonly prefixLength: number;
    readonly scope: number;
    readonly flags: number;
  }[];
}

export interface KernelRoute {
  readonly adapter: string;
  readonly source: string;
  /** Empty: on link. */
  readonly gateway: string;
  /** 0: not limited by the route. */
  readonly mtu: number;
}

/** The channel to the privileged helper; one JSON text a message, at most 128 KiB. */
export interface HelperChannel {
  /** At most 8 descriptors go with it; they stay the caller's. */
  send(text: string, descriptors: readonly number[]): void;
  /** Idempotent. */
  close(): void;
}

/**
 * The functions of the addon (native/addon). Every one that fails throws an Error whose `code` is the system error's
 * name ("ENODEV")
 * and whose `errno` is its number.
 */
export interface NativeAddon {
  readonly version: number;
  /**
   * Opens a non-blocking UDP socket, bound to the adapter when one is named (SO_BINDTODEVICE). The caller owns the
   * descriptor.
   */
  openUdp(adapter: string | null, address: string, port: number): UdpDescriptor;
  /**
   * Opens a non-blocking TCP socket bound to an adapter and to an address of it, not connected. The caller owns the
   * descriptor.
   */
  openTcp(adapter: string, address: string): number;
  /**
   * Sends one datagram. null when sent, else the error's name. Never throws for network reasons. `whole`: as one IP
   * packet with DF.
   */
  sendUdp(fd: number, datagram: Uint8Array, address: string, port: number, whole: boolean): string | null;
  /** Whether this computer divides IPv6 packets that are larger than the kernel knows to pass. null, or the error's name. */
  allowUdpFragments(fd: number, six: boolean, allow: boolean): string | null;
  /**
   * Hands what arrives to `listener`: (datagram, address, port), or (null, error name, mtu or 0). Returns the function
   * that stops it.
   */
  readUdp(
    fd: number,
    listener: (datagram: Uint8Array | null, addressOrCode: string, portOrMtu: number) => void,
  ): () => void;
  /** Hands the packets of a TUN descriptor to `listener`. Returns the function that stops it. */
  readPackets(fd: number, listener: (packet: Uint8Array) => void): () => void;
  /** null when written, else the error's name. */
  writePacket(fd: number, packet: Uint8Array): string | null;
  /** Links with their addresses, loopback and tunnels included. */
  readAdapters(): readonly KernelAdapter[];
  /**
   * The kernel's answer past our own tunnel's policy rule; null: no route. Throws EINVAL for text that is no address.
   */
  lookupRoute(destination: string, adapter: string | null, source: string | null): KernelRoute | null;
  /**
   * Calls `listener` after links, addresses, routes or rules changed, once for all that was ready; the argument is
   * CLOCK_MONOTONIC in milliseconds when it was read. Does not keep the process alive.
   */
  watchNetwork(listener: (milliseconds: number) => void): () => void;
  /** Takes the descriptor over. (null, []) once the other end is gone. The listener owns the descriptors it gets. */
  openChannel(fd: number, listener: (text: string | null, descriptors: readonly number[]) => void): HelperChannel;
  /** A connected pair of Unix SOCK_SEQPACKET sockets, close-on-exec. */
  socketPair(): readonly [number, number];
  /** Connects to a Unix SOCK_SEQPACKET socket. */
  connectUnix(path: string): number;
  /** Who is at the other end of a Unix socket (SO_PEERCRED). */
  peerCredentials(fd: number): { readonly pid: number; readonly uid: number; readonly gid: number };
  /** Starts the threads of a data path; `native/datapath.ts` gives it the DataPath interface. */
  createDataPath(
    listener: (type: DataPathEvent['type'], spi: number, code: string | null) => void,
  ): NativeDataPathHandle;
  /** Version text of the OpenSSL that the addon itself carries. */
  readonly cryptoVersion: string;
  /** Closes a descriptor the caller owns. */
  closeDescriptor(fd: number): void;
}

let loaded: NativeAddon | null | undefined;

/** The folder of native/build: tests run the builds with sanitizers too (native/testing/sanitize.mjs). */
const wanted = process.env['AGILE_VPN_NATIVE_BUILD'];
const configuration = wanted === 'Address' || wanted === 'Thread' ? wanted : 'Release';

/** Where the built addon may be: beside the sources, or unpacked beside the packaged application. */
function candidates(): string[] {
  const here = dirname(fileURLToPath(import.meta.url));
  const places: string[] = [];
  let folder = here;
  for (let depth = 0; depth < 6; depth++) {
    places.push(
      join(folder, 'build', configuration, 'agile_vpn.node'),
      join(folder, 'native', 'build', configuration, 'agile_vpn.node'),
    );
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
