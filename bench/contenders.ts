import type { Lab } from '../e2e/lab/lab';
import { monotonic } from '../e2e/lab/monotonic';
import type { Charon } from '../e2e/lab/strongswan';
import { VpnClient } from '../e2e/lab/vpn-client';

/** A VPN client under measurement, on the lab's client machine, against the same gateway with the same proposals. */
export interface Contender {
  readonly name: string;
  /** EAP-MSCHAPv2. Milliseconds from the wish to connect, in a running program, until the tunnel is up. */
  connect(): Promise<number>;
  /** Deletes the SAs and waits until the gateway has none. */
  disconnect(): Promise<void>;
  close(): Promise<void>;
}

/** This client: a new process for each connection; its own Connecting to Connected is what counts. */
export function agileVpn(lab: Lab): Contender {
  let client: VpnClient | null = null;
  return {
    name: 'agile-vpn',
    connect: async () => {
      client = VpnClient.by(lab, 'eap-mschapv2');
      await client.connected();
      return client.connectMilliseconds;
    },
    disconnect: async () => {
      await client?.stop();
      client = null;
    },
    close: async () => {
      await client?.stop();
    },
  };
}

/** strongSwan's daemon, already running and configured: the time of `initiate`. */
export async function strongswan(lab: Lab): Promise<Contender> {
  const charon: Charon = await lab.strongswanClient();
  return {
    name: 'strongSwan 5.9.8',
    connect: async () => {
      const began = monotonic();
      await charon.vici.command('initiate', { child: 'net', ike: 'eap', timeout: '8000' });
      return monotonic() - began;
    },
    disconnect: async () => {
      await charon.vici.command('terminate', { ike: 'eap', timeout: '8000', force: 'yes' }).catch(() => undefined);
    },
    close: () => charon.stop(),
  };
}
