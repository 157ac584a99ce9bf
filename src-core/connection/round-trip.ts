import type { Clock } from '../ports/clock';
import type { Attempt } from './attempt';

/**
 * One round trip to the gateway on the path in use: an empty INFORMATIONAL, which every peer must answer (RFC 7296
 * section 1.4). It leaves by the
 * socket, the addresses and, since ESP is always in UDP, the NAT mapping of the tunnel's packets; nothing inside the
 * tunnel need answer pings, and
 * what may be asked there is not known in IKEv2. It never goes out beside another request of ours, and nothing waiting
 * is sent again for it.
 * Milliseconds; null: no answer within `timeoutMs`, or no path at present.
 */
export async function measureRoundTrip(
  clock: Clock,
  { session, manager }: Pick<Attempt, 'session' | 'manager'>,
  timeoutMs: number,
): Promise<number | null> {
  if (session === null || manager?.state.type !== 'Connected' || manager.state.move !== null) return null;
  const begun = clock.now();
  return (await session.checkLiveness(timeoutMs, 'when-free')) ? clock.now() - begun : null;
}
