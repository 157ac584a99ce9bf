import type { SocketAddress } from '../../ports/datagrams';
import type { IkePath } from '../session';
import { addNonEspMarker, classifyEncapsulated, nonEspMarkerLength } from '../wire/non-esp-marker';

/** C-40: no marker between a port 500 and whoever talks to it. */
export function usesMarker(path: IkePath): boolean {
  return path.remote.port !== 500 && path.socket.local.port !== 500;
}

/**
 * Sends one IKE message, marker added where the path wants it. What the system says is a hint; the retransmission goes
 * on.
 */
export function sendIke(path: IkePath, message: Uint8Array): string {
  return path.socket.send(usesMarker(path) ? addNonEspMarker(message) : message, path.remote);
}

/** The same as one IP packet that nobody may divide. */
export function sendIkeWhole(path: IkePath, message: Uint8Array): string {
  return path.socket.sendWhole(usesMarker(path) ? addNonEspMarker(message) : message, path.remote);
}

/** Octets of the IP packet around an IKE message: IP and UDP header, marker. */
export function octetsAround(path: IkePath): number {
  return (path.remote.address.includes(':') ? 40 : 20) + 8 + (usesMarker(path) ? nonEspMarkerLength : 0);
}

/** The IKE message in a datagram, or null for ESP, keepalives and noise (H-1, H-13). */
export function ikeMessageOf(datagram: Uint8Array, path: IkePath): Uint8Array | null {
  if (!usesMarker(path)) return datagram.length >= 28 ? datagram : null;
  if (datagram.length < nonEspMarkerLength + 28) return null;
  const classified = classifyEncapsulated(datagram);
  return classified.type === 'ike' ? classified.message : null;
}

export function samePath(a: IkePath | null, b: IkePath | null): boolean {
  if (a === null || b === null) return a === b;
  return a.socket === b.socket && a.remote.address === b.remote.address && a.remote.port === b.remote.port;
}

/**
 * C-39: after IKE_SA_INIT everything goes to port 4500, whatever the NAT detection says, because MOBIKE may be used.
 */
export function floated(path: IkePath): IkePath {
  return path.remote.port === 500
    ? { socket: path.socket, remote: { address: path.remote.address, port: 4500 } }
    : path;
}

export function endpointText(endpoint: SocketAddress): string {
  return endpoint.address.includes(':')
    ? `[${endpoint.address}]:${String(endpoint.port)}`
    : `${endpoint.address}:${String(endpoint.port)}`;
}
