import type { InnerPayload, Payload } from '../../ikev2/wire/payload';
import type { DatagramSocket } from '../../ports/datagrams';
import type { IkeTap } from './ike-tap';

/** `messageId` 0 is IKE_SA_INIT. null: the message is swallowed. */
export type Rewrite = (messageId: number, payloads: readonly Payload[]) => readonly Payload[] | null;

/** A gateway's socket that sends other answers than the gateway made: what a gateway says that breaks a rule, sealed as if it had meant it. */
export function rewriting(socket: DatagramSocket, tap: IkeTap, rewrite: Rewrite): DatagramSocket {
  return {
    adapter: socket.adapter,
    local: socket.local,
    send: (datagram, to) => {
      const marker = socket.local.port !== 500 && to.port !== 500;
      const opened = tap.open(datagram, marker, false);
      if (opened.type !== 'message') return socket.send(datagram, to);
      const { message } = opened;
      const changed = rewrite(message.header.messageId, message.payloads);
      if (changed === null) return 'sent';
      return socket.send(changed === message.payloads ? datagram : tap.sealAsGateway(message, changed.filter(isInner), marker), to);
    },
    onDatagram: (listener) => socket.onDatagram(listener),
    onError: (listener) => socket.onError(listener),
    close: () => socket.close(),
  };
}

function isInner(payload: Payload): payload is InnerPayload {
  return payload.type !== 'SK' && payload.type !== 'SKF';
}
