import type { SimulatedDatagram } from './simulated-network';
import { gatewayAddress, type TwoEnds } from './two-ends';

export type Sender = 'client' | 'gateway';

/** Holds every IKE message back until it is delivered by hand, in any order; ESP passes. */
export class Mailbox {
  readonly #ends: TwoEnds;
  readonly #waiting: { readonly from: Sender; readonly datagram: SimulatedDatagram }[] = [];
  #open = false;

  constructor(ends: TwoEnds) {
    this.#ends = ends;
    ends.network.filter = (datagram) => {
      if (this.#open || !isIke(datagram)) return 'pass';
      this.#waiting.push({ from: datagram.from.address === gatewayAddress ? 'gateway' : 'client', datagram });
      return 'drop';
    };
  }

  /** How many messages of one side wait. */
  count(from: Sender): number {
    return this.#waiting.filter((entry) => entry.from === from).length;
  }

  /** Delivers the oldest message of one side and lets it take effect. False when there is none. */
  async deliver(from: Sender): Promise<boolean> {
    const datagram = this.drop(from);
    if (datagram === null) return false;
    this.#ends.network.inject(datagram);
    await this.#ends.clock.run(5);
    return true;
  }

  /** Loses the oldest message of one side. */
  drop(from: Sender): SimulatedDatagram | null {
    const index = this.#waiting.findIndex((entry) => entry.from === from);
    return index < 0 ? null : (this.#waiting.splice(index, 1)[0]?.datagram ?? null);
  }

  /** From now on everything passes; what waits is delivered in order. */
  async release(): Promise<void> {
    this.#open = true;
    for (const { datagram } of this.#waiting.splice(0)) this.#ends.network.inject(datagram);
    await this.#ends.clock.run(5);
  }
}

function isIke({ bytes, to, from }: SimulatedDatagram): boolean {
  if (to.port === 500 || from.port === 500) return true;
  return bytes.length > 4 && bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 0;
}
