import type { TunnelDevice } from '../ports/data-path';
import type { SettingsReport, TunnelSettings } from '../ports/network-settings';
import type { Trace } from '../ports/trace';
import { VpnError } from '../ports/vpn-error';
import type { Attempt } from './attempt';
import type { ConnectionContext } from './connection-context';
import type { ConnectionFacts } from './connection-facts';
import { failures } from './failures';
import { chooseInnerMtu, defaultInnerMtu } from './inner-mtu';
import { gatewayEndpoints, tunnelSettings } from './tunnel-settings';

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

/** Where the gateway may be talked to now: as its name resolved, as it announced, and where it is talked to. */
function gatewayAddresses({ facts }: ConnectionContext): readonly string[] {
  return [
    ...new Set([
      ...(facts.path === null ? [] : [facts.path.destination]),
      ...facts.gatewayAddresses,
      ...facts.announcedAddresses,
    ]),
  ];
}

/**
 * Addresses, routes, DNS and firewall as the session at hand and the path in use ask for; what is in force already is
 * not asked for again. Rejects with a VpnError.
 */
export async function applySettings(context: ConnectionContext, attempt: Attempt, device: TunnelDevice): Promise<void> {
  const { facts, profile } = context;
  const { session } = attempt;
  if (session === null || facts.configuration === null || facts.child === null || facts.path === null) return;
  const { proposal } = session.children[0] ?? facts.child;
  const settings = tunnelSettings(profile, {
    tunnelName: device.name,
    mtu: chooseInnerMtu(profile.network.mtu, facts.path.mtu, facts.path.family, proposal),
    configuration: facts.configuration,
    dhcp: attempt.dhcp,
    children: [facts.child],
    gatewayAddresses: gatewayAddresses(context),
    gatewayPort: session.path?.remote.port ?? 4500,
  });
  await apply(context, attempt, settings);
}

/**
 * Lets our own packets to the gateway's addresses of now through the kill switch, before the first one leaves. null:
 * nothing is to be done for it.
 * Works without a session as well: a new one may begin at an address that was only just resolved.
 */
export function allowGateway(context: ConnectionContext, attempt: Attempt): Promise<void> | null {
  const { settings } = attempt;
  if (settings?.killSwitch == null || attempt.ended) return null;
  const gatewayPort = attempt.session?.path?.remote.port ?? 4500;
  const killSwitch = {
    ...settings.killSwitch,
    endpoints: gatewayEndpoints(context.profile, { gatewayAddresses: gatewayAddresses(context), gatewayPort }),
  };
  const wanted = { ...settings, killSwitch };
  return same(wanted, settings) ? null : apply(context, attempt, wanted);
}

async function apply(
  { ports, facts, changed }: ConnectionContext,
  attempt: Attempt,
  settings: TunnelSettings,
): Promise<void> {
  if (attempt.settings !== null && same(settings, attempt.settings)) return;
  attempt.settings = settings;
  facts.dnsServers = settings.dns?.servers ?? [];
  try {
    reportSettings(ports.trace, facts, await ports.networkSettings.apply(settings));
  } catch (error) {
    // What is in force is what was before; the next ones are asked for whatever they are.
    if (attempt.settings === settings) attempt.settings = null;
    throw error;
  }
  changed();
}

/** Both were made by the same functions: members in the same order. */
function same(left: TunnelSettings, right: TunnelSettings): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** Keeps what is in force for the status, and says in the log what is and, loudly, what is not. */
export function reportSettings(trace: Trace, facts: ConnectionFacts, report: SettingsReport): void {
  facts.settings = report.concerns;
  for (const { concern, inForce, detail } of report.concerns) {
    trace.log({
      level: inForce ? 'debug' : 'warning',
      area: 'settings',
      text: inForce ? `${concern}: in force (${detail})` : `${concern}: NOT in force: ${detail}`,
    });
  }
}
