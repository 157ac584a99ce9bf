import { canonicalIp } from '../bytes/ip-address';
import type { Timer } from '../ports/clock';
import { allowGateway } from './apply-settings';
import type { Attempt } from './attempt';
import type { ConnectionContext } from './connection-context';
import { failures } from './failures';

/** The addresses of the profile's server, canonical text, each once. Rejects with DNSNAME_NOT_RESOLVABLE. */
export async function resolveGateway(context: ConnectionContext): Promise<readonly string[]> {
  const { server } = context.profile;
  try {
    const addresses = (await context.ports.resolver.resolve(server))
      .map((address) => canonicalIp(address))
      .filter((address) => address !== null);
    if (addresses.length === 0) throw new Error('the name has no address');
    return [...new Set(addresses)];
  } catch (error) {
    throw failures.nameNotFound(server, error);
  }
}

/**
 * The name may lead elsewhere by now; the addresses known so far are kept while it cannot be resolved within `limitMs`.
 */
export async function renewGatewayAddresses(
  context: ConnectionContext,
  attempt: Attempt,
  limitMs: number,
): Promise<void> {
  let timer: Timer | null = null;
  const late = new Promise<null>((resolve) => {
    timer = context.ports.clock.setTimer(limitMs, 'resolve again', () => resolve(null));
  });
  const addresses = await Promise.race([resolveGateway(context).catch(() => null), late]);
  (timer as Timer | null)?.cancel();
  if (addresses === null || attempt.ended) return;
  context.facts.gatewayAddresses = addresses;
  await allowGateway(context, attempt)?.catch((error: unknown) =>
    context.log(
      'error',
      `The new addresses of the server are not let through: ${error instanceof Error ? error.message : 'unknown reason'}.`,
    ),
  );
  if (attempt.ended) return;
  // The gateway may have moved and still know us: the old IKE SA is tried there too.
  attempt.manager?.alsoReachableAt(addresses);
}
