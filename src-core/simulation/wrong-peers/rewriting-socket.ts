import type { InnerPayload, Payload } from '../../ikev2/wire/payload';
import type { DatagramSocket } from '../../ports/datagrams';
import type { IkeTap } from './ike-tap';

/** `messageId` 0 is IKE_SA_INIT. `asked`: what the client's newest message held. null: the message is swallowed. */
export type Rewrite = (
  messageId: number,
  payloads: readonly Payload[],
  asked: readonly Payload[],
) => readonly Payload[] | null;

/** The very octets that the client has just proved itself with. */
export function authOf(asked: readonly Payload[]): Uint8Array {
  const own = asked.find((payload) => payload.type === 'AUTH');
  if (own === undefined) throw new Error('the client sent no AUTH');
  return own.data;
}

/**
 * A gateway's socket that sends other answers than the gateway made: what a gateway says that breaks a rule, sealed as
 * if it had meant it.
 */
export function rewriting(socket: DatagramSocket, tap: IkeTap, rewrite: Rewrite): DatagramSocket {
  const withMarker = (peer: { readonly port: number }): boolean => socket.local.port !== 500 && peer.port !== 500;
  let asked: readonly Payload[] = [];
  return {
    adapter: socket.adapter,
    local: socket.local,
    send: (datagram, to) => {
      const marker = withMarker(to);
      const opened = tap.open(datagram, marker, false);
      if (opened.type !== 'message') return socket.send(datagram, to);
      const { message } = opened;
      const changed = rewrite(message.header.messageId, message.payloads, asked);
      if (changed === null) return 'sent';
      return socket.send(
        changed === message.payloads ? datagram : tap.sealAsGateway(message, changed.filter(isInner), marker),
        to,
      );
    },
    sendWhole: (datagram, to) => socket.sendWhole(datagram, to),
    allowFragments: (allow) => socket.allowFragments(allow),
    onDatagram: (listener) =>
      socket.onDatagram((datagram, from) => {
        const opened = tap.open(datagram, withMarker(from), true);
        if (opened.type === 'message') asked = opened.message.payloads;
        listener(datagram, from);
      }),
    onError: (listener) => socket.onError(listener),
    close: () => socket.close(),
  };
}

function isInner(payload: Payload): payload is InnerPayload {
  return payload.type !== 'SK' && payload.type !== 'SKF';
}
