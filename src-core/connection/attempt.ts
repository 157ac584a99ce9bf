import type { IkeSession } from '../ikev2/session';
import type { DhcpOptions } from '../dhcp/options';
import type { MobilityManager } from '../mobility/mobility-manager';
import { PathSockets } from '../mobility/path-sockets';
import type { TunnelDevice } from '../ports/data-path';
import type { DatagramSocket, SocketAddress } from '../ports/datagrams';
import type { TunnelSettings } from '../ports/network-settings';
import { VpnError } from '../ports/vpn-error';
import type { ConnectionContext } from './connection-context';
import { SharedDataPath } from './shared-data-path';
import type { ConnectionPorts, SessionCredentials } from './ports';
import { RetiredSessions } from './retired-sessions';

/** C-71. */
export const deleteWaitMs = 1000;

/** What one attempt opened and must put back. */
export interface Attempt {
  readonly sockets: PathSockets;
  readonly dataPath: SharedDataPath;
  /** Rejects when the attempt cannot go on. */
  readonly aborted: Promise<never>;
  readonly abort: (error: VpnError) => void;
  opening: Promise<TunnelDevice> | null;
  device: TunnelDevice | null;
  credentials: SessionCredentials | null;
  /** The established one. */
  session: IkeSession | null;
  /** One that is being established: the first, or the successor of `session`. */
  next: IkeSession | null;
  /** Predecessors of `session` that still hear. */
  readonly retired: RetiredSessions;
  manager: MobilityManager | null;
  /** The network settings asked for last; null before the first and after a refusal. */
  settings: TunnelSettings | null;
  /** What DHCPINFORM through the tunnel brought. */
  dhcp: DhcpOptions | null;
  /** The session said that it is over: there is nobody to say goodbye to. */
  sessionOver: boolean;
  ended: boolean;
}

export function newAttempt(ports: ConnectionPorts): Attempt {
  let abort: (error: VpnError) => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = reject;
  });
  aborted.catch(() => undefined);
  const dataPath = new SharedDataPath(ports.createDataPath());
  const attempt: Attempt = {
    dataPath,
    sockets: new PathSockets({
      clock: ports.clock,
      datagrams: ports.datagrams,
      onDatagram: (datagram, from, socket) => receive(attempt, datagram, from, socket),
      // Hints (C-75): the kernel is asked how things are.
      onError: () => attempt.manager?.look(),
      onReadiness: () => attempt.manager?.look(),
    }),
    aborted,
    abort,
    opening: null,
    device: null,
    credentials: null,
    session: null,
    next: null,
    retired: new RetiredSessions(ports.clock),
    manager: null,
    settings: null,
    dhcp: null,
    sessionOver: false,
    ended: false,
  };
  dataPath.onEvent((event) => {
    if (event.type === 'send-error' && event.code !== 'EMSGSIZE') attempt.manager?.look();
  });
  return attempt;
}

/** RFC 3948: 0xFF alone is a keepalive; four zero octets mark IKE; everything else on the NAT traversal port is ESP. */
function receive(attempt: Attempt, datagram: Uint8Array, from: SocketAddress, socket: DatagramSocket): void {
  if (from.port !== 500) {
    if (datagram.length < 4) return;
    if ((datagram[0]! | datagram[1]! | datagram[2]! | datagram[3]!) !== 0)
      return attempt.dataPath.receive(datagram, from);
  }
  const path = { socket, remote: from };
  if (attempt.next?.receive(datagram, path) === true || attempt.session?.receive(datagram, path) === true) return;
  attempt.retired.receive(datagram, path);
}

/** Whether DELETE would have a way to the server. */
export function isReachable(attempt: Attempt): boolean {
  const state = attempt.manager?.state.type;
  return attempt.session !== null && !attempt.sessionOver && state !== 'Dormant' && state !== 'Failed';
}

/**
 * Puts back and closes everything the attempt opened, the kill switch only where somebody wished for the end, in
 * parallel with the goodbye. Never rejects.
 */
export async function closeAttempt(
  context: ConnectionContext,
  attempt: Attempt,
  end: { readonly sayGoodbye: boolean; readonly keepKillSwitch: boolean },
): Promise<void> {
  attempt.manager?.stop();
  attempt.next?.abandon();
  attempt.next = null;
  attempt.dataPath.setPath(null);
  const farewell =
    end.sayGoodbye && attempt.session !== null
      ? attempt.session.close(deleteWaitMs)
      : Promise.resolve(attempt.session?.abandon());
  const lastWords = end.sayGoodbye ? attempt.retired.close(deleteWaitMs) : Promise.resolve(attempt.retired.abandon());
  const putBack = (async (): Promise<void> => {
    const [opened] = await Promise.allSettled([attempt.opening]);
    // Without a tunnel or without the service nothing was changed, and there is nobody to change it back.
    if (attempt.opening === null) return;
    if (
      opened.status === 'rejected' &&
      opened.reason instanceof VpnError &&
      opened.reason.symbol === 'IPSEC_SERVICE_STOPPED'
    )
      return;
    try {
      await context.ports.networkSettings.withdraw(end.keepKillSwitch);
    } finally {
      // With the last descriptor the adapter goes, whoever else failed.
      if (opened.status === 'fulfilled') opened.value?.close();
    }
  })();
  const results = await Promise.allSettled([farewell, putBack, lastWords]);
  if (results[1].status === 'rejected')
    context.log(
      'error',
      `Not everything could be put back: ${results[1].reason instanceof Error ? results[1].reason.message : 'unknown reason'}.`,
    );
  attempt.session?.abandon();
  attempt.session = null;
  attempt.dataPath.close();
  attempt.sockets.close();
  attempt.credentials?.wipe();
  attempt.credentials = null;
}
