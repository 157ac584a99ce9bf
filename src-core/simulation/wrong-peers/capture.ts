import type { SimulatedDatagram, SimulatedNetwork } from '../simulated-network';
import type { IkeTap, OpenedMessage } from './ike-tap';

export interface CapturedMessage extends OpenedMessage {
  readonly from: 'client' | 'gateway';
}

/** Every datagram both ways between the client and one gateway, as a packet capture on the wire would have it. */
export class Capture {
  readonly datagrams: SimulatedDatagram[] = [];
  readonly #gateway: string;
  readonly #tap: IkeTap;

  constructor(network: SimulatedNetwork, gateway: string, tap: IkeTap) {
    this.#gateway = gateway;
    this.#tap = tap;
    network.tap(({ from, to, bytes }) => {
      if (from.address === gateway || to.address === gateway) this.datagrams.push({ from, to, bytes: bytes.slice() });
    });
  }

  /** All messages, decrypted. Throws when a datagram stays unread: then nothing could be said about what left. */
  messages(): readonly CapturedMessage[] {
    return this.datagrams.flatMap((datagram, index) => {
      const fromClient = datagram.to.address === this.#gateway;
      const marker = datagram.from.port !== 500 && datagram.to.port !== 500;
      const opened = this.#tap.open(datagram.bytes, marker, fromClient);
      if (opened.type === 'unread')
        throw new Error(`datagram ${String(index)} of the capture cannot be read: ${opened.why}`);
      return opened.type === 'message'
        ? [{ ...opened.message, from: fromClient ? ('client' as const) : ('gateway' as const) }]
        : [];
    });
  }
}
