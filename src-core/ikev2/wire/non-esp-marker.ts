/** RFC 3948 section 2: four zero octets where ESP has its SPI tell IKE from ESP on every port but 500. */
export const nonEspMarkerLength = 4;

export type EncapsulatedDatagram =
  | { readonly type: 'ike'; readonly message: Uint8Array }
  | { readonly type: 'esp'; readonly packet: Uint8Array }
  | { readonly type: 'keepalive' }
  | { readonly type: 'invalid' };

/** Tells what a datagram with encapsulation is (C-40, H-1, H-13, H-62). Views, no copies. */
export function classifyEncapsulated(datagram: Uint8Array): EncapsulatedDatagram {
  if (datagram.length === 1 && datagram[0] === 0xff) return { type: 'keepalive' };
  if (datagram.length < 8) return { type: 'invalid' };
  const marked = datagram[0] === 0 && datagram[1] === 0 && datagram[2] === 0 && datagram[3] === 0;
  return marked ? { type: 'ike', message: datagram.subarray(nonEspMarkerLength) } : { type: 'esp', packet: datagram };
}

/** A copy of the message with the marker in front. */
export function addNonEspMarker(message: Uint8Array): Uint8Array {
  const datagram = new Uint8Array(nonEspMarkerLength + message.length);
  datagram.set(message, nonEspMarkerLength);
  return datagram;
}
