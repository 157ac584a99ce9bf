import type { NativeAddon } from '../../../native';
import type { TunnelDevice } from '../../../src-core/ports';

/** A TUN descriptor from the helper: one IP packet a read, no header in front (IFF_TUN | IFF_NO_PI). Owns the descriptor. */
export class TunDevice implements TunnelDevice {
  readonly name: string;
  private descriptor: number;
  private readonly addon: NativeAddon;
  private stopReading: (() => void) | null = null;
  private listener: ((packet: Uint8Array) => void) | null = null;

  constructor(addon: NativeAddon, name: string, fd: number) {
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
    if (this.descriptor >= 0) this.stopReading ??= this.addon.readPackets(this.descriptor, (packet) => this.listener?.(packet));
  }

  write(packet: Uint8Array): void {
    // A full queue drops the packet, as any link may.
    if (this.descriptor >= 0) this.addon.writePacket(this.descriptor, packet);
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
