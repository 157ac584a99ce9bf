import type { IkeSessionConfig } from '../ikev2/session';
import { addNonEspMarker, nonEspMarkerLength } from '../ikev2/wire/non-esp-marker';
import { equal } from '../bytes';
import type { ConnectionPorts } from '../connection/ports';
import { createTypeScriptDataPath } from '../esp/data-path';
import type { PathCandidate } from '../mobility/path-candidates';
import type { Timer } from '../ports/clock';
import type { DatagramSocket } from '../ports/datagrams';
import { padInit, withoutCommitment } from './init-probe';
import { observedDatagrams } from './observed-datagrams';

export type ProbePorts = Pick<ConnectionPorts, 'clock' | 'random' | 'datagrams' | 'trace' | 'createSession'>;

export interface PortProbe {
  readonly candidate: PathCandidate;
  /** UDP port of the server. */
  readonly port: number;
  /** Octets the request is padded to; null: as it is. */
  readonly paddedTo: number | null;
  readonly timeoutMs: number;
}

export interface PortAnswer {
  readonly candidate: PathCandidate;
  /** null: no answer in time, or `code` says why nothing could be sent. */
  readonly milliseconds: number | null;
  readonly code: string | null;
}

/**
 * So many are sent in the form that leaves nothing at the server; should it ignore that form, what follows is the
 * request of a connection.
 */
const mostCautious = 3;

function shaped(request: Uint8Array, paddedTo: number | null, cautious: boolean): Uint8Array {
  const form = (cautious ? withoutCommitment(request) : null) ?? request;
  return (paddedTo === null ? null : padInit(form, paddedTo)) ?? form;
}

/**
 * Sends IKE_SA_INIT to one port by one path, again and again as a connection would, until anything of the server comes
 * back. The answer is not looked
 * into: no key is made, nothing is authenticated.
 */
export async function probePort(
  ports: ProbePorts,
  config: IkeSessionConfig,
  { candidate, port, paddedTo, timeoutMs }: PortProbe,
): Promise<PortAnswer> {
  const { clock } = ports;
  const begun = clock.now();
  let spi: Uint8Array | null = null;
  let heard: () => void = () => undefined;
  let sent = 0;
  const answer = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const datagrams = observedDatagrams(ports.datagrams, ({ direction, header }) => {
    if (direction === 'sent') {
      spi ??= header.spiInitiator.slice();
      return true;
    }
    // Also a COOKIE or an error notify proves that the way there and back is open.
    if (spi !== null && header.response && equal(header.spiInitiator, spi)) heard();
    return false;
  });
  let socket: DatagramSocket;
  try {
    socket = await datagrams.open({ adapter: candidate.adapter, localAddress: candidate.source });
  } catch (error) {
    return {
      candidate,
      milliseconds: null,
      code: error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EUNKNOWN',
    };
  }
  let refusal: string | null = null;
  const sending: DatagramSocket = {
    adapter: socket.adapter,
    local: socket.local,
    send: (datagram, to) => {
      const marked = to.port !== 500;
      const probe = shaped(marked ? datagram.subarray(nonEspMarkerLength) : datagram, paddedTo, sent < mostCautious);
      const result = socket.send(marked ? addNonEspMarker(probe) : probe, to);
      if (result === 'sent') sent++;
      else refusal = result;
      return result;
    },
    sendWhole: () => 'EOPNOTSUPP',
    allowFragments: (allow) => socket.allowFragments(allow),
    onDatagram: (listener) => socket.onDatagram(listener),
    onError: (listener) => socket.onError(listener),
    close: () => socket.close(),
  };
  socket.onDatagram(() => undefined);
  const dataPath = createTypeScriptDataPath({ clock });
  const session = ports.createSession(config, {
    clock,
    random: ports.random,
    dataPath,
    trace: ports.trace,
    onEvent: () => undefined,
  });
  let timer: Timer | null = null;
  const late = new Promise<'late'>((resolve) => {
    timer = clock.setTimer(timeoutMs, 'port probe', () => resolve('late'));
  });
  try {
    session.connect({ socket: sending, remote: { address: candidate.destination, port } }, []);
    const outcome = await Promise.race([answer, late]);
    return {
      candidate,
      milliseconds: outcome === 'late' ? null : clock.now() - begun,
      code: outcome === 'late' && sent === 0 ? refusal : null,
    };
  } finally {
    (timer as Timer | null)?.cancel();
    session.abandon();
    dataPath.close();
    socket.close();
  }
}
