import { loadAddon, type NativeAddon } from '../../../native';
import type { ConnectivityProbe } from '../../../src-core/ports/connectivity';
import type { Adapters, Clock, Datagrams, Http, NetworkSettings, Random, Resolver } from '../../../src-core/ports';
import { LinuxAdapters } from './adapters';
import { NodeAdapters } from './adapters-node';
import { SystemClock } from './clock';
import { HttpConnectivityProbe } from './connectivity';
import { LinuxDatagrams } from './datagrams';
import { NodeDatagrams } from './datagrams-dgram';
import { readKillSwitchInForce, type KillSwitchInForce } from './helper-client';
import { LinuxNetworkSettings } from './network-settings';
import { PhysicalHttp } from './physical-http';
import { SystemRandom } from './random';
import { physicalNameServers } from './resolv-conf';
import { RESOLVED_SOCKET } from './resolved-varlink';
import { PhysicalResolver, SystemResolver } from './resolver';
import { OWN_TUNNEL } from './tunnel-names';

/** The ports of src-core on Linux. */
export interface LinuxSystem {
  readonly clock: Clock;
  readonly random: Random;
  readonly adapters: Adapters;
  readonly datagrams: Datagrams;
  readonly resolver: Resolver;
  /** null without the addon. */
  readonly http: Http | null;
  /** What the networks of the adapters lead to; null without the addon. */
  readonly connectivity: ConnectivityProbe | null;
  /**
   * One a connection, made when it connects: each speaks to a helper of its own, which marks the sockets. null without
   * the addon: only the demo on loopback works.
   */
  readonly createNetwork: (() => { readonly networkSettings: NetworkSettings; readonly datagrams: Datagrams }) | null;
  /** The kill switch in force; `unknown` where it cannot be told without asking for a password. */
  killSwitch(): Promise<KillSwitchInForce | null | 'unknown'>;
  /** By a person's wish; `owner` null: whosever it is. False: there is none of that owner. Rejects with a VpnError. */
  lift(owner: string | null): Promise<boolean>;
  /** Who knows addresses that stand for a name while it cannot be resolved. */
  rememberAddresses(host: string, addresses: () => Promise<readonly string[]>): void;
}

export function createLinuxSystem(): LinuxSystem {
  const addon = loadAddon();
  const clock = new SystemClock();
  const random = new SystemRandom();
  if (addon === null)
    return {
      clock,
      random,
      resolver: new SystemResolver(),
      adapters: new NodeAdapters(),
      datagrams: new NodeDatagrams(),
      http: null,
      connectivity: null,
      createNetwork: null,
      killSwitch: () => Promise.resolve(null),
      lift: () => Promise.resolve(false),
      rememberAddresses: () => undefined,
    };
  const adapters = new LinuxAdapters(addon);
  const datagrams = new LinuxDatagrams(addon);
  const resolver = new PhysicalResolver({
    adapters,
    datagrams,
    random,
    tunnelUp: () => tunnelUp(addon),
    nameServers: () => physicalNameServers(),
    resolvedSocket: RESOLVED_SOCKET,
  });
  return {
    clock,
    random,
    resolver,
    http: new PhysicalHttp({ addon, adapters, resolver }),
    connectivity: new HttpConnectivityProbe(addon, (host, adapter) => resolver.resolveBy(host, adapter)),
    adapters,
    datagrams,
    createNetwork: () => {
      const networkSettings = new LinuxNetworkSettings(addon);
      return { networkSettings, datagrams: datagrams.markedBy(networkSettings) };
    },
    killSwitch: () => readKillSwitchInForce(addon),
    lift: (owner) => new LinuxNetworkSettings(addon).lift(owner),
    rememberAddresses: (host, addresses) => resolver.remember(host, addresses),
  };
}

/** A tunnel adapter of ours with an address: before that its routes and name servers are not there either. */
function tunnelUp(addon: NativeAddon): boolean {
  return addon.readAdapters().some(({ name, addresses }) => OWN_TUNNEL.test(name) && addresses.length > 0);
}

export {
  LinuxAdapters,
  LinuxDatagrams,
  LinuxNetworkSettings,
  NodeAdapters,
  NodeDatagrams,
  PhysicalResolver,
  SystemClock,
  SystemRandom,
  SystemResolver,
};
export { HelperClient, HelperError, helperProgram, openHelper } from './helper-client';
export { tunnelNames } from './tunnel-names';
export type { KillSwitchInForce } from './helper-client';
