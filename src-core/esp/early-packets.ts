/** SPIs waited for at once: more are proposed by no session, and the oldest is forgotten. */
const mostSpis = 16;
/** Of all SPIs together. */
export const earlyPacketLimit = 512;
export const earlyOctetLimit = 1024 * 1024;

/**
 * Packets for inbound SPIs that were proposed and are not installed yet: what the peer sends before its answer was
 * understood.
 */
export class EarlyPackets {
  readonly #expected = new Map<number, Uint8Array[]>();
  #count = 0;
  #octets = 0;

  expect(spi: number): void {
    if (this.#expected.has(spi)) return;
    this.#expected.set(spi, []);
    const [oldest] = this.#expected.keys();
    if (this.#expected.size > mostSpis && oldest !== undefined) this.forget(oldest);
  }

  /** Keeps a copy; false when nobody waits for this SPI. What is too much is dropped. */
  hold(spi: number, packet: Uint8Array): boolean {
    const packets = this.#expected.get(spi);
    if (packets === undefined) return false;
    if (this.#count < earlyPacketLimit && this.#octets + packet.length <= earlyOctetLimit) {
      packets.push(packet.slice());
      this.#count += 1;
      this.#octets += packet.length;
    }
    return true;
  }

  /** The SA is there: what waited for it, the oldest first. */
  take(spi: number): readonly Uint8Array[] {
    const packets = this.#expected.get(spi) ?? [];
    this.forget(spi);
    return packets;
  }

  forget(spi: number): void {
    for (const { length } of this.#expected.get(spi) ?? []) {
      this.#count -= 1;
      this.#octets -= length;
    }
    this.#expected.delete(spi);
  }

  clear(): void {
    this.#expected.clear();
    this.#count = 0;
    this.#octets = 0;
  }
}
