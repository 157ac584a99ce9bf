import { concat, equal, ipToOctets, uint16Octets } from '../../bytes';
import { hash } from '../../crypto/hash';
import type { SocketAddress } from '../../ports/datagrams';
import type { Random } from '../../ports/random';
import type { IkePath } from '../session';
import { notifyType } from '../wire/constants';
import { findNotifies, findNotify } from '../wire/find';
import { natDetectionHashOf } from '../wire/notify-data';
import type { Payload } from '../wire/payload';
import { notify, type NotifyPayload } from '../wire/payloads/notify';

/** SHA-1(SPIi | SPIr | address | port), RFC 7296 section 2.23 (C-37). Throws a RangeError when the address is none. */
export function natDetectionHash(spiI: Uint8Array, spiR: Uint8Array, endpoint: SocketAddress): Uint8Array {
  const address = ipToOctets(endpoint.address);
  if (address === null) throw new RangeError(`not an IP address: ${endpoint.address}`);
  return hash('sha1', spiI, spiR, address, uint16Octets(endpoint.port));
}

/**
 * C-41: our source hash names an address that nobody has, so the gateway believes in a NAT and encapsulates ESP in UDP.
 * It is the same one for the life of a session, else the gateway would see the NAT move.
 */
export class ForcedEncapsulation {
  readonly #endpoint: SocketAddress;

  constructor(random: Random) {
    const octets = random.bytes(3);
    // 0.0.0.0/8 is never a source on the wire (RFC 1122 section 3.2.1.3).
    this.#endpoint = { address: `0.${octets.join('.')}`, port: 0 };
  }

  sourceNotify(spiI: Uint8Array, spiR: Uint8Array): NotifyPayload {
    return notify(notifyType.NAT_DETECTION_SOURCE_IP, natDetectionHash(spiI, spiR, this.#endpoint));
  }
}

/** NAT_DETECTION_DESTINATION_IP for a message to `remote`. */
export function destinationNotify(spiI: Uint8Array, spiR: Uint8Array, remote: SocketAddress): NotifyPayload {
  return notify(notifyType.NAT_DETECTION_DESTINATION_IP, natDetectionHash(spiI, spiR, remote));
}

/** Both notifies as a gateway sends them: no pretence. */
export function truthfulNotifies(spiI: Uint8Array, spiR: Uint8Array, path: IkePath): readonly NotifyPayload[] {
  return [
    notify(notifyType.NAT_DETECTION_SOURCE_IP, natDetectionHash(spiI, spiR, path.socket.local)),
    destinationNotify(spiI, spiR, path.remote),
  ];
}

export interface NatFindings {
  /** The peer sees us at another address or port than our own. C-42: that is a NAT in front of us. */
  readonly localNat: boolean;
  /** The peer's source is not what it believes: a NAT in front of it, or its forced encapsulation. */
  readonly remoteNat: boolean;
  /** The hash of how the peer sees us: it changes with the NAT mapping (M-17). */
  readonly mapping: Uint8Array;
}

/**
 * What the peer's notifies say; null when they are not there (C-38). Of several source hashes one match is enough,
 * extras are ignored (H-41).
 */
export function readNatDetection(
  payloads: readonly Payload[],
  spiI: Uint8Array,
  spiR: Uint8Array,
  path: IkePath,
): NatFindings | null {
  const destination = findNotify(payloads, notifyType.NAT_DETECTION_DESTINATION_IP);
  const mapping = destination === undefined ? null : natDetectionHashOf(destination);
  const sources = findNotifies(payloads, notifyType.NAT_DETECTION_SOURCE_IP)
    .slice(0, 16)
    .map(natDetectionHashOf)
    .filter((value) => value !== null);
  if (mapping === null || sources.length === 0) return null;
  const remote = natDetectionHash(spiI, spiR, path.remote);
  return {
    localNat: !equal(mapping, natDetectionHash(spiI, spiR, path.socket.local)),
    remoteNat: !sources.some((value) => equal(value, remote)),
    mapping: concat(mapping),
  };
}

export function hasNatDetection(payloads: readonly Payload[]): boolean {
  return (
    findNotify(payloads, notifyType.NAT_DETECTION_SOURCE_IP) !== undefined ||
    findNotify(payloads, notifyType.NAT_DETECTION_DESTINATION_IP) !== undefined
  );
}
