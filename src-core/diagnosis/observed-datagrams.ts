import type { DatagramSocket, Datagrams, SocketAddress } from '../ports/datagrams';
import { decodeHeader, type IkeHeader } from '../ikev2/wire/header';
import { nonEspMarkerLength } from '../ikev2/wire/non-esp-marker';

/** An IKE message on its way, without its marker. */
export interface SeenMessage {
  readonly direction: 'sent' | 'received';
  readonly header: IkeHeader;
  readonly message: Uint8Array;
  readonly socket: DatagramSocket;
  readonly peer: SocketAddress;
}

/** The message in a datagram from or to `port`; null: ESP, a keepalive, noise. */
export function ikeMessage(datagram: Uint8Array, port: number): Uint8Array | null {
  if (port === 500) return datagram;
  if (datagram.length < nonEspMarkerLength || (datagram[0]! | datagram[1]! | datagram[2]! | datagram[3]!) !== 0)
    return null;
  return datagram.subarray(nonEspMarkerLength);
}

/**
 * Sockets that show each IKE message to `see` before it goes on. A message from the network that `see` answers with
 * false goes no further.
 */
export function observedDatagrams(datagrams: Datagrams, see: (message: SeenMessage) => boolean): Datagrams {
  return {
    open: async (options) => {
      const inner = await datagrams.open(options);
      const tell = (direction: SeenMessage['direction'], datagram: Uint8Array, peer: SocketAddress): boolean => {
        const message = ikeMessage(datagram, peer.port);
        const header = message === null ? null : decodeHeader(message);
        return (
          message === null ||
          header === null ||
          !header.ok ||
          see({ direction, header: header.value, message, socket, peer })
        );
      };
      const socket: DatagramSocket = {
        adapter: inner.adapter,
        local: inner.local,
        send: (datagram, to) => {
          tell('sent', datagram, to);
          return inner.send(datagram, to);
        },
        sendWhole: (datagram, to) => {
          tell('sent', datagram, to);
          return inner.sendWhole(datagram, to);
        },
        allowFragments: (allow) => inner.allowFragments(allow),
        onDatagram: (listener) =>
          inner.onDatagram((datagram, from) => void (tell('received', datagram, from) && listener(datagram, from))),
        onError: (listener) => inner.onError(listener),
        close: () => inner.close(),
      };
      return socket;
    },
  };
}
