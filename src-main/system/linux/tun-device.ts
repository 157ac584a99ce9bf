import type { NativeAddon } from '../../../native';
import type { TunnelDevice } from '../../../src-core/ports';

/**
 * struct virtio_net_hdr. All zero: a plain packet. Nobody but the native data path asks the kernel for anything else.
 */
const VIRTIO_HEADER_LENGTH = 10;

/**
 * A TUN descriptor from the helper: one IP packet a read (IFF_TUN | IFF_NO_PI), with the virtio header in front when
 * `virtioHeader`. Owns the descriptor.
 */
export class TunDevice implements TunnelDevice {
  readonly name: string;
  private readonly headerLength: number;
  private descriptor: number;
  private readonly addon: NativeAddon;
  private stopReading: (() => void) | null = null;
  private listener: ((packet: Uint8Array) => void) | null = null;

  constructor(addon: NativeAddon, name: string, fd: number, virtioHeader: boolean) {
    this.headerLength = virtioHeader ? VIRTIO_HEADER_LENGTH : 0;
    this.addon = addon;
    this.name = name;
    this.descriptor = fd;
  }

  get fd(): number | null {
    return this.descriptor < 0 ? null : this.descriptor;
  }

  /** Reads from now on; the native data path never calls this. */
  onPacket(listener: (packet: Uint8Array) => void): void {
    this.listener = listener;
    if (this.descriptor >= 0)
      this.stopReading ??= this.addon.readPackets(this.descriptor, (packet) =>
        this.listener?.(packet.subarray(this.headerLength)),
      );
  }

  write(packet: Uint8Array): void {
    if (this.descriptor < 0) return;
    const framed = this.headerLength === 0 ? packet : Buffer.concat([new Uint8Array(this.headerLength), packet]);
    // A full queue drops the packet, as any link may.
    this.addon.writePacket(this.descriptor, framed);
  }

  close(): void {
    if (this.descriptor < 0) return;
    const fd = this.descriptor;
    this.descriptor = -1;
    this.stopReading?.();
    this.stopReading = null;
    this.addon.closeDescriptor(fd);
  }
}
