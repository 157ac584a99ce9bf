import type { EspTransform } from '../crypto/esp-transform';

/** SPI and sequence number. */
export const espHeaderLength = 8;

/** RFC 4303 section 2.6: what a tunnel mode packet may carry. */
export const nextHeader = { ipv4: 4, ipv6: 41, dummy: 59 } as const;

/** Pad length and next header, the last two octets of the plaintext. */
const trailerLength = 2;
const lowHalf = 0xffffffffn;

/** What is readable before anything is verified. */
export interface EspHeader {
  readonly spi: number;
  /** The 32 bits on the wire. */
  readonly sequenceLow: number;
}

export interface EspPayload {
  readonly nextHeader: number;
  /** Without padding; bytes of traffic flow confidentiality after the inner packet are still there. */
  readonly payload: Uint8Array;
}

export interface EncapsulateOptions {
  readonly transform: EspTransform;
  readonly spi: number;
  /** Starts at 1 and never repeats under one key. */
  readonly sequence: bigint;
  /** The high half of the sequence number is authenticated. */
  readonly esn: boolean;
  /** Exactly transform.ivLength octets. */
  readonly iv: Uint8Array;
  readonly payload: Uint8Array;
  readonly nextHeader: number;
}

/** null when there are not even SPI and sequence number. */
export function readEspHeader(datagram: Uint8Array): EspHeader | null {
  if (datagram.length < espHeaderLength) return null;
  const view = new DataView(datagram.buffer, datagram.byteOffset, espHeaderLength);
  return { spi: view.getUint32(0), sequenceLow: view.getUint32(4) };
}

/**
 * Length and alignment that every honest packet under this transform has (H-12). To be checked before any cryptography.
 */
export function hasEspShape(datagram: Uint8Array, transform: EspTransform): boolean {
  const ciphertext = datagram.length - espHeaderLength - transform.ivLength - transform.icvLength;
  return ciphertext >= trailerLength && ciphertext % transform.alignment === 0;
}

/** A whole ESP packet as it goes into the UDP datagram (RFC 4303 section 3.3, RFC 3948 section 2.1). One allocation. */
export function encapsulate({
  transform,
  spi,
  sequence,
  esn,
  iv,
  payload,
  nextHeader: next,
}: EncapsulateOptions): Uint8Array {
  const start = espHeaderLength + transform.ivLength;
  const unpadded = payload.length + trailerLength;
  const padLength = (transform.alignment - (unpadded % transform.alignment)) % transform.alignment;
  const end = start + unpadded + padLength;
  const packet = new Uint8Array(end + transform.icvLength);
  const view = new DataView(packet.buffer);
  view.setUint32(0, spi);
  view.setUint32(4, Number(sequence & lowHalf));
  packet.set(iv, espHeaderLength);
  packet.set(payload, start);
  for (let index = 1; index <= padLength; index += 1) packet[start + payload.length + index - 1] = index;
  packet[end - 2] = padLength;
  packet[end - 1] = next;
  transform.seal(packet, esn ? Number(sequence >> 32n) : null);
  return packet;
}

/**
 * `auth`: the ICV is wrong. `padding`: authentic, but pad length or pad octets are not what RFC 4303 section 2.4 says
 * (H-63).
 * The caller has checked hasEspShape and the replay window.
 */
export function decapsulate(
  datagram: Uint8Array,
  transform: EspTransform,
  sequenceHigh: number | null,
): EspPayload | 'auth' | 'padding' {
  const plaintext = transform.open(datagram, sequenceHigh);
  if (plaintext === null) return 'auth';
  const padLength = plaintext[plaintext.length - 2]!;
  const payloadLength = plaintext.length - trailerLength - padLength;
  if (payloadLength < 0) return 'padding';
  for (let index = 1; index <= padLength; index += 1) {
    if (plaintext[payloadLength + index - 1] !== index) return 'padding';
  }
  return { nextHeader: plaintext[plaintext.length - 1]!, payload: plaintext.subarray(0, payloadLength) };
}
