import type { VpnClient } from './vpn-client';

/** What no change of path may change: one IKE SA, one tunnel, one Connected. */
export const lasting = (client: VpnClient): unknown => ({
  initiator: client.status?.ike?.spiInitiator,
  addresses: client.status?.tunnelAddresses,
  since: client.status?.connectedSince,
});
