import { hexEncode } from '../bytes';
import { exchangeType } from '../ikev2/wire/constants';
import { decodeMessage, encodeMessage } from '../ikev2/wire/message';
import { addNonEspMarker } from '../ikev2/wire/non-esp-marker';
import type { InnerPayload, Payload } from '../ikev2/wire/payload';
import type { SimulatedDatagram, SimulatedNetwork } from './simulated-network';

/** What the forger says to an IKE_SA_INIT request. `asked` counts the requests of all IKE SAs from 1. */
export type ForgedAnswer = (asked: number, request: readonly Payload[]) => readonly InnerPayload[];

/**
 * An attacker on the way to the gateway: answers every IKE_SA_INIT at once and unprotected, in the gateway's name, and
 * lets nothing of the gateway pass while `silencing`.
 */
export class Forger {
  silencing = true;
  /** Only the first request of each IKE SA is answered. */
  onceEach = false;
  /** Forged answers so far. */
  answers = 0;
  readonly #seen = new Set<string>();

  constructor(network: SimulatedNetwork, gatewayAddress: string, answer: ForgedAnswer) {
    network.filter = ({ from }) => (this.silencing && from.address === gatewayAddress ? 'drop' : 'pass');
    network.tap(({ from, to, bytes }) => {
      if (to.address !== gatewayAddress) return;
      const marked = to.port !== 500;
      const message = decodeMessage(marked ? bytes.subarray(4) : bytes);
      if (!message.ok || message.value.header.exchangeType !== exchangeType.IKE_SA_INIT) return;
      const { header, payloads } = message.value;
      const spi = hexEncode(header.spiInitiator);
      if (this.onceEach && this.#seen.has(spi)) return;
      this.#seen.add(spi);
      this.answers++;
      const forged = encodeMessage(
        { ...header, spiResponder: new Uint8Array(8), initiator: false, response: true },
        answer(this.answers, payloads),
      );
      network.inject({
        from: to,
        to: from,
        bytes: marked ? addNonEspMarker(forged) : forged,
      } satisfies SimulatedDatagram);
    });
  }
}
