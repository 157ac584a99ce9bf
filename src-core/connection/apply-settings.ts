import type { ChildSaInfo } from '../ikev2/session';
import type { TunnelDevice } from '../ports/data-path';
import type { SettingsReport } from '../ports/network-settings';
import type { Trace } from '../ports/trace';
import { VpnError } from '../ports/vpn-error';
import type { Attempt } from './attempt';
import type { ConnectionContext } from './connection-context';
import { failures } from './failures';
import { chooseInnerMtu, defaultInnerMtu } from './inner-mtu';
import { tunnelSettings } from './tunnel-settings';

/** Makes the tunnel adapter, once an attempt, while the server thinks about the first message. */
export function openTunnel(context: ConnectionContext, attempt: Attempt): void {
  const { ports, tunnelName, profile } = context;
  const mtu = profile.network.mtu === 'auto' ? defaultInnerMtu : profile.network.mtu;
  attempt.opening = ports.networkSettings.openTunnel(tunnelName, mtu);
  attempt.opening.then(
    (device) => {
      if (!attempt.ended) attempt.device = device;
    },
    (error: unknown) => attempt.abort(error instanceof VpnError ? error : failures.adapter(error)),
  );
}

/** Addresses, routes, DNS and firewall as the session at hand and the path in use ask for. Rejects with a VpnError. */
export async function applySettings(context: ConnectionContext, attempt: Attempt, device: TunnelDevice, child: ChildSaInfo): Promise<void> {
  const { facts, ports, profile } = context;
  const { session } = attempt;
  if (session === null || facts.configuration === null || facts.path === null) return;
  const settings = tunnelSettings(profile, {
    tunnelName: device.name,
    mtu: chooseInnerMtu(profile.network.mtu, facts.path.mtu, facts.path.family, child.proposal),
    configuration: facts.configuration,
    children: session.children.length > 0 ? session.children : [child],
    gatewayAddresses: [...new Set([...facts.gatewayAddresses, facts.path.destination])],
    gatewayPort: session.path?.remote.port ?? 4500,
  });
  facts.dnsServers = settings.dns?.servers ?? [];
  reportSettings(ports.trace, await ports.networkSettings.apply(settings));
}

/** Says in the log what is in force and, loudly, what is not. */
export function reportSettings(trace: Trace, report: SettingsReport): void {
  for (const { concern, inForce, detail } of report.concerns) {
    trace.log({ level: inForce ? 'debug' : 'warning', area: 'settings', text: inForce ? `${concern}: in force (${detail})` : `${concern}: NOT in force: ${detail}` });
  }
}
