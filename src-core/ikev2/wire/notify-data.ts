import { decoded, ipToOctets, octetsToIp, Reader, uint16Octets, utf8Decode, Writer } from '../../bytes';
import { hashAlgorithmId, notifyType } from './constants';
import { notify } from './payloads/notify';
import type { NotifyPayload } from './payloads/notify';

/**
 * What the data of a notify means. Every reader gives null for data of the wrong form: the notify is then as good as
 * absent.
 */

/** RFC 7296 section 2.6: 1..64 octets (H-20). */
export function cookieOf(payload: NotifyPayload): Uint8Array | null {
  return payload.data.length >= 1 && payload.data.length <= 64 ? payload.data : null;
}

/** RFC 4555 section 4.2.5: 8..64 octets (H-38). */
export function cookie2Of(payload: NotifyPayload): Uint8Array | null {
  return payload.data.length >= 8 && payload.data.length <= 64 ? payload.data : null;
}

/** INVALID_KE_PAYLOAD: the group the peer wants, exactly 2 octets (C-19). */
export function wantedGroupOf(payload: NotifyPayload): number | null {
  return payload.data.length === 2 ? ((payload.data[0] as number) << 8) | (payload.data[1] as number) : null;
}

export function invalidKeNotify(group: number): NotifyPayload {
  return notify(notifyType.INVALID_KE_PAYLOAD, uint16Octets(group));
}

/** NAT_DETECTION_*: a SHA-1 hash, 20 octets (H-41). */
export function natDetectionHashOf(payload: NotifyPayload): Uint8Array | null {
  return payload.data.length === 20 ? payload.data : null;
}

/** RFC 7427 section 4: ids without repetition, in order; null when odd or empty. */
export function signatureHashesOf(payload: NotifyPayload): readonly number[] | null {
  if (payload.data.length === 0 || payload.data.length % 2 !== 0) return null;
  const known: ReadonlySet<number> = new Set(Object.values(hashAlgorithmId));
  const ids = new Set<number>();
  const reader = new Reader(payload.data, 'SIGNATURE_HASH_ALGORITHMS');
  while (!reader.atEnd) {
    const id = reader.uint16('hash algorithm');
    if (known.has(id)) ids.add(id);
  }
  return [...ids];
}

export function signatureHashesNotify(ids: readonly number[]): NotifyPayload {
  const writer = new Writer(2 * ids.length);
  for (const id of ids) writer.uint16(id);
  return notify(notifyType.SIGNATURE_HASH_ALGORITHMS, writer.finish());
}

/** ADDITIONAL_IP4_ADDRESS or ADDITIONAL_IP6_ADDRESS, RFC 4555 section 4.2.2. */
export function additionalAddressOf(payload: NotifyPayload): string | null {
  const expected =
    payload.notify === notifyType.ADDITIONAL_IP4_ADDRESS
      ? 4
      : payload.notify === notifyType.ADDITIONAL_IP6_ADDRESS
        ? 16
        : null;
  return payload.data.length === expected ? octetsToIp(payload.data) : null;
}

/** Throws a RangeError when `address` is not an address. */
export function additionalAddressNotify(address: string): NotifyPayload {
  const octets = ipToOctets(address);
  if (octets === null) throw new RangeError(`not an IP address: ${address}`);
  return notify(octets.length === 4 ? notifyType.ADDITIONAL_IP4_ADDRESS : notifyType.ADDITIONAL_IP6_ADDRESS, octets);
}

/** AUTH_LIFETIME in seconds, RFC 4478. */
export function authLifetimeOf(payload: NotifyPayload): number | null {
  return uint32Of(payload);
}

/** SET_WINDOW_SIZE, RFC 7296 section 2.3. */
export function windowSizeOf(payload: NotifyPayload): number | null {
  const size = uint32Of(payload);
  return size === null || size === 0 ? null : size;
}

/** MS_NOTIFY_STATUS: a Win32 or IPsec error code. */
export function microsoftStatusOf(payload: NotifyPayload): number | null {
  return uint32Of(payload);
}

/** UNSUPPORTED_CRITICAL_PAYLOAD: the payload type. */
export function unsupportedPayloadOf(payload: NotifyPayload): number | null {
  return payload.data.length === 1 ? (payload.data[0] as number) : null;
}

export function unsupportedCriticalNotify(type: number): NotifyPayload {
  return notify(notifyType.UNSUPPORTED_CRITICAL_PAYLOAD, new Uint8Array([type]));
}

/** The ESP SPI a notify is about (REKEY_SA, CHILD_SA_NOT_FOUND): 4 octets, else null (H-27). */
export function childSpiOf(payload: NotifyPayload): number | null {
  return payload.spi.length === 4 ? new Reader(payload.spi, 'N').uint32('SPI') : null;
}

export interface Redirect {
  /** Address in text form, or a name. Nothing about it is trusted yet (H-42). */
  readonly gateway: string;
  readonly kind: 'ipv4' | 'ipv6' | 'fqdn';
  /** Our nonce, in IKE_SA_INIT only; empty elsewhere. */
  readonly nonce: Uint8Array;
}

/** REDIRECT, RFC 5685 section 6.2. */
export function redirectOf(payload: NotifyPayload): Redirect | null {
  const result = decoded(() => {
    const reader = new Reader(payload.data, 'REDIRECT');
    const kindNumber = reader.uint8('GW identity type');
    const identity = reader.bytes(reader.uint8('GW identity length'), 'GW identity');
    const nonce = reader.rest();
    if (kindNumber === 1 && identity.length === 4)
      return { kind: 'ipv4' as const, gateway: octetsToIp(identity), nonce };
    if (kindNumber === 2 && identity.length === 16)
      return { kind: 'ipv6' as const, gateway: octetsToIp(identity), nonce };
    const name = utf8Decode(identity);
    if (kindNumber === 3 && name !== null && /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?\.?$/i.test(name))
      return { kind: 'fqdn' as const, gateway: name, nonce };
    return reader.fail('GW identity', 'is not of its type');
  });
  return result.ok ? result.value : null;
}

function uint32Of(payload: NotifyPayload): number | null {
  return payload.data.length === 4 ? new Reader(payload.data, 'N').uint32('data') : null;
}
