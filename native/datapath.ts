import { EspSuiteError, espKeyLengths } from '../src-core/crypto/esp-transform';
import { compileSelectors, type CompiledSelector } from '../src-core/esp/traffic-selectors';
import type {
  Clock,
  DatagramSocket,
  DataPath,
  DataPathEvent,
  EspSa,
  OuterPath,
  SaCounters,
  SocketAddress,
  TappedPacket,
  Timer,
  TunnelDevice,
} from '../src-core/ports';
import { loadAddon, type NativeAddon } from './index';

/**
 * What the addon's createDataPath returns (native/addon/datapath/data_path_binding.cc). Times are CLOCK_MONOTONIC in
 * milliseconds.
 */
export interface NativeDataPathHandle {
  /** `assumeHeader`, for tests: packets carry the virtio header although the descriptor is no TUN. */
  attachTunnel(fd: number, assumeHeader?: boolean): void;
  expectInbound(spi: number): void;
  installInbound(sa: NativeSa): void;
  installOutbound(sa: NativeSa): void;
  removeInbound(spi: number): void;
  removeOutbound(spi: number): void;
  setPath(fd: number | null, address?: string, port?: number, segmentation?: boolean): void;
  receive(datagram: Uint8Array): void;
  setInnerMtu(mtu: number): void;
  inboundCounters(spi: number): SaCounters | null;
  outboundCounters(spi: number): SaCounters | null;
  lastSentAt(): number | null;
  statistics(): DataPathStatistics | null;
  setTap(on: boolean): void;
  takeTapped(): { readonly records: Uint8Array; readonly dropped: number } | null;
  close(): void;
}

export interface NativeSa {
  readonly spi: number;
  /** Index into ciphers and integrities of esp_cipher.h. */
  readonly cipher: number;
  readonly keyBits: number;
  readonly integrity: number;
  readonly esn: boolean;
  readonly encryptionKey: Uint8Array;
  readonly integrityKey: Uint8Array;
  readonly local: readonly CompiledSelector[];
  readonly remote: readonly CompiledSelector[];
  /** Outbound, for tests near the end of the numbers. Absent: 1. */
  readonly firstSequence?: bigint;
}

/** How well batching works, and what was lost where (docs/data-path.md 6.6). */
export interface DataPathStatistics {
  /** Batches read from the TUN, up to 64 packets each. */
  readonly tunReads: number;
  readonly sendCalls: number;
  readonly datagramsSent: number;
  readonly receiveBatches: number;
  /** Packets the TUN did not take. */
  readonly tunWriteDrops: number;
  readonly sendDrops: number;
  /** Times a full socket buffer stopped the reading of the TUN. */
  readonly waits: number;
  /** Packets held for a path that came too late. */
  readonly heldDropped: number;
  /** Segmented packets the TUN gave us whole; 0 without the offload header. */
  readonly superPacketsRead: number;
  /** Writes to the TUN that joined TCP segments, and the segments in them. */
  readonly coalescedWrites: number;
  readonly coalescedPackets: number;
}

export interface NativeDataPathOptions {
  /** Its now() must be CLOCK_MONOTONIC in milliseconds: the threads take their times there. */
  readonly clock: Clock;
  /** Absent: the built one; a missing one throws. */
  readonly addon?: NativeAddon;
  /** UDP segmentation offload; on unless switched off here or refused by the kernel. */
  readonly segmentation?: boolean;
  /** First sequence number of outbound SAs, for tests. */
  readonly firstSequence?: bigint;
}

export interface NativeDataPath extends DataPath {
  /** null after close. */
  statistics(): DataPathStatistics | null;
}

/** How often captured packets are fetched; the tap holds 16 MiB. */
const tapIntervalMs = 50;
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const ciphers = ['aes-gcm-16', 'chacha20-poly1305', 'aes-cbc', 'null'] as const;
const integrities = [null, 'hmac-sha1-96', 'hmac-sha2-256-128', 'hmac-sha2-384-192', 'hmac-sha2-512-256'] as const;

/**
 * The data path whose threads touch every packet so that JavaScript touches none. Its tunnel device needs a
 * descriptor, its sockets must be those of the addon. Behaves as createTypeScriptDataPath in src-core/esp does.
 */
export function createNativeDataPath(options: NativeDataPathOptions): NativeDataPath {
  const addon = options.addon ?? loadAddon();
  if (addon === null) throw new Error('the native addon is not built: npm run build:native');
  return new AddonDataPath(addon, options);
}

class AddonDataPath implements NativeDataPath {
  readonly #handle: NativeDataPathHandle;
  readonly #segmentation: boolean;
  readonly #firstSequence: bigint | undefined;
  #listener: ((event: DataPathEvent) => void) | null = null;
  #path: OuterPath | null = null;
  #closed = false;
  readonly #clock: Clock;
  #tapListener: ((packet: TappedPacket) => void) | null = null;
  #tapTimer: Timer | null = null;

  constructor(addon: NativeAddon, options: NativeDataPathOptions) {
    this.#clock = options.clock;
    this.#segmentation = options.segmentation ?? true;
    this.#firstSequence = options.firstSequence;
    this.#handle = addon.createDataPath((type, spi, code) => {
      if (!this.#closed)
        this.#listener?.(type === 'send-error' ? { type, code: code ?? 'EIO', mtu: null } : { type, spi });
    });
  }

  attachTunnel(device: TunnelDevice): void {
    if (device.fd === null) throw new TypeError(`the native data path needs a descriptor, and ${device.name} has none`);
    this.#handle.attachTunnel(device.fd);
  }

  expectInbound(spi: number): void {
    this.#handle.expectInbound(spi);
  }

  installInbound(sa: EspSa): void {
    this.#handle.installInbound(nativeSa(sa));
  }

  installOutbound(sa: EspSa): void {
    const converted = nativeSa(sa);
    this.#handle.installOutbound(
      this.#firstSequence === undefined ? converted : { ...converted, firstSequence: this.#firstSequence },
    );
  }

  removeInbound(spi: number): void {
    this.#handle.removeInbound(spi);
  }

  removeOutbound(spi: number): void {
    this.#handle.removeOutbound(spi);
  }

  setPath(path: OuterPath | null): void {
    if (path !== null && samePath(path, this.#path)) return;
    // What was tapped so far belongs to the path before.
    this.#drainTap();
    this.#path = path;
    if (path === null) this.#handle.setPath(null);
    else this.#handle.setPath(descriptorOf(path.socket), path.remote.address, path.remote.port, this.#segmentation);
  }

  receive(datagram: Uint8Array, _from: SocketAddress): void {
    this.#handle.receive(datagram);
  }

  setInnerMtu(mtu: number): void {
    this.#handle.setInnerMtu(mtu);
  }

  tap(listener: ((packet: TappedPacket) => void) | null): void {
    if (this.#closed) return;
    this.#drainTap();
    this.#tapListener = listener;
    this.#handle.setTap(listener !== null);
    this.#tapTimer?.cancel();
    this.#tapTimer = null;
    if (listener !== null) this.#drainLater();
  }

  #drainLater(): void {
    this.#tapTimer = this.#clock.setTimer(tapIntervalMs, 'captured packets', () => {
      this.#drainTap();
      this.#drainLater();
    });
  }

  #drainTap(): void {
    const taken = this.#tapListener === null ? null : this.#handle.takeTapped();
    if (taken === null) return;
    for (const packet of tappedPackets(taken.records))
      this.#tapListener?.({ ...packet, path: this.#path, dropped: taken.dropped });
  }

  inboundCounters(spi: number): SaCounters | null {
    return this.#handle.inboundCounters(spi);
  }

  outboundCounters(spi: number): SaCounters | null {
    return this.#handle.outboundCounters(spi);
  }

  lastSentAt(): number | null {
    return this.#handle.lastSentAt();
  }

  statistics(): DataPathStatistics | null {
    return this.#handle.statistics();
  }

  onEvent(listener: (event: DataPathEvent) => void): void {
    this.#listener = listener;
  }

  close(): void {
    this.#drainTap();
    this.#tapTimer?.cancel();
    this.#tapTimer = null;
    this.#closed = true;
    this.#handle.close();
  }
}

const recordHeaderLength = 16;

/** The records of native/addon/datapath/packet_tap.h. */
function* tappedPackets(records: Uint8Array): Generator<Pick<TappedPacket, 'kind' | 'direction' | 'at' | 'bytes'>> {
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  for (let at = 0; at + recordHeaderLength <= records.length;) {
    const length = view.getUint32(at, littleEndian);
    const kind = view.getUint32(at + 4, littleEndian);
    const time = Number(view.getBigUint64(at + 8, littleEndian)) / 1000;
    const start = at + recordHeaderLength;
    yield {
      kind: kind < 2 ? 'inner' : 'outer',
      direction: kind % 2 === 0 ? 'sent' : 'received',
      at: time,
      bytes: records.subarray(start, start + length),
    };
    at = start + ((length + 7) & ~7);
  }
}

/** Throws EspSuiteError, as the TypeScript data path does. */
function nativeSa(sa: EspSa): NativeSa {
  const lengths = espKeyLengths(sa.suite);
  if (!Number.isInteger(sa.spi) || sa.spi < 256 || sa.spi > 0xffff_ffff)
    throw new EspSuiteError('spi', `${sa.spi} is not between 256 and 2^32 - 1`);
  if (sa.encryptionKey.length !== lengths.encryption)
    throw new EspSuiteError('encryptionKey', `${lengths.encryption} octets are needed, not ${sa.encryptionKey.length}`);
  if (sa.integrityKey.length !== lengths.integrity)
    throw new EspSuiteError('integrityKey', `${lengths.integrity} octets are needed, not ${sa.integrityKey.length}`);
  return {
    spi: sa.spi,
    cipher: ciphers.indexOf(sa.suite.cipher),
    keyBits: sa.suite.keyBits,
    integrity: integrities.indexOf(sa.suite.integrity),
    esn: sa.suite.esn,
    encryptionKey: sa.encryptionKey,
    integrityKey: sa.integrityKey,
    local: compileSelectors(sa.localSelectors, 'localSelectors'),
    remote: compileSelectors(sa.remoteSelectors, 'remoteSelectors'),
  };
}

function samePath(one: OuterPath, other: OuterPath | null): boolean {
  return (
    one.socket === other?.socket && one.remote.address === other.remote.address && one.remote.port === other.remote.port
  );
}

function descriptorOf(socket: DatagramSocket): number {
  const fd: unknown = 'fd' in socket ? socket.fd : null;
  if (typeof fd !== 'number' || fd < 0)
    throw new TypeError('the native data path sends on open sockets of the addon only');
  return fd;
}
